"""The platform's payloads as far as they are read. Unknown fields are ignored; wrong types are not."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from daemon.clock import to_ms
from daemon.domain import NANO, TOTAL, Dimension, Entity, Measures, Transaction

MOST_DOLLARS = Decimal(10**6)
MOST_COUNT = 10**12

Count = Annotated[int, Field(ge=0, le=MOST_COUNT)]


def _mended(value: str) -> str:
    """Replace the half of a surrogate pair that a cut emoji leaves; JSON carries it, no database takes it."""
    return value.encode("utf-8", "replace").decode()


Text = Annotated[str, AfterValidator(_mended)]


class Payload(BaseModel):
    """Base of everything that comes over the wire."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class Reference(Payload):
    """A nested resource, as far as it names something."""

    id: Text | None = None
    label: Text | None = None
    name: Text | None = None

    @property
    def title(self) -> str | None:
        """The name that people know it by."""
        return self.label or self.name or self.id


class Account(Payload):
    """Who the key belongs to (`users/me`)."""

    id: str
    email: str | None = None
    label: str | None = None
    tenant: Reference | None = None
    tenant_id: str | None = Field(default=None, alias="tenantId")
    default_team_id: str | None = Field(default=None, alias="defaultTeamId")
    teams: tuple[Reference, ...] = ()


class CompletionRecord(Payload):
    """One row of the transactions log."""

    id: str = Field(min_length=1)
    transaction_id: Text | None = Field(default=None, alias="transactionId")
    request_time: datetime = Field(alias="requestTime")
    provider: Text | None = None
    model: Text | None = None
    agent: Text | None = None
    task_type: Text | None = Field(default=None, alias="taskType")
    subscriber_email: Text | None = Field(default=None, alias="subscriberEmail")
    organization: Reference | None = None
    product: Reference | None = None
    credential: Reference | None = Field(default=None, alias="subscriberCredential")
    total_cost: Decimal | None = Field(default=None, alias="totalCost")
    input_tokens: Count | None = Field(default=None, alias="inputTokenCount")
    output_tokens: Count | None = Field(default=None, alias="outputTokenCount")
    total_tokens: Count | None = Field(default=None, alias="totalTokenCount")
    duration_ms: Count | None = Field(default=None, alias="requestDuration")
    stop_reason: Text | None = Field(default=None, alias="stopReason")
    error_reason: Text | None = Field(default=None, alias="errorReason")

    @field_validator("request_time")
    @classmethod
    def _aware(cls, value: datetime) -> datetime:
        return value if value.tzinfo else value.replace(tzinfo=UTC)

    @field_validator("total_cost")
    @classmethod
    def _plausible(cls, value: Decimal | None) -> Decimal | None:
        if value is not None and not (value.is_finite() and abs(value) <= MOST_DOLLARS):
            raise ValueError(f"a single call cannot cost that; at most {MOST_DOLLARS} dollars")
        return value

    def transaction(self) -> Transaction:
        """Return the call in the daemon's terms."""
        tokens_in, tokens_out = self.input_tokens or 0, self.output_tokens or 0
        failed = self.stop_reason == "ERROR" or bool(self.error_reason)
        return Transaction(
            row_id=self.id,
            transaction_id=self.transaction_id or self.id,
            at=to_ms(self.request_time),
            entities=(TOTAL, *self._named()),
            measures=Measures(
                calls=1,
                errors=int(failed),
                cost_nanos=round((self.total_cost or Decimal(0)) * NANO),
                input_tokens=tokens_in,
                output_tokens=tokens_out,
                total_tokens=self.total_tokens if self.total_tokens is not None else tokens_in + tokens_out,
                latency_ms=self.duration_ms or 0,
            ),
        )

    def _named(self) -> tuple[Entity, ...]:
        values: tuple[tuple[Dimension, str | None], ...] = (
            (Dimension.PROVIDER, self.provider),
            (Dimension.MODEL, self.model),
            (Dimension.AGENT, self.agent),
            (Dimension.API_KEY, self.credential.title if self.credential else None),
            (Dimension.CUSTOMER, self.organization.title if self.organization else None),
            (Dimension.PRODUCT, self.product.title if self.product else None),
            (Dimension.USER, self.subscriber_email),
            (Dimension.TASK_TYPE, self.task_type),
        )
        return tuple(Entity(dimension, name) for dimension, name in values if name)


class PageInfo(Payload):
    """How much there is over all pages."""

    total_elements: int = Field(alias="totalElements", ge=0)


class Page(Payload):
    """A HAL page; an empty one has no `_embedded`."""

    embedded: dict[str, list[Any]] = Field(default_factory=dict, alias="_embedded")
    page: PageInfo

    @property
    def items(self) -> list[Any]:
        """The rows, whatever the platform calls the list."""
        return next(iter(self.embedded.values()), [])


class CostMetric(Payload):
    """One value of a cost report."""

    result: float = Field(alias="metricResult")


class CostGroup(Payload):
    """The values of one entity in a bucket."""

    metrics: tuple[CostMetric, ...] = ()


class CostBucket(Payload):
    """One bucket of a cost report; times in milliseconds since the epoch."""

    start: int = Field(alias="startTimestamp")
    end: int = Field(alias="endTimestamp")
    groups: tuple[CostGroup, ...] = ()

    @property
    def dollars(self) -> float:
        """What everything in the bucket cost."""
        return sum(metric.result for group in self.groups for metric in group.metrics)
