"""From what is kept of a series back to a living detector; a snapshot that does not fit is taught again."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

from daemon.alerts import Alert
from daemon.clock import from_ms
from daemon.pipeline.step import SeriesState
from daemon.rules import SeriesRules
from daemon.store import StoredSeries
from detectors.feedback import Lessons
from detectors.snapshot import SnapshotError, load

log = logging.getLogger(__name__)

MOST_HISTORY = timedelta(days=90)
"""How much of a series' past a detector is taught when it starts or is rebuilt."""


def restored(stored: StoredSeries, rules: SeriesRules, newest: Alert | None) -> SeriesState:
    """Return the state of a stored series, whose newest alert may be open or over."""
    alert, last = (newest, None) if newest is not None and newest.is_open else (None, newest)
    learned, judged = from_ms(stored.learned_until), from_ms(stored.judged_until)
    state = SeriesState(rules.build(), learned, judged, alert, last, stored.pending, stored.lessons)
    if stored.snapshot is None:
        return rebuilt(state, rules)
    try:
        return replace(state, detector=load(stored.snapshot, state.detector))
    except SnapshotError as error:
        log.info("%s: teaching the detector again from stored windows: %s", stored.key, error)
        return rebuilt(state, rules)


def rebuilt(state: SeriesState, rules: SeriesRules) -> SeriesState:
    """Return a state that learns its history again and alerts on none of it."""
    return replace(state, detector=rules.build(), learned_until=state.judged_until - MOST_HISTORY)


def retaught(state: SeriesState, rules: SeriesRules, lessons: Lessons) -> SeriesState:
    """Return the state under what people say now; what was learnt is kept where they did not change that."""
    if state.lessons == lessons.taught:
        return state
    return replace(rebuilt(state, rules), lessons=lessons.taught)


def retuned(state: SeriesState, rules: SeriesRules) -> SeriesState:
    """Return the state under other rules; what was learnt is kept where the detector stays the same."""
    fresh = rules.build()
    if type(fresh) is not type(state.detector):
        return rebuilt(state, rules)
    if not fresh.snapshotable:
        same = repr(fresh) == repr(state.detector)
        return state if same else rebuilt(state, rules)
    fresh.restore(state.detector.state())
    return replace(state, detector=fresh)
