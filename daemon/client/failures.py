"""What an answer that is no success means, and what the platform says about it, in each of its forms."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from daemon.client.wire import UNREADABLE, Json, decode
from daemon.errors import (
    AuthError,
    ConflictError,
    ContractError,
    NotFoundError,
    PlatformError,
    RateLimitedError,
    TransientError,
    ValidationFailedError,
)

LONGEST_WAIT = 900.0
USUAL_WAIT = 30.0
LONGEST_WORDS = 200
MOST_COMPLAINTS = 8

Hide = Callable[[str], str]

REQUEST_REMEDIES = (
    ("failed to decode hashed id", "copy the id from a listing, or check REVENIUM_TEAM_ID"),
    ("failed to convert value", "use one of the values that the field allows"),
)
KEY_REMEDIES = (
    ("suspended", "the key is suspended; ask the owner of the account"),
    ("expired", "the key has expired; make a new one"),
    ("scope", "the key's scope does not cover this; use a key that may read and write"),
    ("access denied", "the key belongs to another team; check REVENIUM_TEAM_ID"),
    ("not_in_membership", "the key belongs to another team; check REVENIUM_TEAM_ID"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came."""

    where: str
    status: int
    content_type: str
    content: bytes
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class Complaint:
    """The platform's own words about one field, or about everything."""

    message: str
    field: str = ""
    resolution: str = ""


def failure(answer: Answer, hide: Hide) -> PlatformError:
    """Return the error that an answer of status 300 and above stands for."""
    where, status = answer.where, answer.status
    complaints = _complaints(answer, hide)
    said = f"{status}{_told(complaints)}"
    if status in {401, 403}:
        remedy = _remedy(said, KEY_REMEDIES) or "check REVENIUM_API_KEY"
        return AuthError(f"{where}: the platform refused the API key ({said}); {remedy}")
    if status == 404:
        return NotFoundError(f"{where}: not there ({said}); check the id and the base URL")
    if status == 429:
        wait = retry_after(answer.retry_after, answer.content)
        return RateLimitedError(f"{where}: the platform asks to wait {wait:g} s", retry_after=wait)
    if status == 409:
        return ConflictError(f"{where}: it exists already or changed meanwhile ({said}); read it again")
    if status in {400, 422}:
        fields = {complaint.field: complaint.message for complaint in complaints if complaint.field}
        remedy = _remedy(said, REQUEST_REMEDIES) or "mend it and send it again"
        return ValidationFailedError(f"{where}: the platform refused the request ({said}); {remedy}", fields=fields)
    if status >= 500 or status == 408:
        return TransientError(f"{where}: the platform failed ({said}); try again later")
    if status >= 400:
        return PlatformError(f"{where}: the platform refused the request ({said})")
    return ContractError(
        f"{where}: answered a redirect ({status}); set REVENIUM_BASE_URL or REVENIUM_APP_BASE_URL to the final address"
    )


def _remedy(said: str, remedies: tuple[tuple[str, str], ...]) -> str | None:
    said = said.lower()
    return next((remedy for sign, remedy in remedies if sign in said), None)


def _told(complaints: list[Complaint]) -> str:
    words = "; ".join(
        (f"{complaint.field}: " if complaint.field else "")
        + complaint.message
        + (f" ({complaint.resolution})" if complaint.resolution else "")
        for complaint in complaints[:MOST_COMPLAINTS]
    )
    return f": {words}" if words else ""


def _complaints(answer: Answer, hide: Hide) -> list[Complaint]:
    def tidy(text: str) -> str:
        # Hidden before it is cut: half a secret is still one.
        return " ".join(hide(text[: 10 * LONGEST_WORDS]).split())[:LONGEST_WORDS]

    found = [
        Complaint(tidy(each.message), tidy(each.field), tidy(each.resolution)) for each in _read(answer) if each.message
    ]
    return list(dict.fromkeys(found))


def _read(answer: Answer) -> Iterator[Complaint]:
    try:
        body = decode(answer.content)
    except UNREADABLE:
        yield Complaint(_plain_words(answer))
        return
    if isinstance(body, dict):
        yield Complaint(_headline(body))
        yield from _of_fields(body)


def _plain_words(answer: Answer) -> str:
    text = answer.content[: 10 * LONGEST_WORDS].decode(errors="replace")
    if answer.content_type == "text/plain":
        return text
    title = re.search(r"<title[^>]*>([^<]*)</title>", text, re.IGNORECASE)
    return f"a web page, {title[1].strip()!r}" if title else ""


def _headline(body: dict[str, Json]) -> str:
    """Return the message, wherever this kind of error keeps it, with the code that some have."""
    message = next((words for name in ("message", "detail", "error", "title") if (words := _word(body.get(name)))), "")
    code = _word(body.get("code"))
    return f"{code}: {message}" if code and message else code or message


def _word(value: Json) -> str:
    value = value.get("message") if isinstance(value, dict) else value
    return value if isinstance(value, str) else ""


def _of_fields(body: dict[str, Json]) -> Iterator[Complaint]:
    details, errors = body.get("details"), body.get("errors")
    if isinstance(details, dict):
        for name, message in details.items():
            # Some answers use this one key for what concerns no field.
            yield Complaint(_word(message), "" if name == "error" else name)
    for error in errors if isinstance(errors, list) else ():
        if isinstance(error, dict):
            yield Complaint(_headline(error), _field(error), _resolution(error))
        else:
            yield Complaint(_word(error))


def _field(error: dict[str, Json]) -> str:
    path = error.get("path")
    return ".".join(map(str, path)) if isinstance(path, list) else _word(error.get("field"))


def _resolution(error: dict[str, Json]) -> str:
    options = error.get("options")
    if isinstance(options, list) and options:
        return "one of " + ", ".join(map(str, options))
    return _word(error.get("resolution"))


def retry_after(header: str | None, content: bytes = b"", now: datetime | None = None) -> float:
    """Return the seconds to wait that a 429 asks for: header in seconds or as a date, else the body's words."""
    wait = _header_seconds(header, now) if header else None
    if wait is None:
        wait = _body_seconds(content)
    if wait is None or not math.isfinite(wait):
        return USUAL_WAIT
    return min(max(wait, 0.0), LONGEST_WAIT)


def _header_seconds(header: str, now: datetime | None) -> float | None:
    try:
        return float(header)
    except ValueError:
        pass
    try:
        then = parsedate_to_datetime(header)
    except ValueError:
        return None
    # A date in "-0000" has no zone; HTTP dates are UTC.
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return (then - (now or datetime.now(UTC))).total_seconds()


def _body_seconds(content: bytes) -> float | None:
    try:
        return float(decode(content)["retryAfterSeconds"])
    except (*UNREADABLE, KeyError, TypeError):
        words = re.search(rb"retry after ([0-9]{1,9}) ?s", content, re.IGNORECASE)
        return float(words[1]) if words else None
