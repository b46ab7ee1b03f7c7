"""T3: a message leaves the outbox only by being delivered or set aside, in the order of its alert."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from typing_extensions import override

from daemon.clock import from_ms, to_ms
from daemon.storage import outbox
from daemon.storage.database import migrate
from daemon.storage.sqlite import SqliteStore
from daemon.store import Claim, Outgoing
from daemon.testing import NOON
from notifiers.base import Kind, Notification, Severity

NOW = to_ms(NOON)
NOTE = Notification("a1-1-slack", "a1", 1, Kind.FIRING, Severity.WARNING, "title", "summary", NOON, NOON)

Add = Callable[..., str]


def message(alert: str = "a1", sequence: int = 1, channel: str = "slack", at: int = NOW) -> Outgoing:
    kind = Kind.FIRING if sequence == 1 else Kind.RESOLVED
    identity = f"{alert}-{sequence}-{channel}"
    note = replace(NOTE, delivery_id=identity, alert_id=alert, sequence=sequence, kind=kind, created_at=from_ms(at))
    return Outgoing(channel, note)


def claimed(connection: sqlite3.Connection, channel: str = "slack", now: int = NOW) -> str | None:
    claim = outbox.claim(connection, channel, now)
    return claim.notification.delivery_id if claim else None


@pytest.fixture
def add(connection: sqlite3.Connection) -> Add:
    def run(*args: object, **fields: object) -> str:
        made = message(*args, **fields)  # type: ignore[arg-type] # passed on as given
        outbox.add(connection, made)
        return made.notification.delivery_id

    return run


def test_a_message_is_claimed_when_due_and_only_once(connection: sqlite3.Connection, add: Add) -> None:
    identity = add()
    assert claimed(connection, now=NOW - 1) is None
    assert claimed(connection) == identity
    assert claimed(connection) is None


def test_a_message_is_claimed_by_its_own_channel_only(connection: sqlite3.Connection, add: Add) -> None:
    add(channel="email")
    assert claimed(connection, "slack") is None
    assert claimed(connection, "email") == "a1-1-email"


def test_a_message_added_twice_is_there_once_and_keeps_its_state(connection: sqlite3.Connection, add: Add) -> None:
    identity = add()
    claimed(connection)
    outbox.delivered(connection, identity, NOW, {}, "")
    add()
    assert outbox.counts(connection) == {"slack": {"delivered": 1}}


def test_resolved_waits_until_firing_is_delivered(connection: sqlite3.Connection, add: Add) -> None:
    firing, resolved = add(sequence=1, at=NOW), add(sequence=2, at=NOW - 5000)
    assert claimed(connection) == firing
    assert claimed(connection) is None, "firing is on its way"
    outbox.retry(connection, firing, NOW, NOW + 1000, "timeout")
    assert claimed(connection) is None, "firing waits for its next attempt"
    assert claimed(connection, now=NOW + 1000) == firing
    outbox.delivered(connection, firing, NOW + 1000, {}, "")
    assert claimed(connection, now=NOW + 1000) == resolved


def test_resolved_does_not_wait_for_a_firing_that_is_dead(connection: sqlite3.Connection, add: Add) -> None:
    firing, resolved = add(sequence=1), add(sequence=2)
    claimed(connection)
    outbox.dead(connection, firing, NOW, "too long")
    assert claimed(connection) == resolved


def test_one_alerts_retries_do_not_hold_up_another_alert(connection: sqlite3.Connection, add: Add) -> None:
    stuck = add("a1")
    claimed(connection)
    outbox.retry(connection, stuck, NOW, NOW + 60_000, "timeout")
    assert claimed(connection) is None
    other = add("a2")
    assert claimed(connection) == other


def test_the_oldest_due_message_comes_first(connection: sqlite3.Connection, add: Add) -> None:
    later, earlier = add("a1", at=NOW), add("a2", at=NOW - 1000)
    assert [claimed(connection), claimed(connection)] == [earlier, later]


def test_a_later_message_refers_to_the_alerts_first_one_in_the_channel(
    connection: sqlite3.Connection, add: Add
) -> None:
    for sequence in (1, 2, 3):
        add(sequence=sequence)
    references: list[Claim] = []
    for sequence in (1, 2, 3):
        claim = outbox.claim(connection, "slack", NOW)
        assert claim
        references.append(claim)
        outbox.delivered(connection, claim.notification.delivery_id, NOW, {"ts": f"{sequence}.0"}, "")
    assert [claim.reference for claim in references] == [None, {"ts": "1.0"}, {"ts": "1.0"}]


def test_attempts_are_counted_over_retries(connection: sqlite3.Connection, add: Add) -> None:
    identity = add()
    attempts = []
    for _ in range(3):
        claim = outbox.claim(connection, "slack", NOW)
        assert claim
        attempts.append(claim.attempts)
        outbox.retry(connection, identity, NOW, NOW, "timeout")
    assert attempts == [1, 2, 3]


def test_next_due_is_the_earliest_that_waits(connection: sqlite3.Connection, add: Add) -> None:
    assert outbox.next_due(connection, "slack") is None
    add("a1", at=NOW + 5000)
    add("a2", at=NOW + 2000)
    assert outbox.next_due(connection, "slack") == NOW + 2000
    assert outbox.next_due(connection, "email") is None


def test_every_outcome_is_logged_and_the_last_error_shown_until_delivery(
    connection: sqlite3.Connection, add: Add
) -> None:
    identity = add()
    claimed(connection)
    outbox.retry(connection, identity, NOW, NOW, "timeout: no answer")
    assert outbox.listing(connection, 10)[0]["last_error"] == "timeout: no answer"
    claimed(connection)
    outbox.delivered(connection, identity, NOW + 1, {"ts": "1.0"}, "posted")
    shown = outbox.listing(connection, 10)[0]
    assert (shown["state"], shown["delivered_at"], shown["last_error"]) == ("delivered", NOW + 1, None)
    log = connection.execute("SELECT delivery_id, outcome, detail FROM delivery_log ORDER BY id").fetchall()
    assert log == [(identity, "retry", "timeout: no answer"), (identity, "delivered", "posted")]


def test_messages_are_listed_newest_first_without_their_text(connection: sqlite3.Connection, add: Add) -> None:
    for days, alert in ((1, "a1"), (3, "a3"), (2, "a2")):
        add(alert, at=to_ms(NOON + timedelta(days=days)))
    listing = outbox.listing(connection, 2)
    assert [row["alert_id"] for row in listing] == ["a3", "a2"]
    assert "payload" not in listing[0]
    assert [row["id"] for row in outbox.listing(connection, 2, "a1")] == ["a1-1-slack"]


async def test_what_was_in_flight_when_the_process_died_is_sent_again(store: SqliteStore) -> None:
    await store.enqueue([message(), message("a2")])
    await store.claim("slack", NOW)
    assert await store.outbox_counts() == {"slack": {"sending": 1, "pending": 1}}
    await store.close()
    again = SqliteStore(store._database._path)
    await again.open()
    assert await again.outbox_counts() == {"slack": {"pending": 2}}
    claim = await again.claim("slack", NOW)
    assert claim
    assert claim.attempts == 2, "the attempt that may have reached the channel counts"
    await again.close()


# -- nothing ever vanishes, whatever happens in whatever order


@dataclass
class Model:
    """What a row should be."""

    alert: str
    channel: str
    sequence: int
    due: int
    state: str = "pending"
    attempts: int = 0


CHANNELS = ("slack", "email")
SPANS = st.integers(0, 3000)


class OutboxLife(RuleBasedStateMachine):
    """Adds, claims and ends messages of three alerts in two channels, and crashes in between."""

    @initialize()
    def start(self) -> None:
        self._stack = ExitStack()
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self._stack.callback(self.connection.close)
        migrate(self.connection)
        self.now = NOW
        self.rows: dict[str, Model] = {}

    @override
    def teardown(self) -> None:
        self._stack.close()

    def in_flight(self) -> list[str]:
        return [identity for identity, row in self.rows.items() if row.state == "sending"]

    def claimable(self, channel: str) -> set[str]:
        """Work out which rows may be claimed, without SQL."""
        heads: dict[str, tuple[int, str]] = {}
        for identity, row in self.rows.items():
            if row.channel == channel and row.state in {"pending", "sending"}:
                heads[row.alert] = min(heads.get(row.alert, (row.sequence, identity)), (row.sequence, identity))
        chosen = {identity for _, identity in heads.values()}
        return {one for one in chosen if self.rows[one].state == "pending" and self.rows[one].due <= self.now}

    @rule(alert=st.sampled_from("abc"), channel=st.sampled_from(CHANNELS), delay=SPANS)
    def add(self, alert: str, channel: str, delay: int) -> None:
        sequence = 1 + sum(row.alert == alert and row.channel == channel for row in self.rows.values())
        made = message(alert, sequence, channel, self.now + delay)
        outbox.add(self.connection, made)
        self.rows[made.notification.delivery_id] = Model(alert, channel, sequence, self.now + delay)

    @precondition(lambda self: self.rows)
    @rule(data=st.data())
    def add_again(self, data: st.DataObject) -> None:
        row = self.rows[data.draw(st.sampled_from(sorted(self.rows)))]
        outbox.add(self.connection, message(row.alert, row.sequence, row.channel, self.now))

    @rule(by=SPANS)
    def wait(self, by: int) -> None:
        self.now += by

    @rule(channel=st.sampled_from(CHANNELS))
    def claim(self, channel: str) -> None:
        allowed = self.claimable(channel)
        claim = outbox.claim(self.connection, channel, self.now)
        if claim is None:
            assert not allowed
            return
        identity = claim.notification.delivery_id
        assert identity in allowed
        row = self.rows[identity]
        row.state, row.attempts = "sending", row.attempts + 1
        assert claim.attempts == row.attempts

    @precondition(lambda self: self.in_flight())
    @rule(data=st.data(), outcome=st.sampled_from(["delivered", "retry", "dead"]), delay=SPANS)
    def end(self, data: st.DataObject, outcome: str, delay: int) -> None:
        identity = data.draw(st.sampled_from(self.in_flight()))
        row = self.rows[identity]
        match outcome:
            case "delivered":
                outbox.delivered(self.connection, identity, self.now, {"ts": identity}, "")
                row.state = "delivered"
            case "retry":
                outbox.retry(self.connection, identity, self.now, self.now + delay, "timeout")
                row.state, row.due = "pending", self.now + delay
            case _:
                outbox.dead(self.connection, identity, self.now, "refused")
                row.state = "dead"

    @rule()
    def crash(self) -> None:
        lost = self.in_flight()
        assert outbox.recover(self.connection) == len(lost)
        for identity in lost:
            self.rows[identity].state = "pending"

    @invariant()
    def every_message_is_there_in_the_state_it_was_brought_to(self) -> None:
        query = "SELECT id, state, attempts, next_attempt FROM outbox"
        found = {row[0]: row[1:] for row in self.connection.execute(query)}
        assert found == {identity: (row.state, row.attempts, row.due) for identity, row in self.rows.items()}


TestOutboxLife = OutboxLife.TestCase
TestOutboxLife.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
