"""Whose a metered call or event is.

It belongs to the subscription that it was metered to, else to one that its credential is linked to, else
to one of the organization and product that it names. Only subscriptions that run at the time count; of
several by credential the one of the call's product comes first, and then the oldest. So nothing is billed
twice, and a link that is made today also holds for the calls of this month.
"""

from __future__ import annotations

from collections.abc import Sequence

from local_platform.billing.contracts import KIND, Contract, decoded
from local_platform.session import Session
from local_platform.wire import dumps, to_ms

TABLES = """
WITH contract (number, product, organization, starts, ends) AS MATERIALIZED (
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(:contracts)
), link (credential, number) AS MATERIALIZED (
    SELECT value ->> 0, value ->> 1 FROM json_each(:links)
)
"""
"""What a statement that uses `owned` begins with."""


def parameters(session: Session, contracts: Sequence[Contract], mine: Contract) -> dict[str, object]:
    """Return what `TABLES` and `owned` refer to.

    Args:
        session: In the team of the contracts.
        contracts: All of that team.
        mine: The one whose rows are asked for.
    """
    rows = [
        (one.number, one.product, one.organization, to_ms(one.start), to_ms(one.end) if one.end else None)
        for one in contracts
    ]
    links = {(credential, one.number) for one in contracts for credential in one.credentials}
    return {
        "contracts": dumps(rows),
        "links": dumps(sorted(links | _links_of_credentials(session))),
        "number": mine.number,
        "product": mine.product,
        "organization": mine.organization,
    }


def owned(row: str, at: str) -> str:
    """Return the SQL condition that a metered row belongs to the contract.

    Args:
        row: The alias of the table with the metered rows.
        at: Its column with the moment.
    """
    runs = f"starts <= {row}.{at} AND {row}.{at} < coalesce(ends, {row}.{at} + 1)"
    linked = f"FROM link JOIN contract USING (number) WHERE credential = {row}.credential_id AND {runs}"
    # Most rows are obviously another's: settling that first makes the rest of the question rare.
    return f"""(
        {row}.subscription_id = :number
        OR {row}.credential_id IN (SELECT credential FROM link WHERE number = :number)
        OR ({row}.organization_id = :organization AND {row}.product_id = :product)
    ) AND :number = coalesce(
        (SELECT number FROM contract WHERE number = {row}.subscription_id AND {runs}),
        (SELECT min(number) {linked} AND contract.product = {row}.product_id),
        (SELECT min(number) {linked}),
        (SELECT min(number) FROM contract
         WHERE contract.organization = {row}.organization_id AND contract.product = {row}.product_id AND {runs})
    )"""  # noqa: S608 - a fragment of our own, values are bound


def _links_of_credentials(session: Session) -> set[tuple[int, int]]:
    rows = session.connection.execute(
        "SELECT document.id, linked.value FROM document, json_each(document.json, '$.subscriptionIds') AS linked"
        " WHERE document.kind = 'credential' AND tenant = ?",
        (session.tenant,),
    )
    return {(credential, number) for credential, text in rows if (number := decoded(KIND, text)) is not None}
