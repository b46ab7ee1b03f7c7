from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from local_platform.metering import store
from local_platform.metering.completion import Arrival, Completion, complete, named_in
from local_platform.metering.fields import COMPLETION, InvalidFieldsError, checked
from local_platform.metering.names import Referred
from local_platform.metering.rows import logged
from local_platform.storage import schema
from local_platform.wire import loads

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "model": "gpt-4o",
    "provider": "OPENAI",
    "inputTokenCount": 10,
    "outputTokenCount": 5,
    "totalTokenCount": 15,
    "requestTime": "2026-03-10T12:00:00Z",
    "completionStartTime": "2026-03-10T12:00:00Z",
    "responseTime": "2026-03-10T12:00:00Z",
    "requestDuration": 33,
    "stopReason": "END",
}
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec=None, exclude_categories=()), max_size=20)
    | st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-W10-1T00:00Z"])
)
values = scalars | st.lists(scalars, max_size=2) | st.dictionaries(st.text(max_size=5), scalars, max_size=2)
subscribers = st.dictionaries(st.sampled_from(["id", "email", "credential"]), values, max_size=3)


def _accepted(body: object) -> tuple[Completion | None, Mapping[str, str]]:
    try:
        fields = checked(body)
        return complete(fields, named_in(fields), Referred(), Arrival(1, NOW)), {}
    except InvalidFieldsError as error:
        return None, error.details


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([*COMPLETION.checks, "id", "news"]), values, max_size=6), subscribers)
def test_whatever_is_sent_is_stored_or_refused_by_field(fields: dict[str, Any], subscriber: dict[str, Any]) -> None:
    body = loads(json.dumps({**GOOD, **fields, "subscriber": subscriber}).encode())
    completion, complaints = _accepted(body)
    if completion is None:
        assert complaints
        return
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        schema.migrate(connection)
        [stored] = store.meter(connection, [completion])
        record = json.loads(logged(connection, [stored.row])[0].record)
    finally:
        connection.close()
    assert record["label"] == completion.transaction_id
    assert record["totalCost"] >= 0
    assert all(name in record for name in COMPLETION.required)
