"""A folder as a channel: exactly what Slack and the mail client would have received, as files.

Each notification becomes one folder with `slack.json`, `message.eml` and a page that shows both.
A folder appears whole, by a rename, and a retry of the same delivery finds it there.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC
from itertools import islice
from pathlib import Path

from notifiers.base import DeliveryError, FailureClass, Notification, Receipt
from notifiers.clock import Clock, utc_now
from notifiers.email_html import html_card
from notifiers.email_message import email_message, id_part
from notifiers.preview import MailPreview, index_page, preview_page
from notifiers.slack_message import slack_payload
from notifiers.text import tidy

_LISTED = 200
_PARTIAL = ".partial-"

_FULL = {errno.ENOSPC, errno.EDQUOT}
_CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}


class InboxNotifier:
    """Writes each notification into a folder of its own, readable by this user alone.

    Args:
        directory: Where the folders go; made when it is missing.
        sender: The From address of the mail.
        recipients: Whom the mail would reach; the file is addressed to the first.
        clock: Tells the current instant.

    Raises:
        ValueError: There is no recipient.
    """

    name = "inbox"

    def __init__(
        self, directory: Path | str, *, sender: str, recipients: Sequence[str], clock: Clock = utc_now
    ) -> None:
        if not recipients:
            raise ValueError("the inbox needs at least one recipient to address its mails to")
        self._directory = Path(directory)
        self._sender = sender
        self._recipient = recipients[0]
        self._now = clock
        # Two writers of the index would each leave out the other's folder.
        self._writing = asyncio.Lock()

    async def send(self, notification: Notification) -> Receipt:
        """Write one folder; see `Notifier.send`."""
        folder = self._directory / _folder_name(notification)
        files = self._files(notification)
        async with self._writing:
            try:
                await asyncio.to_thread(_deliver, folder, files)
            except OSError as error:
                raise _failure(error) from error
        return Receipt(reference={"folder": folder.name}, detail=f"written to {folder}")

    async def aclose(self) -> None:
        """Nothing to give back: each attempt closes its own files."""

    def _files(self, notification: Notification) -> dict[str, bytes]:
        now = self._now()
        payload = slack_payload(notification, now=now)
        mail = email_message(notification, sender=self._sender, recipient=self._recipient, now=now)
        shown = MailPreview(
            sender=str(mail["From"]),
            recipient=str(mail["To"]),
            subject=str(mail["Subject"]),
            card=html_card(tidy(notification), now=now),
        )
        return {
            "slack.json": json.dumps(payload, ensure_ascii=False, indent=2).encode(),
            "message.eml": mail.as_bytes(),
            "preview.html": preview_page(payload, shown).encode(),
        }


def _folder_name(notification: Notification) -> str:
    """The same for every attempt, and sorted by time."""
    stamp = f"{notification.created_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return f"{stamp}-{notification.kind}-{id_part(notification.delivery_id)}"


def _deliver(folder: Path, files: dict[str, bytes]) -> None:
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not folder.is_dir():
        _write_folder(folder, files)
    # Also on a retry: the attempt before may have failed between folder and index.
    partial = folder.parent / f"{_PARTIAL}index.html"
    _write_file(partial, index_page(_entries(folder.parent)).encode())
    partial.replace(folder.parent / "index.html")


def _write_folder(folder: Path, files: dict[str, bytes]) -> None:
    partial = folder.with_name(f"{_PARTIAL}{folder.name}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    try:
        for name, content in files.items():
            _write_file(partial / name, content)
        partial.rename(folder)
    except OSError:
        # On a full disk the half that was written is the first thing to give back.
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _write_file(path: Path, content: bytes) -> None:
    """Write for this user alone, and have it on the disk before anybody is told."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _entries(directory: Path) -> Iterator[tuple[str, str]]:
    folders = (path for path in sorted(directory.iterdir(), reverse=True) if path.is_dir())
    visible = (folder for folder in folders if not folder.name.startswith("."))
    for folder in islice(visible, _LISTED):
        yield folder.name, _headline(folder)


def _headline(folder: Path) -> str:
    """What the payload says; a folder that people have changed still gets its line."""
    try:
        return str(json.loads((folder / "slack.json").read_bytes())["text"])
    except (OSError, ValueError, KeyError, TypeError):
        return folder.name


def _failure(error: OSError) -> DeliveryError:
    if error.errno in _FULL:
        return DeliveryError(
            "The disk of the inbox is full. Free some space; trying again later.",
            failure=FailureClass.TRANSIENT,
            reason="disk_full",
        )
    if error.errno in _CLOSED:
        return DeliveryError(
            f"The inbox cannot be written to ({error.strerror}). Check its path and permissions.",
            failure=FailureClass.DESTINATION,
            reason="not_writable",
        )
    return DeliveryError(
        f"The inbox could not be written ({error.strerror}). Trying again later.",
        failure=FailureClass.TRANSIENT,
        reason="io_error",
    )
