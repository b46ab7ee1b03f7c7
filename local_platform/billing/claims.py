"""Whose a metered call or event is.

It belongs to the subscription that it was metered to, else to one that its credential is linked to, else
to one of the organization and product that it names. Only subscriptions that run at the time count; of
several by credential the one of the call's product comes first, and then the oldest. So nothing is billed
twice, and a link that is made today also holds for the calls of this month.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from local_platform.analytics.columns import Calls, Numbers, Vocabulary, Word
from local_platform.billing.contracts import KIND, Contract, decoded
from local_platform.session import Session
from local_platform.wire import to_ms

KEYS = ("subscription", "credential", "organization", "product")
"""The columns that tell whose a row is."""

_STAGES = (("subscription",), ("credential", "product"), ("credential",), ("organization", "product"))
_EVER = np.iinfo(np.int64).max

Marks = npt.NDArray[np.bool_]
# What a row has in the columns of a stage, and the place of the contract that claims such rows.
_Claim = tuple[tuple[int, ...], int]


class Claims:
    """What the subscriptions of a team lay claim to."""

    def __init__(self, contracts: Sequence[Contract], links: Collection[tuple[int, int]]) -> None:
        """Prepare to tell owners.

        Args:
            contracts: All of the team, the oldest first.
            links: A credential and the number of a subscription each.
        """
        self._contracts = contracts
        self._links = links
        # Nobody has place 0, and runs at no time.
        self._starts = np.array([_EVER, *(to_ms(one.start) for one in contracts)])
        self._ends = np.array([_EVER, *(to_ms(one.end) if one.end else _EVER for one in contracts)])
        credentials: dict[int, list[int]] = {}
        for credential, number in sorted(links):
            credentials.setdefault(number, []).append(credential)
        claims: tuple[list[_Claim], ...] = ([], [], [], [])
        for place, one in enumerate(contracts, start=1):
            linked = credentials.get(one.number, ())
            claims[0].append(((one.number,), place))
            claims[1].extend(((credential, one.product), place) for credential in linked if one.product)
            claims[2].extend(((credential,), place) for credential in linked)
            if one.organization and one.product:
                claims[3].append(((one.organization, one.product), place))
        self._stages = [_Stage(names, claim) for names, claim in zip(_STAGES, claims, strict=True)]

    def owners(self, rows: Calls, vocabularies: Mapping[str, Vocabulary]) -> Numbers:
        """Return the place of the contract that each row belongs to, counted from 1, or 0 for none.

        Args:
            rows: With the columns of `KEYS`.
            vocabularies: The words of these.
        """
        times = rows.times.astype(np.int64) + rows.origin
        owners = np.zeros(times.size, np.intp)
        for stage in self._stages:
            for which, claimants in stage.claims(rows, vocabularies, owners == 0):
                moments = times[which]
                runs = (self._starts[claimants] <= moments) & (moments < self._ends[claimants])
                # Those who come before have not taken it.
                free = runs & (owners[which] == 0)
                owners[which[free]] = claimants[free]
        return owners

    def traits(self, numbers: Collection[int]) -> dict[str, set[int]]:
        """Return what a row must have in one of some columns to belong to one of these subscriptions."""
        asked = [one for one in self._contracts if one.number in numbers]
        return {
            "subscription": {one.number for one in asked},
            "credential": {credential for credential, number in self._links if number in numbers},
            "organization": {one.organization for one in asked if one.organization},
        }


class _Stage:
    """One way to lay claim to a row: by what it has in some columns."""

    def __init__(self, columns: tuple[str, ...], claims: Iterable[_Claim]) -> None:
        """Take the claims; who lays one first has precedence."""
        self._columns = columns
        claimants: dict[tuple[int, ...], list[int]] = {}
        for claim, place in claims:
            claimants.setdefault(claim, []).append(place)
        # What a column may hold gets small numbers; 0 is all that nobody claims.
        self._indexes = [
            {number: index for index, number in enumerate(dict.fromkeys(numbers), start=1)}
            for numbers in zip(*claimants, strict=True)
        ]
        self._groups = np.zeros([len(index) + 1 for index in self._indexes], np.int32)
        self._claimants = np.zeros((max(map(len, claimants.values()), default=0), len(claimants) + 1), np.int64)
        for group, (claim, places) in enumerate(claimants.items(), start=1):
            self._groups[tuple(index[number] for index, number in zip(self._indexes, claim, strict=True))] = group
            self._claimants[: len(places), group] = places

    def claims(
        self, rows: Calls, vocabularies: Mapping[str, Vocabulary], free: Marks
    ) -> Iterator[tuple[Numbers, Numbers]]:
        """Yield positions of free rows and who claims each of them, in the order of precedence."""
        if not self._indexes:
            return
        tables = [
            np.array([index.get(_number(word), 0) for word in vocabularies[name].words], np.intp)
            for name, index in zip(self._columns, self._indexes, strict=True)
        ]
        if not all(table.any() for table in tables):
            return
        indexes = (table[rows.columns[name]] for name, table in zip(self._columns, tables, strict=True))
        groups = self._groups[tuple(indexes)]
        which = np.flatnonzero((groups != 0) & free)
        groups = groups[which]
        for claimants in self._claimants:
            yield which, claimants[groups]


def claims_of(session: Session, contracts: Sequence[Contract]) -> Claims:
    """Return what the contracts of the session's team lay claim to; either side of a link may know of it.

    Args:
        session: In the team of the contracts.
        contracts: All of that team, the oldest first.
    """
    links = {(credential, one.number) for one in contracts for credential in one.credentials}
    return Claims(contracts, links | _links_of_credentials(session))


def _number(word: Word) -> int:
    """Return the number of a document; what has only a name is nobody's."""
    return word if isinstance(word, int) else 0


def _links_of_credentials(session: Session) -> set[tuple[int, int]]:
    rows = session.connection.execute(
        "SELECT document.id, linked.value FROM document, json_each(document.json, '$.subscriptionIds') AS linked"
        " WHERE document.kind = 'credential' AND tenant = ?",
        (session.tenant,),
    )
    return {(credential, number) for credential, text in rows if (number := decoded(KIND, text)) is not None}
