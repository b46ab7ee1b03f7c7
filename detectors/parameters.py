"""What can be tuned on a detector, in words and limits a person can use."""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass
from typing import Any

from detectors.base import Detector, DetectorError


@dataclass(frozen=True, slots=True)
class Limits:
    """The meaning and the range of one hyper-parameter, declared beside its detector."""

    meaning: str
    unit: str
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class ParameterInfo:
    """One hyper-parameter as shown to a person.

    Attributes:
        name: Its keyword.
        type: "number", "integer" or "boolean".
        default: What it is when nobody says.
        minimum: The smallest value allowed, for numbers.
        maximum: The largest value allowed, for numbers.
        meaning: What it changes.
        unit: What it is counted in; empty for a bare number.
    """

    name: str
    type: str
    default: float | bool
    minimum: float | None
    maximum: float | None
    meaning: str
    unit: str

    def check(self, value: object) -> float | bool:
        """Return the value if it is allowed.

        Raises:
            DetectorError: The value is of another type or out of range.
        """
        if self.type == "boolean":
            if isinstance(value, bool):
                return value
            raise DetectorError(f"{self.name} is {value!r}: it must be true or false")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise DetectorError(f"{self.name} is {value!r}: it must be a number")
        self._check_range(value)
        if self.type == "integer" and value != int(value):
            raise DetectorError(f"{self.name} is {value!r}: it must be a whole number")
        return int(value) if self.type == "integer" else float(value)

    def _check_range(self, value: float) -> None:
        lowest = -math.inf if self.minimum is None else self.minimum
        highest = math.inf if self.maximum is None else self.maximum
        if not lowest <= value <= highest:  # this way round NaN is refused as well
            raise DetectorError(
                f"{self.name} is {value!r}: it must lie between {lowest:g} and {highest:g} {self.unit}".rstrip()
            )


def describe_parameters(kind: type[Detector], limits: dict[str, Limits]) -> tuple[ParameterInfo, ...]:
    """Join the limits with the defaults of the constructor, which are written only there."""
    signature = inspect.signature(kind).parameters
    return tuple(_info(name, signature[name].default, one) for name, one in limits.items())


def _info(name: str, default: Any, limits: Limits) -> ParameterInfo:
    kinds = {bool: "boolean", int: "integer", float: "number"}
    return ParameterInfo(
        name=name,
        type=kinds[type(default)],
        default=default,
        minimum=limits.minimum,
        maximum=limits.maximum,
        meaning=limits.meaning,
        unit=limits.unit,
    )
