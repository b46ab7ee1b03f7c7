"""A notification as a mail; pure.

Every retry carries the same Message-ID, and every mail of an alert refers to one root id that no
mail has, so that clients fold repeats and show an alert as one conversation.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses, parseaddr

from notifiers.base import Notification
from notifiers.email_html import html_document
from notifiers.plain_text import plain_lines
from notifiers.text import clean, tidy

SUBJECT_PREFIX = "[revenium-monitor]"

_ID_CHARACTERS = re.compile(r"[A-Za-z0-9_-]{1,40}")
_LOCAL_PART = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_DOMAIN = re.compile(r"(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*")


def email_message(notification: Notification, *, sender: str, recipient: str, now: datetime) -> EmailMessage:
    """The mail for one recipient.

    Args:
        notification: What to tell.
        sender: An address, with or without a name: ``Monitor <monitor@example.com>``.
        recipient: One address, likewise.
        now: The instant of sending.

    Raises:
        ValueError: An address is unusable.
    """
    told = tidy(notification)
    from_address = mail_address(sender)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = from_address
    mail["To"] = mail_address(recipient)
    mail["Subject"] = _subject(told)
    mail["Date"] = format_datetime(now.astimezone(UTC))
    root = f"<alert.{id_part(told.alert_id)}@{from_address.domain}>"
    mail["Message-ID"] = f"<{id_part(told.delivery_id)}@{from_address.domain}>"
    mail["In-Reply-To"] = root
    mail["References"] = root
    mail["List-Id"] = f"revenium-monitor alerts <alerts.revenium-monitor.{from_address.domain}>"
    # Both keep holiday replies and the like from answering a machine.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content("\n".join([*plain_lines(told, now=now), ""]), cte="quoted-printable")
    mail.add_alternative(html_document(told, now=now), subtype="html", cte="quoted-printable")
    return mail


def mail_address(text: str) -> Address:
    """The address in `text`, checked so that nothing else can be smuggled into a header.

    Raises:
        ValueError: It is not one plain address.
    """
    name, address = parseaddr(text)
    local, _, domain = address.rpartition("@")
    single = text.isprintable() and len(getaddresses([text])) == 1
    if not (single and _LOCAL_PART.fullmatch(local) and _DOMAIN.fullmatch(domain)):
        raise ValueError(
            f"{clean(text)!r} is not one plain mail address; write name@example.com or"
            " Name <name@example.com>, and an international domain in its xn-- form"
        )
    return Address(display_name=clean(name), username=local, domain=domain)


def _subject(told: Notification) -> str:
    """The same for the whole life of an alert: some clients thread by subject alone."""
    return " ".join([SUBJECT_PREFIX, *(["[demo]"] if told.demo else []), told.title])


def id_part(identifier: str) -> str:
    """The identifier as it may stand in a message id; a digest where it may not."""
    if _ID_CHARACTERS.fullmatch(identifier):
        return identifier
    return hashlib.sha256(identifier.encode(errors="replace")).hexdigest()[:32]
