"""Snapshots give back exactly what was saved, or say why they cannot."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from detectors import registry, snapshot
from detectors.base import DetectorError, Observation
from detectors.checks import HOUR, START
from detectors.level import LevelDetector
from detectors.snapshot import SnapshotError
from detectors.spend import SpendDetector


@settings(max_examples=25, deadline=None)
@given(
    values=st.lists(st.floats(-1e12, 1e12), max_size=150),
    more=st.lists(st.floats(0, 1e12), min_size=1, max_size=5),
    name=st.sampled_from(["spend", "level"]),
)
def test_a_restored_detector_says_exactly_the_same(values, more, name):
    detector = registry.create(name)
    for i, value in enumerate(values):
        detector.learn(Observation(START + i * HOUR, value, HOUR))
    restored = snapshot.load(snapshot.dump(detector), registry.create(name))
    assert restored.state() == detector.state()
    for i, value in enumerate(more, start=len(values)):
        observation = Observation(START + i * HOUR, value, HOUR)
        assert restored.update(observation) == detector.update(observation)


def test_loading_leaves_the_expected_detector_as_it_was(taught):
    fresh = SpendDetector()
    assert snapshot.load(snapshot.dump(taught), fresh) is not fresh
    assert fresh.state() == SpendDetector().state()


def test_a_snapshot_takes_less_than_two_kilobytes(taught):
    assert len(snapshot.dump(taught)) < 2048


def test_other_parameters_are_refused(taught):
    with pytest.raises(SnapshotError, match="parameters"):
        snapshot.load(snapshot.dump(taught), SpendDetector(warm_up=100.0))


def test_another_detector_is_refused(taught):
    with pytest.raises(SnapshotError, match="detector is 'spend', wanted is 'level'"):
        snapshot.load(snapshot.dump(taught), LevelDetector())


def test_another_version_of_river_is_refused(taught, monkeypatch):
    data = snapshot.dump(taught)
    monkeypatch.setattr(snapshot, "river_version", "99.0")
    with pytest.raises(SnapshotError, match="river"):
        snapshot.load(data, SpendDetector())


def test_another_version_of_the_state_is_refused(taught, monkeypatch):
    monkeypatch.setattr("detectors.spend.STATE_VERSION", 3)
    data = snapshot.dump(taught)
    monkeypatch.undo()
    with pytest.raises(SnapshotError, match="version 3"):
        snapshot.load(data, SpendDetector())


def test_another_format_is_refused(taught):
    data = bytearray(snapshot.dump(taught))
    data[4] = 9
    with pytest.raises(SnapshotError, match="format 9"):
        snapshot.load(bytes(data), SpendDetector())


def test_something_else_is_refused():
    with pytest.raises(SnapshotError, match="not a detector snapshot"):
        snapshot.load(b"x" * 200, SpendDetector())


def test_every_cut_is_noticed(taught):
    data = snapshot.dump(taught)
    for length in (0, 3, 20, 21, 100, len(data) - 1):
        with pytest.raises(SnapshotError):
            snapshot.load(data[:length], SpendDetector())


@settings(max_examples=40, deadline=None)
@given(position=st.integers(0), bit=st.integers(0, 7))
def test_every_flipped_bit_is_noticed(position, bit):
    data = bytearray(snapshot.dump(SpendDetector()))
    data[position % len(data)] ^= 1 << bit
    with pytest.raises(SnapshotError):
        snapshot.load(bytes(data), SpendDetector())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda state: state.pop("anchor"),
        lambda state: state["season"].pop("level"),
        lambda state: state["season"]["factors"].pop(),
        lambda state: state["linear"].update(typical="much"),
        lambda state: state["anchor"].update(levels=[1.0] * 500),
        lambda state: state["progress"].update(hours=None),
    ],
    ids=["no section", "no number", "short list", "a word", "long list", "nothing"],
)
def test_a_state_of_another_shape_is_refused(taught, spoil):
    state = taught.state()
    spoil(state)
    with pytest.raises(DetectorError, match="rebuild from stored samples"):
        SpendDetector().restore(state)


def test_rivers_detectors_refuse_to_be_saved():
    with pytest.raises(DetectorError, match="rebuilt from stored samples"):
        snapshot.dump(registry.create("sad"))
