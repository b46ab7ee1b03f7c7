"""The older reports: costs, calls, performance and revenue by entity and time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import Enum, StrEnum

from daemon.client.api import Api
from daemon.client.payloads.analytics import Bucket, Connections
from daemon.client.wire import Json, read, read_each
from daemon.errors import ContractError

PREFIX = "/sources/metrics/ai"


class Period(StrEnum):
    """A rolling span of time that ends now."""

    HOUR = "HOUR"
    EIGHT_HOURS = "EIGHT_HOURS"
    TWENTY_FOUR_HOURS = "TWENTY_FOUR_HOURS"
    SEVEN_DAYS = "SEVEN_DAYS"
    THIRTY_DAYS = "THIRTY_DAYS"
    NINETY_DAYS = "NINETY_DAYS"
    SIX_MONTHS = "SIX_MONTHS"
    TWELVE_MONTHS = "TWELVE_MONTHS"


class Group(StrEnum):
    """How values within a bucket are put together."""

    TOTAL = "TOTAL"
    MEAN = "MEAN"
    MEDIAN = "MEDIAN"
    MAXIMUM = "MAXIMUM"
    MINIMUM = "MINIMUM"


class TokenType(StrEnum):
    """Which tokens are counted."""

    INPUT = "INPUT"
    OUTPUT = "OUTPUT"
    REASONING = "REASONING"
    CACHED = "CACHED"
    TOTAL = "TOTAL"


class Unit(StrEnum):
    """What a report's values are."""

    DOLLARS = "USD"
    CALLS = "calls"
    MILLISECONDS = "ms"
    TOKENS_PER_MINUTE = "tokens/min"
    PERCENT = "%"


class Report(Enum):
    """The reports: each with its name on the platform, the filter by entity, the unit, and whether it groups."""

    COST_BY_PROVIDER_TOTAL = ("total-cost-by-provider-over-time", "providers", Unit.DOLLARS, False)
    COST_BY_PROVIDER_OVER_TIME = ("cost-metric-by-provider-over-time", "providers", Unit.DOLLARS, True)
    COST_BY_PROVIDER = ("cost-metric-by-provider", "providers", Unit.DOLLARS, True)
    COST_BY_MODEL_OVER_TIME = ("total-cost-by-model", "provider", Unit.DOLLARS, True)
    COST_BY_MODEL = ("cost-metric-by-model", "models", Unit.DOLLARS, True)
    COST_BY_CREDENTIAL = ("cost-metrics-by-subscriber-credential", "credentials", Unit.DOLLARS, True)
    COST_BY_CUSTOMER = ("cost-metric-by-organization", "organizations", Unit.DOLLARS, True)
    COST_BY_PRODUCT = ("cost-metric-by-product", "products", Unit.DOLLARS, True)
    COST_BY_AGENT = ("cost-metrics-by-agents-over-time", "agents", Unit.DOLLARS, True)
    CALLS_BY_AGENT = ("call-count-metrics-by-agents", "agents", Unit.CALLS, False)
    PERFORMANCE_BY_AGENT = ("performance-metrics-by-agents", "agents", Unit.MILLISECONDS, True)
    PERFORMANCE_BY_PROVIDER = ("performance-metric-by-provider", "providers", Unit.MILLISECONDS, True)
    PERFORMANCE_BY_MODEL = ("performance-metric-by-model", "models", Unit.MILLISECONDS, True)
    TOKENS_PER_MINUTE = ("tokens-per-minute-by-provider", "providers", Unit.TOKENS_PER_MINUTE, False)
    REVENUE_BY_CUSTOMER = ("revenue-metric-by-organization", "organizations", Unit.DOLLARS, True)
    REVENUE_BY_PRODUCT = ("revenue-metric-by-product", "products", Unit.DOLLARS, True)
    REVENUE_SHARE_BY_CUSTOMER = ("percentage-revenue-metric-by-organization", "organizations", Unit.PERCENT, False)
    REVENUE_SHARE_BY_PRODUCT = ("percentage-revenue-metric-by-product", "products", Unit.PERCENT, False)

    def __init__(self, path: str, entities: str, unit: Unit, grouped: bool) -> None:
        self.path = f"{PREFIX}/{path}"
        self.entities = entities
        self.unit = unit
        self.grouped = grouped


class Reports:
    """Reports of the team's usage."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def read(
        self,
        report: Report,
        *,
        period: Period | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        group: Group | None = None,
        entities: Sequence[str] = (),
        token_type: TokenType | None = None,
    ) -> tuple[Bucket, ...]:
        """Read a report over a period or between two moments, of all entities or of those named.

        Returns:
            Its buckets, oldest first; reports without time have one.

        Raises:
            ContractError: The report cannot be asked so.
            PlatformError: One of its other kinds.
        """
        if (period is None) == (start is None and end is None):
            raise ContractError("a report covers either a period, or the time between start and end")
        if group is not None and not report.grouped:
            raise ContractError(f"{report.name} has no groups; leave the group out")
        if token_type is not None and report is not Report.TOKENS_PER_MINUTE:
            raise ContractError(f"{report.name} counts no tokens; leave the token type out")
        query = {"period": period, "startDate": start, "endDate": end, "group": group, report.entities: entities}
        return _buckets(await self._api.get(report.path, query | {"tokenType": token_type}), report.path)

    async def connections(self) -> Connections:
        """Read which kinds of usage come in."""
        path = f"{PREFIX}/data-connected/sources"
        return read(Connections, await self._api.get(path), path)


def _buckets(body: Json, what: str) -> tuple[Bucket, ...]:
    """Return the buckets; some reports answer with the only one they have, without a list around it."""
    return read_each(Bucket, [body] if isinstance(body, dict) else body, what)
