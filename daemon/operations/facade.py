"""The operations themselves. They run in the daemon's own process and event loop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

from daemon.alerts import Alert
from daemon.clock import from_ms, to_ms
from daemon.domain import SeriesKey
from daemon.engine import Engine
from daemon.errors import UnknownNameError
from daemon.operations.backtest import DAYS, Backtests, Progress
from daemon.operations.backtest_results import BacktestResult, Candidate, SuggestionResult
from daemon.operations.explanations import split_of
from daemon.operations.feedback import FeedbackDesk
from daemon.operations.feedback_results import Feedback, FeedbackList, FeedbackResult
from daemon.operations.naming import matching, require
from daemon.operations.results import (
    AlertDetail,
    AlertList,
    AlertSummary,
    ChannelStatus,
    DetectorChoice,
    DetectorList,
    MessageSummary,
    SeriesList,
    SeriesSummary,
    Status,
    TestResult,
    Tuning,
    TuningResult,
)
from detectors import registry

AlertState = Literal["firing", "resolved", "any"]


class Operations:
    """Everything that can be asked of a running daemon."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._feedback = FeedbackDesk(engine)
        self._backtests = Backtests(engine)

    async def status(self) -> Status:
        """Say how the daemon is doing."""
        engine = self._engine
        counts = await engine.store.outbox_counts()
        health = engine.dispatcher.health
        channels = [
            ChannelStatus(
                name=name,
                pending=states.get("pending", 0) + states.get("sending", 0),
                delivered=states.get("delivered", 0),
                dead=states.get("dead", 0),
                paused_for=health[name].paused_for if name in health else None,
            )
            for name in (*engine.dispatcher.channels, *sorted(set(counts) - set(engine.dispatcher.channels)))
            for states in (counts.get(name, {}),)
        ]
        return Status(
            state=engine.health.state,
            problem=engine.health.problem,
            platform=engine.platform_url,
            embedded=engine.settings.embedded,
            team_id=engine.store.tenant or None,
            started_at=engine.started_at,
            last_poll_at=engine.health.last_success,
            polls=engine.counters.polls,
            transactions=engine.counters.added,
            rejected=engine.counters.rejected,
            series=len(engine.states),
            open_alerts=sum(state.alert is not None for state in engine.states.values()),
            channels=channels,
        )

    async def list_series(self, pattern: str = "*", *, limit: int = 50, offset: int = 0) -> SeriesList:
        """List watched series whose name matches a pattern; those with an open alert come first."""
        keys = sorted(
            matching(pattern, self._engine.states), key=lambda key: (self._engine.states[key].alert is None, str(key))
        )
        return SeriesList(total=len(keys), series=[self._summary(key) for key in keys[offset : offset + limit]])

    async def list_alerts(self, state: AlertState = "any", *, limit: int = 20) -> AlertList:
        """List alerts, newest first."""
        alerts = await self._engine.store.alerts(only_open=state == "firing")
        chosen = [alert for alert in alerts if state != "resolved" or not alert.is_open]
        return AlertList(total=len(chosen), alerts=[_short(alert) for alert in chosen[:limit]])

    async def explain_alert(self, alert_id: str) -> AlertDetail:
        """Tell everything known about one alert.

        Raises:
            UnknownNameError: There is no such alert.
        """
        store = self._engine.store
        alert = await store.alert(alert_id)
        if alert is None:
            recent = [one.id for one in await store.alerts(limit=3)]
            raise UnknownNameError(f"there is no alert {alert_id!r}; recent ones: {', '.join(recent) or 'none yet'}")
        related = [one for one in await store.alerts() if one.incident == alert.incident and one.id != alert.id]
        messages = await store.messages(50, alert.incident)
        return AlertDetail(
            alert=_short(alert),
            window_start=alert.window_start,
            window_end=alert.window_end,
            low=alert.low,
            high=alert.high,
            score=alert.score,
            reason=alert.reason,
            detector=alert.detector,
            causes=list(alert.causes),
            explanation=split_of(alert.explanation) if alert.explanation else None,
            related=[_short(one) for one in related],
            messages=[
                MessageSummary(
                    id=row["id"],
                    channel=row["channel"],
                    state=row["state"],
                    attempts=row["attempts"],
                    delivered_at=_moment(row["delivered_at"]),
                    last_error=row["last_error"],
                )
                for row in messages
            ],
        )

    async def list_detectors(self) -> DetectorList:
        """List the kinds of detectors and what was tuned at run time."""
        overrides = await self._engine.store.overrides()
        return DetectorList(
            detectors=[DetectorChoice(name=name, summary=registry.describe(name).summary) for name in registry.names()],
            tunings=[Tuning(pattern=pattern, **body) for pattern, body in overrides.items()],
        )

    async def preview_tuning(self, tuning: Tuning) -> TuningResult:
        """Tell what `tune` would do, and do nothing.

        Raises:
            UnknownNameError: As `tune` would.
        """
        body, matched = await self._planned(tuning)
        return _tuned(Tuning(pattern=tuning.pattern, **body), matched)

    async def tune(self, tuning: Tuning, *, actor: str) -> TuningResult:
        """Change how the series that match a pattern are watched; takes effect at the next poll and survives restarts.

        Raises:
            UnknownNameError: The pattern matches nothing, or the detector does not exist.
        """
        body, matched = await self._planned(tuning)
        await self._engine.store.put_override(tuning.pattern, body, to_ms(self._engine.clock.now()), actor)
        await self._engine.reload_rules()
        return _tuned(Tuning(pattern=tuning.pattern, **body), matched)

    async def reset_tuning(self, pattern: str, *, actor: str) -> TuningResult:
        """Forget the run-time tuning of a pattern.

        Raises:
            UnknownNameError: Nothing was tuned for that pattern.
        """
        if not await self._engine.store.remove_override(pattern, to_ms(self._engine.clock.now()), actor):
            known = ", ".join(await self._engine.store.overrides()) or "none"
            raise UnknownNameError(f"nothing was tuned for {pattern!r}; tuned patterns: {known}")
        await self._engine.reload_rules()
        return _tuned(None, matching(pattern, self._engine.states))

    async def preview_feedback(self, feedback: Feedback, *, actor: str) -> FeedbackResult:
        """Tell what `give_feedback` would do, and do nothing.

        Raises:
            UnknownNameError: As `give_feedback` would.
        """
        return await self._feedback.preview(feedback, actor=actor)

    async def give_feedback(self, feedback: Feedback, *, actor: str) -> FeedbackResult:
        """Take down what somebody says an alert was; it counts from the next poll on and survives restarts.

        Raises:
            UnknownNameError: Alert, kind, series or pattern do not exist, or the times make no sense.
        """
        return await self._feedback.give(feedback, actor=actor)

    async def list_feedback(self, pattern: str = "*", *, undone: bool = False) -> FeedbackList:
        """List what was said about the series that a pattern means, newest first."""
        return await self._feedback.listing(pattern, undone=undone)

    async def undo_feedback(self, identity: str, *, actor: str) -> FeedbackResult:
        """Take back what somebody said, with all that followed from it, from the next poll on.

        Raises:
            UnknownNameError: There is no such word, or it was taken back before.
        """
        return await self._feedback.undo(identity, actor=actor)

    async def backtest(
        self,
        patterns: Sequence[str],
        candidates: Sequence[Candidate],
        *,
        days: int = DAYS,
        progress: Progress | None = None,
    ) -> BacktestResult:
        """Tell what other settings would have told of the last days, beside today's.

        Raises:
            UnknownNameError: A pattern matches nothing, or a candidate names what does not exist.
        """
        return await self._backtests.compare(patterns, candidates, days=days, progress=progress)

    async def suggest_tuning(
        self,
        patterns: Sequence[str],
        budget: float,
        *,
        detectors: Sequence[str] = (),
        days: int = DAYS,
        progress: Progress | None = None,
    ) -> SuggestionResult:
        """Find the settings under which series keep to a budget of alarms, and still tell what matters most.

        Raises:
            UnknownNameError: A pattern matches nothing, a detector does not exist, or the history is too short.
        """
        return await self._backtests.suggest(patterns, budget, detectors=detectors, days=days, progress=progress)

    async def send_test(self, channel: str | None = None) -> TestResult:
        """Queue a test message for one channel or for all.

        Raises:
            UnknownNameError: There is no such channel.
        """
        channels = self._engine.dispatcher.channels
        if channel is not None and channel not in channels:
            raise UnknownNameError(f"there is no channel {channel!r}; configured ones: {', '.join(channels)}")
        return TestResult(queued=await self._engine.dispatcher.test(channel))

    async def _planned(self, tuning: Tuning) -> tuple[dict[str, Any], list[SeriesKey]]:
        """Return what the pattern's tuning would become, and the series that it matches."""
        matched = require(tuning.pattern, self._engine.states)
        if tuning.detector is not None and tuning.detector not in registry.names():
            raise UnknownNameError(
                f"there is no detector {tuning.detector!r}; choose from {', '.join(registry.names())}"
            )
        change = tuning.model_dump(exclude_none=True, exclude={"pattern"})
        if not change:
            raise UnknownNameError("nothing to change; give enabled, detector, sensitivity or min_impact")
        return {**(await self._engine.store.overrides()).get(tuning.pattern, {}), **change}, matched

    def _summary(self, key: SeriesKey) -> SeriesSummary:
        engine = self._engine
        state, rules = engine.states[key], engine.rules.for_key(key)
        observation, verdict = engine.verdicts.get(key, (None, None))
        return SeriesSummary(
            series=str(key),
            detector=rules.detector if rules else "none",
            sensitivity=rules.sensitivity if rules else "none",
            enabled=bool(rules and rules.enabled),
            min_impact=rules.min_impact if rules else 0.0,
            value=observation.value if observation else None,
            expected=verdict.expected if verdict else None,
            low=verdict.low if verdict else None,
            high=verdict.high if verdict else None,
            score=verdict.score if verdict else None,
            reason=verdict.reason if verdict else None,
            warming_up=bool(verdict and verdict.warming_up),
            alert=state.alert.id if state.alert else None,
            feedback=self._feedback.effects_on(key),
        )


def _short(alert: Alert) -> AlertSummary:
    return AlertSummary(
        id=alert.id,
        series=str(alert.series),
        state="firing" if alert.is_open else "resolved",
        incident=alert.incident,
        opened_at=alert.opened_at,
        resolved_at=alert.resolved_at,
        observed=alert.observed,
        expected=alert.expected,
        excess=alert.excess,
        summary=alert.summary,
    )


def _tuned(tuning: Tuning | None, matched: Iterable[SeriesKey]) -> TuningResult:
    names = sorted(map(str, matched))
    return TuningResult(tuning=tuning, matched=len(names), examples=names[:5])


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else from_ms(milliseconds)
