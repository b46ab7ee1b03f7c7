"""The mail itself: threading, headers, text that stands alone, HTML that cannot be broken."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifiers.base import Kind, Notification, Severity
from notifiers.email_message import email_message, mail_address

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
hostile = st.text(st.sampled_from("<>&\"'\r\n\t\x00\u202e\ud800aé🙂:@,;="), max_size=60) | st.text(max_size=3000)


def received(notification, *, now=NOON, sender="Monitor <monitor@example.org>") -> EmailMessage:
    """The mail as the other side reads it from the wire."""
    mail = email_message(notification, sender=sender, recipient="ann@example.com", now=now)
    return message_from_bytes(mail.as_bytes(), policy=default)


def part(mail: EmailMessage, kind: str) -> str:
    return mail.get_body((kind,)).get_content()


class Tags(HTMLParser):
    """Collects the elements and their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


def test_the_headers_say_that_a_machine_writes(tell):
    mail = received(tell())
    assert mail["From"] == "Monitor <monitor@example.org>"
    assert mail["To"] == "ann@example.com"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["List-Id"] == "revenium-monitor alerts <alerts.revenium-monitor.example.org>"
    assert mail["Date"].datetime == NOON
    assert mail.get_content_type() == "multipart/alternative"
    assert [p.get_content_type() for p in mail.iter_parts()] == ["text/plain", "text/html"]


def test_every_retry_has_the_same_message_id_and_every_delivery_its_own(tell):
    first, retry = received(tell()), received(tell(), now=NOON + timedelta(hours=1))
    assert first["Message-ID"] == retry["Message-ID"]
    assert first["Message-ID"].endswith("@example.org>")
    assert received(tell(delivery_id="alert-7:2:email"))["Message-ID"] != first["Message-ID"]


def test_all_mails_of_an_alert_share_subject_and_root(tell):
    firing = received(tell())
    resolved = received(tell(kind=Kind.RESOLVED, delivery_id="alert-7:2:email", sequence=2))
    for header in ("Subject", "References", "In-Reply-To"):
        assert firing[header] == resolved[header]
    assert firing["References"] != firing["Message-ID"]
    assert received(tell(alert_id="alert-8"))["References"] != firing["References"]


def test_the_subject_can_be_filtered_and_tells_demo_data_apart(tell):
    assert received(tell())["Subject"] == f"[revenium-monitor] {tell().title}"
    assert received(tell(demo=True))["Subject"] == f"[revenium-monitor] [demo] {tell().title}"


def test_the_text_stands_alone(tell):
    assert part(received(tell()), "plain").splitlines() == [
        "CRITICAL: OpenAI spend is far above its usual hour",
        "OpenAI cost $48.20 between 11:00 and 12:00, where $6.10 was expected.",
        "",
        "  Now           $48.20 per hour",
        "  Expected      $6.10 per hour",
        "  Excess today  $42.10",
        "",
        "Largest contributors:",
        "  - agent invoice-reader: $31.00",
        "  - agent support-bot: $9.40",
        "",
        "Next step: Look at agent invoice-reader first; it made most of the calls.",
        "",
        "Full details: https://monitor.example/alerts/alert-7?tab=causes&range=1h",
        "2026-03-01 12:00 UTC",
    ]


def test_the_html_says_the_same(tell):
    tags = Tags(part(received(tell(demo=True), now=NOON + timedelta(minutes=14)), "html"))
    words = " ".join(tags.words)
    for expected in ("Critical", tell().title, tell().summary, "$6.10 per hour", "agent support-bot: $9.40"):
        assert expected in words
    assert "sent 14 minutes late" in words
    assert "Demo data" in words
    assert ("a", tell().url) in [(tag, attributes.get("href")) for tag, attributes in tags.seen]


def test_the_html_needs_no_style_sheet_and_no_fixed_width(tell):
    tags = Tags(part(received(tell()), "html"))
    assert not {"style", "link", "script", "img"} & {tag for tag, _ in tags.seen}
    assert all(attributes.get("width", "100%") == "100%" for _, attributes in tags.seen)


@pytest.mark.parametrize("name", ["x\r\nBcc: evil@example.net", "x\nSubject: other", "x\r\n\r\nbody"])
def test_a_line_break_in_a_name_adds_no_header(tell, name):
    mail = received(tell(title=name, delivery_id=name, alert_id=name))
    assert mail["Bcc"] is None
    assert len(mail.get_all("Subject")) == 1
    assert mail["Subject"] == "[revenium-monitor] " + " ".join(name.split())


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=y>', "</td></table>"])
def test_markup_in_a_name_stays_text(tell, name):
    told = tell(title=name, summary=name, facts=((name, name),), causes=(name,), next_step=name)
    tags = Tags(part(received(told), "html"))
    ordinary = Tags(part(received(tell(facts=(("a", "b"),), causes=("c",))), "html"))
    assert [tag for tag, _ in tags.seen] == [tag for tag, _ in ordinary.seen]
    assert tags.words.count(name) >= 5


def test_senders_without_a_plain_address_are_refused():
    for text in ("", "x", "a@b@c", "a@b.example\n", "a@b.example, c@d.example", "A <a@b>, B <c@d>", "é@b.example"):
        with pytest.raises(ValueError, match="plain mail address"):
            mail_address(text)
    assert mail_address('"Möni, M." <m@example.com>').display_name == "Möni, M."


@settings(max_examples=50, deadline=None)
@given(title=hostile, summary=hostile, name=hostile, delivery_id=hostile)
def test_whatever_the_data_the_mail_is_whole_and_short_lined(title, summary, name, delivery_id):
    told = Notification(
        delivery_id=delivery_id,
        alert_id=delivery_id,
        sequence=1,
        kind=Kind.FIRING,
        severity=Severity.INFO,
        title=title,
        summary=summary,
        event_time=NOON,
        created_at=NOON,
        facts=((name, name),) * 12,
        causes=(name,) * 8,
        next_step=name,
        url=f"https://monitor.example/{name}",
    )
    mail = email_message(told, sender="monitor@example.org", recipient="ann@example.com", now=NOON)
    raw = mail.as_bytes()
    assert raw.isascii()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert len(raw) < 100_000
    read = message_from_bytes(raw, policy=default)
    assert set(read.keys()) == set(mail.keys())
    assert not read.defects
    assert all(len(line) <= 76 for line in part(read, "plain").splitlines() if "https://" not in line)
