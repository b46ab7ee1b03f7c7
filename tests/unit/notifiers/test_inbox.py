"""The inbox: what the others would have received, whole, private and once."""

import errno
import json
import os
import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser

import pytest

from notifiers import inbox
from notifiers.base import DeliveryError, FailureClass, Kind
from notifiers.inbox import InboxNotifier
from notifiers.slack_message import slack_payload

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "data" / "inbox"


@pytest.fixture
def channel(directory):
    return InboxNotifier(directory, sender="monitor@example.org", recipients=["ann@example.com"], clock=lambda: NOON)


def failing_with(code: int):
    def fail(*_):
        raise OSError(code, os.strerror(code))

    return fail


async def test_a_notification_becomes_one_folder_with_what_the_others_would_receive(channel, directory, tell):
    receipt = await channel.send(tell())
    [folder] = [path for path in directory.iterdir() if path.is_dir()]
    assert receipt.reference == {"folder": folder.name}
    assert re.fullmatch(r"20260301T120000Z-firing-[0-9a-f]{32}", folder.name)
    assert json.loads((folder / "slack.json").read_bytes()) == slack_payload(tell(), now=NOON)
    mail = message_from_bytes((folder / "message.eml").read_bytes(), policy=default)
    assert mail["To"] == "ann@example.com"
    page = (folder / "preview.html").read_text()
    for words in (tell().title, tell().summary, "Full details", "In the mail client"):
        assert words in page


async def test_everything_is_private_to_this_user(channel, directory, tell):
    await channel.send(tell())
    for path in [directory, *directory.rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600)


async def test_a_retry_writes_nothing_twice(channel, directory, tell):
    first = await channel.send(tell())
    before = {path: path.stat().st_ino for path in directory.glob("*/*")}
    assert await channel.send(tell()) == first
    assert {path: path.stat().st_ino for path in directory.glob("*/*")} == before


async def test_the_index_lists_the_newest_first(channel, directory, tell):
    for hour, kind in enumerate((Kind.FIRING, Kind.UPDATE, Kind.RESOLVED)):
        await channel.send(tell(delivery_id=f"d{hour}", kind=kind, created_at=NOON + timedelta(hours=hour)))
    index = (directory / "index.html").read_text()
    assert re.findall(r'href="([^"]+)/preview', index) == [
        "20260301T140000Z-resolved-d2",
        "20260301T130000Z-update-d1",
        "20260301T120000Z-firing-d0",
    ]
    assert "Resolved: " in index


async def test_a_folder_that_people_changed_still_gets_its_line(channel, directory, tell):
    (directory / "notes").mkdir(parents=True)
    await channel.send(tell())
    assert "notes/preview.html" in (directory / "index.html").read_text()


async def test_what_a_crash_left_half_written_is_replaced_and_never_listed(channel, directory, tell):
    receipt = await channel.send(tell(delivery_id="d0"))
    half = directory / f".partial-{receipt.reference['folder'].replace('d0', 'd1')}"
    half.mkdir()
    (half / "slack.json").write_text("{")
    await channel.send(tell(delivery_id="d0"))
    assert "partial" not in (directory / "index.html").read_text()
    await channel.send(tell(delivery_id="d1"))
    assert not half.exists()
    assert (directory / half.name.removeprefix(".partial-") / "message.eml").exists()


async def test_a_name_cannot_leave_the_directory(channel, directory, tell):
    receipt = await channel.send(tell(delivery_id="../../etc/passwd"))
    assert (directory / receipt.reference["folder"]).parent == directory
    assert "/" not in receipt.reference["folder"]


@pytest.mark.parametrize(
    ("code", "failure", "reason"),
    [
        (errno.ENOSPC, FailureClass.TRANSIENT, "disk_full"),
        (errno.EDQUOT, FailureClass.TRANSIENT, "disk_full"),
        (errno.EROFS, FailureClass.DESTINATION, "not_writable"),
        (errno.EACCES, FailureClass.DESTINATION, "not_writable"),
        (errno.EIO, FailureClass.TRANSIENT, "io_error"),
    ],
)
async def test_a_disk_that_fails_is_told_and_leaves_nothing_half(
    channel, directory, tell, monkeypatch, code, failure, reason
):
    monkeypatch.setattr(inbox.os, "fsync", failing_with(code))
    with pytest.raises(DeliveryError) as caught:
        await channel.send(tell())
    assert (caught.value.failure, caught.value.reason) == (failure, reason)
    assert list(directory.iterdir()) == []
    monkeypatch.undo()
    assert (await channel.send(tell())).reference


async def test_a_file_in_the_place_of_the_directory_is_the_readers_to_fix(tmp_path, tell):
    (tmp_path / "inbox").write_text("in the way")
    channel = InboxNotifier(tmp_path / "inbox", sender="m@example.org", recipients=["a@example.com"])
    with pytest.raises(DeliveryError) as caught:
        await channel.send(tell())
    assert caught.value.failure is FailureClass.DESTINATION


@pytest.mark.parametrize("name", ["<script>x</script>", '"><b onload=x>', "<!channel>", "&lt;script&gt;", "*a*"])
async def test_the_pages_show_hostile_names_as_text(channel, directory, tell, name):
    told = tell(title=name, summary=name, facts=((name, name),), causes=(name,), next_step=name)
    receipt = await channel.send(told)
    plain_receipt = await channel.send(tell(delivery_id="plain", facts=(("a", "b"),), causes=("c",)))

    def tags(folder: str) -> list[str]:
        seen: list[str] = []
        parser = HTMLParser()
        parser.handle_starttag = lambda tag, _: seen.append(tag)
        parser.feed((directory / folder / "preview.html").read_text())
        return seen

    assert tags(receipt.reference["folder"]) == tags(plain_receipt.reference["folder"])
    assert "<script" not in (directory / "index.html").read_text()


def test_an_inbox_without_recipient_is_refused(tmp_path):
    with pytest.raises(ValueError, match="recipient"):
        InboxNotifier(tmp_path, sender="m@example.org", recipients=[])
