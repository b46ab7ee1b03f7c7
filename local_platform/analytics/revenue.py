"""What entities earned: their subscriptions' bills, bucket by bucket. Currencies are not converted."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from local_platform.analytics.catalogue import PRODUCT, Cut, RevenueReport
from local_platform.analytics.entities import Dimension, picked
from local_platform.analytics.periods import Bucket
from local_platform.analytics.reports import Value, rendered_buckets
from local_platform.analytics.scan import Keeps
from local_platform.billing.revenue import Earned, revenue
from local_platform.session import Session

_AGGREGATES: Mapping[str, Callable[[Iterable[Decimal]], Decimal]] = {
    "TOTAL": lambda amounts: sum(amounts, Decimal(0)),
    "MEAN": statistics.mean,
    "MEDIAN": statistics.median,
    "MAXIMUM": max,
    "MINIMUM": min,
}

ByEntity = dict[int | None, list[Decimal]]


@dataclass(frozen=True, slots=True)
class RevenueQuestion:
    """A revenue report as one request asks for it."""

    report: RevenueReport
    buckets: list[Bucket]
    group: str
    only: Mapping[Cut, frozenset[str]]


def answer_revenue(session: Session, question: RevenueQuestion) -> object:
    """Compute a revenue report: the aggregate of what the subscriptions of each entity earned in each bucket."""
    report = question.report
    earned = revenue(session, [*(bucket.start for bucket in question.buckets), question.buckets[-1].end])
    whole = [_sum(of_bucket) for of_bucket in earned_by(report.cut.dimension, earned)]
    filters = [
        (cut.dimension, picked(session.connection, cut.dimension, texts)) for cut, texts in question.only.items()
    ]
    kept = earned_by(report.cut.dimension, kept_earnings(earned, filters))
    values = [
        [Value(entity, _value(question, amounts, total)) for entity, amounts in of_bucket.items()]
        for of_bucket, total in zip(kept or [{}] * len(whole), whole, strict=True)
    ]
    if not any(values):
        return []
    return rendered_buckets(session.connection, report.cut, report.metric_type, question.buckets, values)


def kept_earnings(earned: Sequence[Earned], filters: Sequence[tuple[Dimension, Keeps]]) -> list[Earned]:
    """Return what all filters keep."""
    return [one for one in earned if all(keeps(_entity(one, dimension)) for dimension, keeps in filters)]


def earned_by(dimension: Dimension, earned: Sequence[Earned]) -> list[ByEntity]:
    """Return for each span, by organization or product, what those of its subscriptions earned that earned anything."""
    spans: list[ByEntity] = [defaultdict(list) for _ in earned[0].amounts] if earned else []
    for subscription in earned:
        for of_span, amount in zip(spans, subscription.amounts, strict=True):
            if amount:
                of_span[_entity(subscription, dimension)].append(amount)
    return spans


def _entity(earned: Earned, dimension: Dimension) -> int | None:
    return earned.product if dimension is PRODUCT.dimension else earned.organization


def _sum(of_bucket: ByEntity) -> Decimal:
    return sum((amount for amounts in of_bucket.values() for amount in amounts), Decimal(0))


def _value(question: RevenueQuestion, amounts: Sequence[Decimal], whole: Decimal) -> float:
    if question.report.share:
        return float(round(100 * sum(amounts) / whole, 6)) if whole else 0.0
    return float(round(_AGGREGATES[question.group](amounts), 9))
