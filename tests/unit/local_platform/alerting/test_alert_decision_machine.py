"""Whatever is read in whatever order, alerts open and end as the rule says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from local_platform.alerting.decide import IDLE, Judgement, Reading, Standing, Transition, decide
from local_platform.alerting.metrics import Sums
from local_platform.alerting.rule import Rule
from local_platform.alerting.vocabulary import AlertType, Dimension, Duration, Metric, Operator
from local_platform.alerting.windows import width, window_of

GROUPS = ("a", "b")
ABSOLUTE = (Operator.GREATER_THAN, Operator.GREATER_THAN_OR_EQUAL_TO, Operator.LESS_THAN)
PERSISTS = (None, Duration.FIVE_MINUTES, Duration.ONE_HOUR)


class Alerting(RuleBasedStateMachine):
    @initialize(
        kind=st.sampled_from([AlertType.THRESHOLD, AlertType.CUMULATIVE_USAGE]),
        metric=st.sampled_from([Metric.REQUEST_COUNT, Metric.ERROR_RATE]),
        operator=st.sampled_from(ABSOLUTE),
        persists=st.sampled_from(PERSISTS),
    )
    def begin(self, kind: AlertType, metric: Metric, operator: Operator, persists: Duration | None) -> None:
        self.rule = Rule(
            "r", kind, metric, operator, Decimal(5), Duration.ONE_HOUR, group_by=Dimension.MODEL, persists=persists
        )
        self.now = datetime(2026, 5, 14, tzinfo=UTC)
        self.standings: dict[str, Standing] = {}
        self.open: dict[str, datetime] = {}
        self.fired: set[tuple[str, datetime]] = set()
        self.breached_since: dict[str, datetime] = {}

    @rule(
        minutes=st.integers(0, 90),
        calls=st.dictionaries(st.sampled_from(GROUPS), st.tuples(st.integers(0, 10), st.integers(0, 10))),
    )
    def evaluate(self, minutes: int, calls: dict[str, tuple[int, int]]) -> None:
        self.now += timedelta(minutes=minutes)
        readings = {
            group: Reading(Sums(calls=max(count, errors), errors=errors)) for group, (count, errors) in calls.items()
        }
        judgements = decide(self.rule, self.standings, readings, window_of(self.rule, self.now))
        for judgement in judgements:
            self._note_breach(judgement)
            self._follow(judgement)
        self.standings = {judgement.group: judgement.standing for judgement in judgements if judgement.standing != IDLE}
        assert set(self.open) == {group for group, standing in self.standings.items() if standing.firing}
        if self.rule.is_budget:
            assert set(self.open.values()) <= {window_of(self.rule, self.now).start}

    def _note_breach(self, judgement: Judgement) -> None:
        if judgement.value is not None and self._breaches(judgement.value):
            self.breached_since.setdefault(judgement.group, self.now)
        else:
            self.breached_since.pop(judgement.group, None)

    def _follow(self, judgement: Judgement) -> None:
        match judgement.transition:
            case Transition.FIRED:
                self._fire(judgement)
            case Transition.RESOLVED:
                assert judgement.group in self.open
                del self.open[judgement.group]
            case None:
                pass

    def _fire(self, judgement: Judgement) -> None:
        assert judgement.group not in self.open
        assert judgement.value is not None
        assert self._breaches(judgement.value)
        if self.rule.persists is not None:
            assert self.now - self.breached_since[judgement.group] >= width(self.rule.persists)
        if self.rule.is_budget:
            period = (judgement.group, window_of(self.rule, self.now).start)
            assert period not in self.fired
            self.fired.add(period)
        self.open[judgement.group] = window_of(self.rule, self.now).start

    def _breaches(self, value: Decimal) -> bool:
        outcomes = {
            Operator.GREATER_THAN: value > 5,
            Operator.GREATER_THAN_OR_EQUAL_TO: value >= 5,
            Operator.LESS_THAN: value < 5,
        }
        return outcomes[self.rule.operator]


Alerting.TestCase.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
TestWhateverIsRead = Alerting.TestCase
