"""Filters: which calls a rule or a cost control looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_platform.alerting.vocabulary import Comparison, Dimension, member
from local_platform.checks import applied, flag, items, text

_MOST_FILTERS = 50
_MOST_VALUES = 50
_CHECKS = {
    "dimension": member(Dimension),
    "operator": member(Comparison),
    "value": text(255),
    "values": items(text(255)),
    "includeDescendants": flag,
}


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition; the conditions of a rule must all hold.

    Attributes:
        dimension: What is compared.
        comparison: How.
        values: What it is compared with: one value, or for IN any of them.
        descendants: Whether a department's own departments count too.
    """

    dimension: Dimension
    comparison: Comparison
    values: tuple[str, ...]
    descendants: bool = True

    def wire(self) -> dict[str, object]:
        """Return the condition as it is sent."""
        several = self.comparison is Comparison.IN
        return {
            "dimension": self.dimension.value,
            "operator": self.comparison.value,
            "value": None if several else self.values[0],
            "values": list(self.values) if several else None,
        }


def filters_of(rows: Any, complaints: dict[str, str]) -> tuple[Filter, ...]:
    """Read the rows of a body; what is wrong with one is put under its position, as `filters[0].value`."""
    if not rows:
        return ()
    if not isinstance(rows, list) or len(rows) > _MOST_FILTERS:
        complaints["filters"] = f"must be a list of at most {_MOST_FILTERS} filters"
        return ()
    read = [_filter(row, f"filters[{index}]", complaints) for index, row in enumerate(rows)]
    return tuple(one for one in read if one is not None)


def _filter(row: Any, at: str, complaints: dict[str, str]) -> Filter | None:
    if not isinstance(row, dict):
        complaints[at] = "must be an object with dimension, operator and value or values"
        return None
    wrong: dict[str, str] = {}
    fields = applied(_CHECKS, row, wrong, f"{at}.")
    for name in ("dimension", "operator"):
        if name not in fields and f"{at}.{name}" not in wrong:
            wrong[f"{at}.{name}"] = "must not be null or blank"
    if not wrong:
        wrong = _value_complaints(fields, at)
    complaints.update(wrong)
    if wrong:
        return None
    several = fields["operator"] is Comparison.IN
    values = tuple(fields["values"]) if several else (fields["value"],)
    return Filter(fields["dimension"], fields["operator"], values, fields.get("includeDescendants", True))


def _value_complaints(fields: Mapping[str, Any], at: str) -> dict[str, str]:
    value, values = fields.get("value", "").strip(), fields.get("values", [])
    if fields["operator"] is not Comparison.IN:
        if values:
            return {f"{at}.values": f"must be empty with {fields['operator']}; send value"}
        return {} if value else {f"{at}.value": "must not be null or blank"}
    if value:
        return {f"{at}.value": "must be empty with IN; send values"}
    if not 1 <= len(values) <= _MOST_VALUES:
        return {f"{at}.values": f"size must be between 1 and {_MOST_VALUES}"}
    if any(not one.strip() or len(one.splitlines()) > 1 for one in values):
        return {f"{at}.values": "must hold no blank value and no line break"}
    return {}
