"""A fleet that was saved goes on as if nothing had happened, or is refused."""

from __future__ import annotations

import numpy as np
import pytest

from detectors import snapshot
from detectors.checks import HOUR
from detectors.fleet import Fleet
from detectors.fleet.snapshot import dump, load
from detectors.snapshot import SnapshotError


def test_a_saved_fleet_goes_on_as_before(fleet, next_hour):
    fleet.add(1)  # one that has learnt nothing
    loaded = load(dump(fleet), Fleet(0))
    for hour in range(30):
        values = np.full(6, 3.0**hour)
        one, other = (each.update(next_hour + hour * HOUR, values, HOUR) for each in (fleet, loaded))
        np.testing.assert_array_equal(one.score, other.score)
    np.testing.assert_array_equal(fleet.columns, loaded.columns)


def test_a_fleet_of_nobody_is_saved_too():
    assert len(load(dump(Fleet(0)), Fleet(3))) == 0


@pytest.mark.parametrize("length", [0, 3, 20, 21, 40, 500, -8, -1])
def test_a_snapshot_that_is_cut_short_is_refused(fleet, length):
    with pytest.raises(SnapshotError):
        load(dump(fleet)[:length], Fleet(0))


@pytest.mark.parametrize("place", [0, 4, 5, 21, 25, 100, -1])
def test_a_flipped_bit_is_noticed(fleet, place):
    data = bytearray(dump(fleet))
    data[place] ^= 1
    with pytest.raises(SnapshotError):
        load(bytes(data), Fleet(0))


def test_the_snapshot_of_a_single_detector_is_refused(fleet):
    with pytest.raises(SnapshotError, match="no snapshot of a fleet"):
        load(snapshot.dump(fleet.export(0)), Fleet(0))


def test_a_snapshot_of_other_parameters_is_refused(fleet):
    with pytest.raises(SnapshotError, match="parameters"):
        load(dump(fleet), Fleet(0, rate=0.004))


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(fleet, wrong):
    columns = fleet.columns.copy()
    columns[7, 2] = wrong
    with pytest.raises(SnapshotError, match="not finite"):
        load(dump(Fleet.of_columns(columns)), Fleet(0))
