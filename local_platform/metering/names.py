"""What the names in a metered call refer to; what nobody has heard of is registered on the way.

Names are few and calls are many, so what was found is remembered until something about a resource changes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from local_platform.accounts.kinds import USER
from local_platform.ids import encode
from local_platform.resources import documents
from local_platform.resources.kind import Kind
from local_platform.resources.kinds.agents import AGENT
from local_platform.resources.kinds.customers import ORGANIZATION
from local_platform.resources.kinds.products import PRODUCT
from local_platform.resources.kinds.subscriptions import CREDENTIAL
from local_platform.session import Session

_MOST_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Named:
    """The names in a call; None where it has none."""

    organization: str | None = None
    product: str | None = None
    agent: str | None = None
    credential: str | None = None


@dataclass(frozen=True, slots=True)
class Referred:
    """The numbers of what a call names; None where that is not registered."""

    organization: int | None = None
    product: int | None = None
    credential: int | None = None


class Names:
    """What names refer to, by team."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, Named], Referred] = {}

    def known(self, team: int, named: Named) -> Referred | None:
        """Return what is remembered."""
        return self._known.get((team, named))

    def resolve(self, session: Session, named: Named) -> Referred:
        """Look names up, registering those that are new, and remember them."""
        found = self._known.get((session.team, named))
        if found is None:
            found = _look_up(session, named)
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[session.team, named] = found
        return found

    def forget(self) -> None:
        """Look everything up anew: a resource has changed."""
        self._known.clear()


def adopt(session: Session) -> None:
    """Register what calls of an earlier release name, and let them refer to it."""
    rows = session.connection.execute(
        "SELECT DISTINCT organization, product, agent, credential FROM completion"
        " WHERE team = ? AND coalesce(organization, product) IS NOT NULL"
        " AND organization_id IS NULL AND product_id IS NULL",
        (session.team,),
    ).fetchall()
    for row in rows:
        found = _look_up(session, Named(*row))
        session.connection.execute(
            "UPDATE completion SET organization_id = ?, product_id = ?, credential_id = ?"
            " WHERE team = ? AND organization IS ? AND product IS ? AND agent IS ? AND credential IS ?",
            (found.organization, found.product, found.credential, session.team, *row),
        )


def labels(connection: sqlite3.Connection, kind: str, numbers: Iterable[int]) -> dict[int, str]:
    """Return the present names of resources."""
    wanted = sorted(set(numbers))
    marks = ",".join("?" * len(wanted))
    query = f"SELECT id, name FROM document WHERE kind = ? AND id IN ({marks})"  # noqa: S608 - marks only
    return dict(connection.execute(query, (kind, *wanted)))


def _look_up(session: Session, named: Named) -> Referred:
    if named.agent is not None and documents.keyed(session, AGENT, named.agent.casefold()) is None:
        documents.insert(
            session, AGENT, {"telemetryKey": named.agent, "displayName": named.agent, "source": "TELEMETRY"}
        )
    credential = documents.named(session, CREDENTIAL, named.credential) if named.credential else None
    return Referred(
        organization=_registered(session, ORGANIZATION, named.organization, {}),
        product=_registered(session, PRODUCT, named.product, _plain_product(session, named.product)),
        credential=None if credential is None else credential.number,
    )


def _registered(session: Session, kind: Kind, name: str | None, more: dict[str, Any]) -> int | None:
    if name is None:
        return None
    found = documents.named(session, kind, name)
    return (found or documents.insert(session, kind, {"name": name, **more})).number


def _plain_product(session: Session, name: str | None) -> dict[str, Any]:
    """Return a product that costs nothing until somebody gives it prices."""
    plan: dict[str, Any] = {
        "type": "SUBSCRIPTION",
        "name": name,
        "currency": "USD",
        "period": "MONTH",
        "periodCount": 1,
        "graduated": False,
        "prePayAllFlatRates": False,
        "tiers": [],
        "elements": [],
        "ratingAggregations": [],
        "setupFees": [],
    }
    return {"version": "1.0.0", "plan": plan, "ownerId": encode(USER.name, session.user), "published": False}
