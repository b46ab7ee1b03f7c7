"""What every payload has in common: open for unknown fields, strict about known ones, silent about content."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from typing_extensions import override

from daemon.client.wire import Json, camel
from daemon.clock import from_ms

T = TypeVar("T")


def _from_epoch(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return from_ms(value)
        except (OverflowError, OSError) as error:
            raise ValueError("milliseconds since the epoch are expected") from error
    return value


def _aware(value: datetime) -> datetime:
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


Moment = Annotated[datetime, BeforeValidator(_from_epoch), AfterValidator(_aware)]
"""A time in either of the platform's forms, ISO 8601 or milliseconds since the epoch."""

Money: TypeAlias = Decimal
"""Dollars, exact."""

Many = Annotated[tuple[T, ...], BeforeValidator(lambda value: () if value is None else value)]
"""A list that the platform may also write as null."""


class Payload(BaseModel):
    """Base of all payloads. A field that was not set is not sent, an unknown one is kept."""

    model_config = ConfigDict(
        extra="allow",
        frozen=True,
        alias_generator=camel,
        populate_by_name=True,
        hide_input_in_errors=True,
        # Most of the models are never used in one run; building all of them would delay the start.
        defer_build=True,
    )

    def body(self) -> dict[str, Json]:
        """Return what was set, in the platform's spelling."""
        return self.model_dump(by_alias=True, exclude_unset=True)

    @override
    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Leave out what is empty, and unknown fields: nobody knows what they hold."""
        known = type(self).model_fields
        return [(name, value) for name, value in super().__repr_args__() if name in known and value not in (None, ())]


class Reference(Payload):
    """A nested resource, as far as it names something."""

    id: str | None = None
    label: str | None = None
    resource_type: str | None = None
    created: Moment | None = None
    updated: Moment | None = None


class Resource(Reference):
    """A thing with an id. Everything is optional, so that one model serves reading, creating and changing."""
