from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from local_platform.analytics import folding
from local_platform.analytics.catalogue import REPORTS, Measure
from local_platform.analytics.columns import Vocabulary, pack, unpack
from local_platform.analytics.periods import rolling
from local_platform.analytics.reports import Question, answer

from .conftest import NOW, TEAM

if TYPE_CHECKING:
    from .conftest import Ledger

HOUR = timedelta(hours=1)


def week_of(ledger: Ledger, name: str = "cost-metric-by-organization", **changes: Any) -> dict[str, float]:
    """Return what each entity has in a week."""
    asked = {"team": TEAM, "group": "TOTAL", "measure": Measure.COST, "only": {}, **changes}
    found: Any = answer(ledger.connection, Question(report=REPORTS[name], buckets=rolling("SEVEN_DAYS", NOW), **asked))
    sums: dict[str, float] = {}
    for bucket in found:
        for group in bucket["groups"]:
            sums[group["groupName"]] = sums.get(group["groupName"], 0.0) + group["metrics"][0]["metricResult"]
    return sums


@pytest.mark.parametrize("number", [0, 127, 128, -129, 2**15, 2**31, 2**40])
def test_a_packed_column_is_as_wide_as_its_numbers_need_and_reads_back_the_same(number: int) -> None:
    packed = pack(np.array([1, number]), None)
    assert unpack(packed, None).tolist() == [1, number]
    assert len(packed.data) == 2 * np.dtype(packed.type).itemsize <= 16


def test_a_packed_column_of_names_carries_the_words_it_uses_and_no_others() -> None:
    vocabulary = Vocabulary()
    codes = vocabulary.codes(["unused", "Acme", None, 7, "Acme"])
    packed = pack(codes[1:], vocabulary)
    assert packed.words == '["Acme",null,7]'
    other = Vocabulary()
    other.codes(["x"])
    assert [other.words[code] for code in unpack(packed, other)] == ["Acme", None, 7, "Acme"]


def test_few_calls_are_left_as_they_lie(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "_SMALLEST_BATCH", 3)
    ledger.call()
    ledger.call()
    assert ledger.fold() == 0
    ledger.call()
    assert ledger.fold() == 1
    assert ledger.fold() == 0


def test_a_late_call_counts_in_the_day_it_belongs_to_before_and_after_it_is_copied(ledger: Ledger) -> None:
    for _ in range(4):
        ledger.call(HOUR, organization="Acme")
    ledger.fold()
    ledger.call(timedelta(days=5), organization="Acme")
    assert week_of(ledger) == {"Acme": 5}
    ledger.fold()
    assert week_of(ledger) == {"Acme": 5}


def test_an_organization_is_shown_under_its_present_name_with_the_calls_of_the_former(ledger: Ledger) -> None:
    ledger.name("organization", 9, "Acme")
    ledger.call(organization="Acme", organization_id=9)
    ledger.fold()
    ledger.name("organization", 9, "Apex")
    ledger.call(organization="Apex", organization_id=9)
    assert week_of(ledger) == {"Apex": 2}


def test_calls_of_a_deleted_organization_are_still_reported(ledger: Ledger) -> None:
    ledger.call(organization="Gone", organization_id=9)
    assert list(week_of(ledger).values()) == [1]


def test_a_changed_call_is_copied_anew(ledger: Ledger) -> None:
    ledger.call(organization="Acme")
    ledger.fold()
    ledger.connection.execute("UPDATE completion SET total_cost = 2000000000")
    assert ledger.copied() == 0
    assert week_of(ledger) == {"Acme": 2}
    ledger.fold()
    assert ledger.copied() > 0
    assert week_of(ledger) == {"Acme": 2}


def test_a_deleted_call_is_reported_no_more(ledger: Ledger) -> None:
    ledger.call(organization="Acme")
    ledger.call(organization="Globex")
    ledger.fold()
    ledger.connection.execute("DELETE FROM completion WHERE organization = 'Acme'")
    assert week_of(ledger) == {"Globex": 1}


def test_a_batch_that_was_read_before_a_change_is_not_stored(ledger: Ledger) -> None:
    ledger.call(organization="Acme")
    batch = folding.next_batch(ledger.connection)
    assert batch is not None
    ledger.connection.execute("UPDATE completion SET total_cost = 0")
    folding.store_batch(batch, ledger.connection)
    assert ledger.copied() == 0


def test_a_batch_that_another_has_stored_already_is_not_stored_twice(ledger: Ledger) -> None:
    ledger.call(organization="Acme")
    batch = folding.next_batch(ledger.connection)
    assert batch is not None
    folding.store_batch(batch, ledger.connection)
    folding.store_batch(batch, ledger.connection)
    assert week_of(ledger) == {"Acme": 1}


def test_another_teams_calls_are_never_counted(ledger: Ledger) -> None:
    ledger.call(organization="Acme")
    ledger.call(organization="Theirs", team=TEAM + 1)
    assert week_of(ledger) == {"Acme": 1}
    ledger.fold()
    assert week_of(ledger) == {"Acme": 1}
    assert week_of(ledger, team=TEAM + 1) == {"Theirs": 1}
