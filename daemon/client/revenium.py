"""The operations on a Revenium account that the daemon uses."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from pydantic import ValidationError

from daemon.client.records import Account, CompletionRecord, CostBucket, Page, Payload
from daemon.client.transport import Json, Transport
from daemon.domain import Transaction
from daemon.errors import ContractError

P = TypeVar("P", bound=Payload)

PAGE_SIZE = 100
"""The platform's maximum."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose account this is."""

    team_id: str
    tenant_id: str
    owner_id: str
    email: str | None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A log row that could not be understood."""

    row_id: str
    reason: str
    record: str


@dataclass(frozen=True, slots=True)
class LogPage:
    """One page of the transactions log."""

    transactions: tuple[Transaction, ...]
    rejected: tuple[Rejected, ...]
    total: int


class Revenium:
    """A Revenium account, reached through one transport."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def identity(self) -> Identity:
        """Ask whose key this is.

        Raises:
            PlatformError: One of its kinds.
        """
        account = _read(Account, await self._transport.get("/users/me"), "users/me")
        team = account.teams[0].id if account.teams else account.default_team_id
        tenant = account.tenant.id if account.tenant else account.tenant_id
        if not team or not tenant:
            raise ContractError("users/me names no team or tenant; set REVENIUM_TEAM_ID and REVENIUM_TENANT_ID")
        email = account.email or account.label
        return Identity(team, tenant, account.id, email if email and "@" in email else None)

    async def log_page(
        self, team_id: str, start: datetime, end: datetime, number: int, size: int = PAGE_SIZE
    ) -> LogPage:
        """Read one page of the calls made in [start, end), oldest first.

        Raises:
            PlatformError: One of its kinds.
        """
        params = {
            "teamId": team_id,
            "startDate": stamp(start),
            "endDate": stamp(end),
            "page": str(number),
            "size": str(size),
            "sort": "requestTime,asc",
            "includeCodingAssistants": "true",
        }
        page = _read(Page, await self._transport.get("/sources/metrics/ai/completions", params), "the transactions log")
        good, bad = _sort_out(page.items)
        return LogPage(tuple(good), tuple(bad), page.page.total_elements)

    async def cost_by_hour(self, team_id: str) -> list[CostBucket]:
        """Read the last day's cost as the platform's own report has it.

        Raises:
            PlatformError: One of its kinds.
        """
        params = {"teamId": team_id, "period": "TWENTY_FOUR_HOURS"}
        body = await self._transport.get("/sources/metrics/ai/total-cost-by-provider-over-time", params)
        if not isinstance(body, list):
            raise ContractError("the cost report is not a list of buckets")
        return [_read(CostBucket, bucket, "the cost report") for bucket in body]

    async def log_pages(self, team_id: str, start: datetime, end: datetime) -> AsyncIterator[LogPage]:
        """Read every page of [start, end), oldest first; rows that arrive meanwhile may repeat, none is skipped.

        Raises:
            PlatformError: One of its kinds.
        """
        number = seen = 0
        while True:
            page = await self.log_page(team_id, start, end, number)
            rows = len(page.transactions) + len(page.rejected)
            yield page
            seen += rows
            number += 1
            if (rows < PAGE_SIZE and seen >= page.total) or rows == 0:
                return


def stamp(moment: datetime) -> str:
    """Return the form of a time that the platform takes: UTC with milliseconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _read(model: type[P], body: Json, what: str) -> P:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ContractError(f"{what} answered something else than expected: {where}: {first['msg']}") from error


def _sort_out(items: list[Json]) -> tuple[list[Transaction], list[Rejected]]:
    good, bad = [], []
    for item in items:
        try:
            good.append(CompletionRecord.model_validate(item).transaction())
        except ValidationError as error:
            bad.append(_rejected(item, error))
    return good, bad


def _rejected(item: Json, error: ValidationError) -> Rejected:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"]))
    record = json.dumps(item, sort_keys=True)
    name = item.get("id") if isinstance(item, dict) else None
    # Half a surrogate pair passes JSON but not the database.
    if not isinstance(name, str) or not name or not name.isprintable():
        name = "unnamed:" + hashlib.blake2b(record.encode(), digest_size=8).hexdigest()
    return Rejected(name, f"{where}: {first['msg']}" if where else first["msg"], record[:4000])
