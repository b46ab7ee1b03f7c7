"""A job under any sequence of reports, amendments and changes, against a model of what it must hold."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from local_platform.http.errors import ApiError
from local_platform.jobs import outcomes, store
from local_platform.session import Session
from local_platform.storage import schema

statuses = st.sampled_from(["SUCCESS", "FAILED", "CANCELLED"])
values = st.decimals(-1000, 1000, places=2)


class JobMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        schema.migrate(self.connection)
        now = datetime(2026, 3, 10, 12, tzinfo=UTC)
        self.session = Session(self.connection, tenant=1, team=1, user=1, now=now)
        store.insert(self.session, "j", {})
        self.version = 0
        self.reports: list[dict[str, Any]] = []

    def teardown(self) -> None:
        self.connection.close()

    @property
    def job(self) -> store.Job:
        return store.find(self.session, "j")

    @rule(name=st.text(max_size=5))
    def describe(self, name: str) -> None:
        store.describe(self.session, self.job, {"name": name})
        self.version += 1

    @rule(status=statuses, value=values)
    def report(self, status: str, value: Decimal) -> None:
        fields = {"executionStatus": status, "outcomeValue": value}
        if self.reports:
            with pytest.raises(ApiError, match="reported already"):
                outcomes.report(self.session, self.job, fields)
            return
        outcomes.report(self.session, self.job, fields)
        self.version += 1
        self.reports.append(fields)

    @rule(value=values, behind=st.integers(0, 2))
    def amend(self, value: Decimal, behind: int) -> None:
        fields = {"outcomeValue": value, "expectedEntityVersion": self.version - behind}
        if not self.reports or behind:
            with pytest.raises(ApiError, match=r"has no outcome|current version is"):
                outcomes.amend(self.session, self.job, fields)
            return
        outcomes.amend(self.session, self.job, fields)
        self.version += 1
        self.reports.append({**self.reports[-1], "outcomeValue": value})

    @invariant()
    def the_job_shows_the_last_report_and_its_history_all(self) -> None:
        shown = self.job.rendered()
        assert shown["entityVersion"] == self.version
        assert shown["hasOutcome"] is bool(self.reports)
        history = outcomes.history(self.session, self.job)
        assert [one["sequence"] for one in history] == list(range(len(self.reports)))
        for stored, model in zip(history, self.reports, strict=True):
            assert {name: stored[name] for name in model} == model
        if self.reports:
            assert {name: shown[name] for name in self.reports[-1]} == self.reports[-1]


JobMachine.TestCase.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
TestJobMachine = JobMachine.TestCase
