"""The forms in which the newer analytics answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from local_platform import ids
from local_platform.analytics.newer.asking import Asked
from local_platform.analytics.newer.computing import Group, Metric
from local_platform.wire import iso

Items = Sequence[Mapping[str, object] | str | dict[str, str]]


def described(asked: Asked) -> dict[str, object]:
    """Return what every answer says about itself."""
    window = asked.window
    return {
        "id": ids.of_name("report", asked.name),
        "label": asked.name,
        "resourceType": "analytics",
        "created": iso(asked.now),
        "updated": iso(asked.now),
        "period": {"start": iso(window.start), "end": iso(window.end)},
        "_links": {"self": {"href": asked.url}},
    }


def paged(asked: Asked, items: Items) -> dict[str, object]:
    """Return one page of items."""
    first = asked.page * asked.size
    pages = -(-len(items) // asked.size)
    return {
        **described(asked),
        "page": {"number": asked.page, "size": asked.size, "totalElements": len(items), "totalPages": pages},
        "_embedded": {"items": items[first : first + asked.size]},
    }


def aggregated(asked: Asked, groups: Sequence[Group]) -> dict[str, object]:
    """Return groups of the whole window in their order."""
    return paged(asked, [_group(asked, group) for group in groups])


def over_time(asked: Asked, groups: Sequence[Sequence[Group]]) -> dict[str, object]:
    """Return the groups of each bucket; without any group there are no buckets either."""
    items: Items = [
        {
            "startTimestamp": iso(bucket.start),
            "endTimestamp": iso(bucket.end),
            "groups": [_group(asked, group) for group in of_bucket],
        }
        for bucket, of_bucket in zip(asked.buckets, groups, strict=True)
    ]
    return paged(asked, items if any(groups) else [])


def _group(asked: Asked, group: Group) -> dict[str, object]:
    return {"groupName": group.name, "metrics": [_metric(asked, metric) for metric in group.metrics]}


def _metric(asked: Asked, metric: Metric) -> dict[str, object]:
    name = metric.entity.name
    return {
        "id": metric.entity.id or ids.of_name("entity", name),
        "label": name,
        "resourceType": "metric",
        "metricType": metric.kind,
        "metricResult": metric.value,
        "created": iso(asked.now),
        "updated": iso(asked.now),
        **metric.more,
    }
