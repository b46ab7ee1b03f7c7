"""Saying what an alert was, looking at what was said, and taking it back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b

from daemon.alerts import Alert, newest_of
from daemon.clock import from_ms, to_ms
from daemon.domain import SeriesKey
from daemon.engine import Engine
from daemon.errors import UnknownNameError
from daemon.operations.feedback_results import Feedback, FeedbackList, FeedbackResult, LessonSummary
from daemon.operations.naming import matching, nearest, require
from daemon.spoken import ALONG, Spoken, lessons_for, matches
from detectors.decision.episodes import Reason
from detectors.feedback import Kind, Lesson, Side, effects, evidence_of
from detectors.feedback.lesson import NOISE_LASTS

WINDOW = timedelta(hours=1)
"""An alert opens at the end of the first odd window, which is so long."""

OUTRANKED = "nothing now: a newer or more exact word about the same hours counts instead"


class FeedbackDesk:
    """Takes down what people say; it counts from the next poll on and survives restarts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def preview(self, feedback: Feedback, *, actor: str) -> FeedbackResult:
        """Tell what `give` would do, and do nothing.

        Raises:
            UnknownNameError: As `give` would.
        """
        spoken = await self._planned(feedback, actor)
        return self._result(spoken[0], [*await self._engine.store.lessons(), *spoken])

    async def give(self, feedback: Feedback, *, actor: str) -> FeedbackResult:
        """Take down what somebody says about an alert.

        Raises:
            UnknownNameError: Alert, kind, series or pattern do not exist, or the times make no sense.
        """
        spoken = await self._planned(feedback, actor)
        await self._engine.store.add_lessons(spoken)
        await self._engine.reload_rules()
        return self._result(spoken[0], self._engine.rules.spoken)

    async def listing(self, pattern: str = "*", *, undone: bool = False) -> FeedbackList:
        """List what was said about the series that a pattern means, newest first."""
        everything = await self._engine.store.lessons(undone=undone)
        known = set(matching(pattern, self._engine.states))
        meant = {one.said for one in everything if one.pattern == pattern or _is_about(one, pattern, known)}
        chosen = [one for one in everything if one.lesson.id in meant]
        return FeedbackList(total=len(chosen), lessons=[self._summary(one, everything) for one in reversed(chosen)])

    async def undo(self, identity: str, *, actor: str) -> FeedbackResult:
        """Take back what somebody said, with all that followed from it.

        Raises:
            UnknownNameError: There is no such word, or it was taken back before.
        """
        now = to_ms(self._engine.clock.now())
        everything = await self._engine.store.lessons()
        standing = {one.said: one for one in reversed(everything)}
        if not await self._engine.store.undo_lesson(identity, now, actor):
            raise UnknownNameError(
                f"there is no feedback {identity!r} to take back; there is: {nearest(identity, standing)}"
            )
        await self._engine.reload_rules()
        undone = [
            replace(one, undone_at=from_ms(now), undone_by=actor) if one.said == identity else one for one in everything
        ]
        return self._result(next(one for one in undone if one.lesson.id == identity), undone)

    def effects_on(self, key: SeriesKey) -> list[str]:
        """Return what people's words change about a series, in plain words."""
        return [effect for _, effect in self._effects(key, self._engine.rules.spoken)]

    async def _planned(self, feedback: Feedback, actor: str) -> list[Spoken]:
        """Return what is said: of the alert or the series that is meant, and then of those that are meant along."""
        kind, now = _kind(feedback.kind), from_ms(to_ms(self._engine.clock.now()))
        until = _until(feedback, kind, now)
        if feedback.alert_id is None:
            key = self._series(feedback)
            lesson = Lesson("", kind, Side(feedback.side), *_hours(feedback, kind), 0.0, now, actor)
            meant = [Spoken(lesson, self._pattern(feedback.scope, key), key)]
        else:
            lead = await self._alert(feedback.alert_id)
            alerts = [lead, *(await self._spoken_for(lead) if feedback.scope is None else ())]
            meant = [await self._of_alert(kind, one, now, actor) for one in alerts]
            meant[0] = replace(meant[0], pattern=self._pattern(feedback.scope, lead.series))
        lessons = [replace(_limited(one.lesson, until), note=feedback.note) for one in meant]
        identity = _identity(lessons[0], meant[0].pattern)
        ids = [identity, *(f"{identity}{ALONG}{number}" for number in range(1, len(meant)))]
        return [
            replace(one, lesson=replace(lesson, id=each)) for one, lesson, each in zip(meant, lessons, ids, strict=True)
        ]

    async def _of_alert(self, kind: Kind, alert: Alert, now: datetime, actor: str) -> Spoken:
        start, end = alert.opened_at - WINDOW, await self._end(alert)
        lesson = Lesson("", kind, _side(alert), start, end, evidence_of(alert.score), now, actor)
        return Spoken(lesson, str(alert.series), alert.series, alert.id)

    async def _spoken_for(self, lead: Alert) -> list[Alert]:
        """Return the newest alert of each watched series for which the message about a lead speaks.

        Those that an earlier alert of the same series led, and that go on, have not had another message since.
        """
        everything = await self._engine.store.alerts()
        earlier = {one.id for one in everything if one.series == lead.series and lead.incident == lead.id}
        known = [one for one in everything if one.incident == lead.id or (one.is_open and one.incident in earlier)]
        alike = [one for one in known if _side(one) is _side(lead) and one.series in self._engine.states]
        newest = newest_of(one for one in alike if one.series != lead.series)
        return sorted(newest.values(), key=lambda one: str(one.series))

    async def _alert(self, identity: str) -> Alert:
        alert = await self._engine.store.alert(identity)
        if alert is None:
            recent = [one.id for one in await self._engine.store.alerts(limit=50)]
            raise UnknownNameError(f"there is no alert {identity!r}; there is: {nearest(identity, recent)}")
        return alert

    async def _end(self, alert: Alert) -> datetime | None:
        """Return when an episode ended; that of an alert which people ended may go on unheard."""
        if alert.ended_by is not Reason.FEEDBACK:
            return alert.resolved_at
        earlier = [one for one in await self._engine.store.lessons(undone=True) if one.alert_id == alert.id]
        return next((one.lesson.end for one in earlier if one.lesson.end is not None), None)

    def _series(self, feedback: Feedback) -> SeriesKey:
        if feedback.series is None or feedback.start is None:
            raise UnknownNameError("say what is meant: give alert_id, or series and start (and end, if it is over)")
        (key, *_) = require(feedback.series, self._engine.states)
        if str(key) != feedback.series:
            raise UnknownNameError(f"{feedback.series!r} is a pattern; name one series, and put the pattern into scope")
        return key

    def _pattern(self, scope: str | None, key: SeriesKey) -> str:
        pattern = f"*/{key.entity}" if scope == "entity" else scope or str(key)
        if scope is not None:
            require(pattern, self._engine.states)
        if not matches(pattern, str(key)):
            raise UnknownNameError(f"the scope {pattern!r} leaves out {key}, which is what you speak of; widen it")
        return pattern

    def _result(self, spoken: Spoken, everything: Sequence[Spoken]) -> FeedbackResult:
        matched = {*matching(spoken.pattern, self._engine.states), *_along(spoken, everything)}
        named = sorted(matched, key=lambda key: (key != spoken.series, str(key)))
        return FeedbackResult(
            lesson=self._summary(spoken, everything),
            matched=len(named),
            examples=[str(key) for key in named[:5]],
            ends=[] if spoken.undone_at is not None else list(self._ended(named, everything)),
        )

    def _ended(self, keys: Iterable[SeriesKey], everything: Sequence[Spoken]) -> Iterable[str]:
        now = self._engine.clock.now()
        for key in keys:
            state = self._engine.states.get(key)
            alert = state.alert if state is not None else None
            if alert is not None:
                word = lessons_for(key, everything, now).word_on(alert.opened_at, _side(alert), alert.score)
                if word is not None and word.ends:
                    yield alert.id

    def _effects(self, key: SeriesKey, everything: Sequence[Spoken]) -> list[tuple[str, str]]:
        lessons = lessons_for(key, everything, self._engine.clock.now())
        if not lessons.given:
            return []
        settles = self._engine.states[key].detector.settles
        return [(one.lesson, one.text) for one in effects(lessons, self._engine.settings.zone, settles=settles)]

    def _summary(self, spoken: Spoken, everything: Sequence[Spoken]) -> LessonSummary:
        lesson = spoken.lesson
        return LessonSummary(
            id=lesson.id,
            kind=lesson.kind.value,
            pattern=spoken.pattern,
            along=[str(key) for key in _along(spoken, everything)],
            alert_id=spoken.alert_id,
            side=lesson.side.value,
            start=lesson.start,
            end=lesson.end,
            until=lesson.over,
            given_at=lesson.given_at,
            given_by=lesson.given_by,
            note=lesson.note,
            effects=self._effects_of(spoken, everything),
            undone_at=spoken.undone_at,
            undone_by=spoken.undone_by,
        )

    def _effects_of(self, spoken: Spoken, everything: Sequence[Spoken]) -> list[str]:
        """Return what one word changes, seen at the series that was spoken of."""
        key = spoken.series
        if spoken.undone_at is not None or key is None or key not in self._engine.states:
            return []
        found = [text for identity, text in self._effects(key, everything) if identity == spoken.lesson.id]
        return found or [OUTRANKED]


