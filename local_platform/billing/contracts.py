"""What billing needs to know of a subscription: for whom and for what it stands, and how long."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local_platform import ids
from local_platform.resources import documents
from local_platform.resources.kind import Document
from local_platform.session import Session
from local_platform.wire import from_ms, parse_moment

KIND = "subscription"


@dataclass(frozen=True, slots=True)
class Contract:
    """A subscription, as far as it is billed.

    Attributes:
        number: The number of the subscription.
        credentials: The credentials that the subscription itself lists.
        end: When it expires, if ever; the moment itself no longer belongs to it.
    """

    number: int
    product: int | None
    organization: int | None
    credentials: tuple[int, ...]
    start: datetime
    end: datetime | None


def contract_of(subscription: Document) -> Contract:
    """Return what billing needs of a subscription; it starts when it was made unless it says otherwise."""
    fields = subscription.fields
    return Contract(
        number=subscription.number,
        product=decoded("product", fields.get("productId")),
        organization=decoded("organization", fields.get("organizationId")),
        credentials=_numbers("credential", fields.get("credentialIds")),
        start=_moment(fields.get("start")) or from_ms(subscription.created_ms),
        end=_moment(fields.get("expiration")),
    )


def contracts_of_team(session: Session) -> list[Contract]:
    """Return the contracts of the session's team, the oldest first."""
    where = "kind = ? AND tenant = ? AND team = ? ORDER BY id"
    return [contract_of(one) for one in documents.selected(session, where, (KIND, session.tenant, session.team))]


def decoded(kind: str, text: object) -> int | None:
    """Return the number behind an id, or None for what is none of this kind."""
    return ids.decode(kind, text) if isinstance(text, str) else None


def _numbers(kind: str, texts: Iterable[object] | None) -> tuple[int, ...]:
    return tuple(number for text in texts or () if (number := decoded(kind, text)) is not None)


def _moment(text: Any) -> datetime | None:
    return parse_moment(text) if text else None
