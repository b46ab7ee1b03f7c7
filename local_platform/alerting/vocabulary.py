"""The words of alert rules and cost controls as they stand on the wire."""

from __future__ import annotations

from enum import StrEnum, auto
from typing import Any, TypeVar

from typing_extensions import override

from local_platform.checks import Check, ComplaintError


class Word(StrEnum):
    """A word whose spelling is its name."""

    @staticmethod
    @override
    def _generate_next_value_(name: str, *_: object) -> str:
        return name


AnyWord = TypeVar("AnyWord", bound=Word)


class AlertType(Word):
    """How a rule looks at its metric."""

    THRESHOLD = auto()
    RELATIVE_CHANGE = auto()
    CUMULATIVE_USAGE = auto()


class Metric(Word):
    """What is measured over a window."""

    TOTAL_COST = auto()
    COST_PER_TRANSACTION = auto()
    TOKENS_PER_MINUTE = auto()
    TOKEN_COUNT = auto()
    INPUT_TOKEN_COUNT = auto()
    OUTPUT_TOKEN_COUNT = auto()
    CACHED_TOKEN_COUNT = auto()
    TOKENS_PER_REQUEST = auto()
    TIME_TO_FIRST_TOKEN = auto()
    DURATION = auto()
    ERROR_COUNT = auto()
    ERROR_RATE = auto()
    QUALITY_RATE = auto()
    REQUESTS_PER_MINUTE = auto()
    REQUEST_COUNT = auto()
    IMAGE_COUNT = auto()
    DURATION_SECONDS = auto()
    CHARACTER_COUNT = auto()
    CREDITS_CONSUMED = auto()
    COST_PER_IMAGE = auto()
    COST_PER_SECOND = auto()
    VIDEO_COUNT = auto()
    AUDIO_COUNT = auto()


class Operator(Word):
    """How a value is compared; the platform knows no equality."""

    GREATER_THAN = auto()
    GREATER_THAN_OR_EQUAL_TO = auto()
    LESS_THAN = auto()
    LESS_THAN_OR_EQUAL_TO = auto()
    INCREASES_BY = auto()
    DECREASES_BY = auto()
    PERCENT_INCREASE = auto()
    PERCENT_DECREASE = auto()


CHANGES = frozenset(
    {Operator.INCREASES_BY, Operator.DECREASES_BY, Operator.PERCENT_INCREASE, Operator.PERCENT_DECREASE}
)


class Duration(Word):
    """How long a window is, or which calendar period it follows."""

    ONE_MINUTE = auto()
    FIVE_MINUTES = auto()
    FIFTEEN_MINUTES = auto()
    THIRTY_MINUTES = auto()
    ONE_HOUR = auto()
    TWELVE_HOURS = auto()
    TWENTY_FOUR_HOURS = auto()
    SEVEN_DAYS = auto()
    THIRTY_DAYS = auto()
    DAILY = auto()
    WEEKLY = auto()
    MONTHLY = auto()
    QUARTERLY = auto()


class Dimension(Word):
    """What calls are filtered and grouped by."""

    ORGANIZATION = auto()
    CREDENTIAL = auto()
    PRODUCT = auto()
    MODEL = auto()
    PROVIDER = auto()
    AGENT = auto()
    SUBSCRIBER = auto()
    TASK_TYPE = auto()
    WORKSPACE = auto()
    API_KEY = auto()
    DEPARTMENT = auto()


class Comparison(Word):
    """How a filter compares a dimension's value."""

    IS = auto()
    IS_NOT = auto()
    CONTAINS = auto()
    STARTS_WITH = auto()
    ENDS_WITH = auto()
    IN = auto()


class Action(Word):
    """What a cost control does once its limit is reached."""

    BLOCK = auto()
    WARN_ONLY = auto()


def member(kind: type[AnyWord], among: frozenset[AnyWord] | None = None) -> Check:
    """One word of a vocabulary, or of a part of it."""
    known = {word.value: word for word in kind if among is None or word in among}

    def check(value: Any) -> AnyWord:
        if not isinstance(value, str) or value not in known:
            raise ComplaintError(f"must be one of {', '.join(known)}")
        return known[value]

    return check