def _along(spoken: Spoken, everything: Iterable[Spoken]) -> list[SeriesKey]:
    """Return the series that were meant along with the one that was spoken of."""
    return [one.series for one in everything if one.series and one.said == spoken.lesson.id != one.lesson.id]


def _side(alert: Alert) -> Side:
    return Side.ABOVE if alert.excess > 0 else Side.BELOW


def _limited(lesson: Lesson, until: datetime | None) -> Lesson:
    """Return a lesson that holds until a moment; what is expected once ends then."""
    if until is None:
        return lesson
    return replace(lesson, end=until) if lesson.kind is Kind.EXPECTED_ONCE else replace(lesson, until=until)


def _is_about(spoken: Spoken, pattern: str, keys: Iterable[SeriesKey]) -> bool:
    if spoken.series is not None and matches(pattern, str(spoken.series)):
        return True
    return any(spoken.concerns(key) for key in keys)


def _kind(given: str) -> Kind:
    if given not in set(Kind):
        raise UnknownNameError(
            f"there is no kind {given!r}; did you mean {nearest(given, Kind, 1)}? All: {', '.join(Kind)}"
        )
    return Kind(given)


def _until(feedback: Feedback, kind: Kind, now: datetime) -> datetime | None:
    until = feedback.until
    if until is None:
        return None
    if kind is Kind.REAL:
        raise UnknownNameError("until says nothing about a real anomaly; leave it out")
    if until <= now:
        raise UnknownNameError(f"until {until} is over already; give a moment that is ahead")
    if kind is Kind.NOISE and until > now + NOISE_LASTS:
        raise UnknownNameError(f"noise holds for {NOISE_LASTS.days} days at most; say it again then, if it still is")
    return from_ms(to_ms(until))


def _hours(feedback: Feedback, kind: Kind) -> tuple[datetime, datetime | None]:
    """Return from when to when something was that nobody was alerted of."""
    if kind is Kind.NOISE:
        raise UnknownNameError("noise is said of an alert, whose evidence the next one has to exceed; give alert_id")
    start, end = feedback.start, feedback.end
    if end is None and kind is Kind.EXPECTED_ONCE:
        end = feedback.until
    if start is None or (end is None and kind is not Kind.EXPECTED):
        raise UnknownNameError(f"without an alert, {kind} needs start and end")
    if end is not None and end <= start:
        raise UnknownNameError(f"it cannot end at {end}, before it began at {start}")
    return from_ms(to_ms(start)), from_ms(to_ms(end)) if end is not None else None


def _identity(lesson: Lesson, pattern: str) -> str:
    text = f"{pattern}\0{lesson.kind}\0{lesson.side}\0{lesson.start}\0{lesson.given_at}\0{lesson.given_by}"
    return blake2b(text.encode(), digest_size=6).hexdigest()
