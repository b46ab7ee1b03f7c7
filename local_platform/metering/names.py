"""What is known about the names in metered calls.

Names are few and calls are many, so what was found is remembered until something about a resource changes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from local_platform.metering import naming, overrides
from local_platform.metering.naming import Named
from local_platform.metering.strictness import Failure, failures_of
from local_platform.resources import documents
from local_platform.resources.kind import Document
from local_platform.session import Session
from local_platform.storage.database import Database

_MOST_REMEMBERED = 50_000

OpenSession = Callable[[sqlite3.Connection], Session]


@dataclass(frozen=True, slots=True)
class Referred:
    """What a call refers to, by number; None where that is not registered.

    Attributes:
        organization: Who is charged.
        product: What for.
        credential: By which the caller is known.
        subscription: Only where the call itself names it; billing finds the others.
        failures: Why the call cannot be taken; only where the tenant is strict.
        prices: What the team has set for models itself.
    """

    organization: int | None = None
    product: int | None = None
    credential: int | None = None
    subscription: int | None = None
    failures: tuple[Failure, ...] = ()
    prices: overrides.Overrides = field(default_factory=dict)


References = Mapping[Named, Referred]


class Names:
    """What names refer to, by team."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, Named], Referred] = {}
        self._forgotten = 0

    def known(self, team: int, named: Named) -> Referred | None:
        """Return what is remembered."""
        return self._known.get((team, named))

    async def refer(self, database: Database, open_session: OpenSession, names: Collection[Named]) -> References:
        """Look names up, registering those that are new, and remember them."""
        forgotten = self._forgotten

        def work(connection: sqlite3.Connection) -> tuple[int, References]:
            session = open_session(connection)
            prices = overrides.load(session)
            return session.team, {named: _look_up(session, named, prices) for named in names}

        team, found = await database.write(work)
        # What was looked up before a change may come here after it.
        if forgotten == self._forgotten:
            if len(self._known) + len(found) > _MOST_REMEMBERED:
                self._known.clear()
            self._known.update({(team, named): referred for named, referred in found.items()})
        return found

    def forget(self) -> None:
        """Look everything up anew: a resource has changed."""
        self._forgotten += 1
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
        organization, product, agent, credential = row
        named = Named(organization=organization, product=product, agent=agent, credential=credential)
        found = _look_up(session, named, {})
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


def _look_up(session: Session, named: Named, prices: overrides.Overrides) -> Referred:
    naming.meet_agent(session, named.agent)
    found = naming.find(session, named)
    failures: tuple[Failure, ...] = ()
    if _is_strict(session):
        failures = failures_of(named, found)
    else:
        found = naming.registered(session, named, found)
    return Referred(
        organization=_number(found.organization),
        product=_number(found.product),
        credential=_number(found.credential),
        subscription=_number(found.subscription),
        failures=failures,
        prices=prices,
    )


def _is_strict(session: Session) -> bool:
    tenant = documents.find(session, "tenant", session.tenant)
    return tenant is not None and bool(tenant.fields.get("strictIngestionMode"))


def _number(document: Document | None) -> int | None:
    return None if document is None else document.number
