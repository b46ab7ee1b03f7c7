"""One evaluation of a rule: read what its calls add up to, decide, and record what follows."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from local_platform.alerting import fired, quality, readings, standings
from local_platform.alerting.decide import IDLE, UNGROUPED, Judgement, Reading, Standing, Transition, decide
from local_platform.alerting.kinds import RULE
from local_platform.alerting.metrics import NOTHING
from local_platform.alerting.readings import Scope
from local_platform.alerting.rule import Rule, rule_of
from local_platform.alerting.usage import Usage, figure
from local_platform.alerting.vocabulary import AlertType, Metric
from local_platform.alerting.windows import Window, before, window_of
from local_platform.logs import store
from local_platform.resources import documents
from local_platform.resources.kind import Document
from local_platform.resources.rendering import Renderer
from local_platform.session import Session
from local_platform.wire import from_ms


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What an evaluation of a rule has found.

    Attributes:
        document: The rule as it is stored.
        rule: The same, read.
        window: What it looked at.
        known: What was remembered before.
        judgements: What was found.
    """

    document: Document
    rule: Rule
    window: Window
    known: dict[str, Standing]
    judgements: Sequence[Judgement]

    @property
    def standings(self) -> dict[str, Standing]:
        """What is to be remembered; of two judgements of a group the later one counts."""
        return {judgement.group: judgement.standing for judgement in self.judgements}

    @property
    def changes(self) -> bool:
        """Whether there is anything to record."""
        moves = any(judgement.transition for judgement in self.judgements)
        return moves or any(self.known.get(group, IDLE) != now for group, now in self.standings.items())


def scope_of(rule: Rule, team: int) -> Scope:
    """Return which calls a rule looks at."""
    return Scope(team, rule.filters, rule.group_by)


def budget_usage(connection: sqlite3.Connection, document: Document, rule: Rule, now: datetime) -> Usage:
    """Return what is used of a budget in its present period."""
    window = window_of(rule, now, standings.reset_of(connection, document.number))
    return readings.usage(connection, scope_of(rule, document.team), window)


def evaluate(connection: sqlite3.Connection, document: Document, now: datetime) -> Evaluation:
    """Judge a rule; nothing is written."""
    rule = rule_of(document.fields)
    window = window_of(rule, now, standings.reset_of(connection, document.number))
    known = standings.of_rule(connection, document.number)
    judgements = decide(rule, known, read(connection, rule, document.team, window), window)
    return Evaluation(document, rule, window, known, judgements)


def read(connection: sqlite3.Connection, rule: Rule, team: int, window: Window) -> dict[str, Reading]:
    """Read what a rule's decision needs, by group."""
    if rule.metric is Metric.QUALITY_RATE:
        (job_type,) = rule.filters[0].values
        return {UNGROUPED: Reading(quality.reported(connection, team, job_type, window))}
    scope = scope_of(rule, team)
    current = readings.by_group(connection, scope, window)
    previous = {}
    if rule.alert_type is AlertType.RELATIVE_CHANGE:
        previous = readings.by_group(connection, scope, before(window))
    return {
        group: Reading(current.get(group, NOTHING), previous.get(group, NOTHING)) for group in {*current, *previous}
    }


def record(connection: sqlite3.Connection, found: Evaluation) -> None:
    """Store what an evaluation has found, unless the rule was changed or deleted meanwhile."""
    session = _session(connection, found)
    present = documents.find(session, RULE.name, found.document.number)
    if present is None or present.fields != found.document.fields:
        return
    for judgement in found.judgements:
        if judgement.transition is Transition.RESOLVED:
            fired.resolve(connection, found.document.number, judgement.group, session.now)
        elif judgement.transition is Transition.FIRED:
            fired.fire(connection, _firing(session, found, judgement), session.now)
        if judgement.transition is not None:
            store.note(session, f"ALERT_{judgement.transition.name}", _told(found, judgement))
    standings.remember(connection, found.document.number, found.standings)


def _told(found: Evaluation, judgement: Judgement) -> str:
    group = f" for {judgement.group}" if judgement.group else ""
    value = "" if judgement.value is None else f": {found.rule.metric} is {figure(judgement.value)}"
    return f"{found.rule.name} ({found.document.id}){group}{value} ({judgement.reason})"


def _session(connection: sqlite3.Connection, found: Evaluation) -> Session:
    return Session(connection, found.document.tenant, found.document.team, user=0, now=found.window.last)


def _firing(session: Session, found: Evaluation, judgement: Judgement) -> fired.Firing:
    document = found.document
    snapshot = Renderer(session, "").resource(RULE, document)
    # Whether it fires is asked of the rule itself: in the history it would soon be untrue.
    shown = {name: value for name, value in snapshot.items() if name not in ("firing", "firingState")}
    if judgement.value is None:
        raise ValueError(f"rule {document.id} fired without a value")
    return fired.Firing(
        team=document.team,
        rule=document.number,
        group=judgement.group,
        metric=found.rule.metric,
        value=judgement.value,
        early=found.window.start < from_ms(document.created_ms),
        snapshot=shown | {"_links": {}},
    )
