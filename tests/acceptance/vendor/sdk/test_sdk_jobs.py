"""The vendor's SDK reports what a job came to, amends it under a lock, and reads the history back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

pytestmark = pytest.mark.acceptance

Run = Callable[..., Awaitable[Any]]

IMPORTS = """
import json, os
from dataclasses import asdict
from revenium_middleware import *
from revenium_middleware import AgenticOutcomeClient, AgenticOutcomeSettings, get_client
job = "loan-7"
settings = AgenticOutcomeSettings(api_key=os.environ["REVENIUM_METERING_API_KEY"], outcome_retry_attempts=1)
with AgenticOutcomeClient(settings) as control:
    created = control.create_job(job, name="Loan 7", type="loan_processing")
"""


async def test_a_job_and_its_outcome_are_kept_with_their_history(run: Run) -> None:
    answer = await run(IMPORTS + AMENDED)
    assert (answer["type"], answer["first"], answer["last"]) == ("loan_processing", "SUCCESS", 650.0)
    assert [(row["outcome_type"], row["outcome_value"]) for row in answer["history"]] == [
        *(("CONVERTED", 500.0), ("CONVERTED", 650.0)),
    ]
    assert answer["history"][1]["reason"] == "fee forgotten"


AMENDED = """
scope = JobContext(job, retry_attempts=1)
scope.report_outcome("SUCCESS", outcome_type="CONVERTED", outcome_value=500.0, outcome_currency="USD")
first = get_job(job)["executionStatus"]
scope.amend_outcome("fee forgotten", outcome_value=650.0)
history = [{"outcome_type": row.outcome_type, "outcome_value": row.outcome_value, "reason": row.reason}
           for row in get_outcome_history(job)]
last = get_job(job)["outcomeValue"]
print(json.dumps({"type": created["type"], "first": first, "last": last, "history": history}))
"""


async def test_a_second_report_is_already_reported(run: Run) -> None:
    assert await run(IMPORTS + TWICE) == {"error": "OutcomeAlreadyReportedError"}


TWICE = """
JobContext(job, retry_attempts=1).report_outcome("SUCCESS", outcome_type="CONVERTED")
try:
    JobContext(job, retry_attempts=1).report_outcome("FAILED")
except OutcomeReportingError as error:
    print(json.dumps({"error": type(error).__name__}))
"""


async def test_an_amendment_of_a_stale_version_is_a_conflict_that_names_the_current_one(run: Run) -> None:
    answer = await run(IMPORTS + STALE)
    assert answer["error"] == "OutcomeAmendConflictError"
    assert answer["held"] == answer["current"]


STALE = """
scope = JobContext(job, retry_attempts=1)
scope.report_outcome("SUCCESS", outcome_type="CONVERTED", outcome_value=1.0)
stale = scope.entity_version
scope.amend_outcome("first", outcome_value=2.0)
try:
    scope.amend_outcome("second", outcome_value=3.0, expected_entity_version=stale)
except OutcomeAmendConflictError as error:
    print(json.dumps({"error": type(error).__name__, "held": error.current_entity_version,
                      "current": get_job(job)["entityVersion"]}))
"""


async def test_a_job_without_an_outcome_has_nothing_to_amend(run: Run) -> None:
    assert await run(IMPORTS + NOTHING) == {"error": "OutcomeNotReportedError"}


NOTHING = """
try:
    JobContext(job, retry_attempts=1).amend_outcome("early", outcome_value=1.0)
except OutcomeNotReportedError as error:
    print(json.dumps({"error": type(error).__name__}))
"""


async def test_a_crash_inside_a_job_is_reported_as_its_failure(run: Run) -> None:
    answer = await run(IMPORTS + CRASHED)
    assert answer == {"raised": "division by zero", "status": "FAILED"}


CRASHED = """
try:
    with JobContext(job, retry_attempts=1):
        1 / 0
except ZeroDivisionError as error:
    print(json.dumps({"raised": str(error), "status": get_job(job)["executionStatus"]}))
"""


async def test_what_was_metered_inside_a_job_belongs_to_it(run: Run) -> None:
    answer = await run(IMPORTS + METERED)
    assert (answer["count"], answer["model"]) == (1, "gpt-4o")
    assert answer["cost"] == pytest.approx(0.25)
    assert answer["types"] == ["loan_processing"]


METERED = """
now = "2026-11-20T10:48:46Z"
get_client().ai.create_completion(
    transaction_id="in-job", model="gpt-4o", provider="OPENAI", cost_type="AI", input_token_count=10,
    output_token_count=5, total_token_count=15, is_streamed=False, stop_reason="END", request_duration=10,
    request_time=now, completion_start_time=now, response_time=now, total_cost=0.25,
    extra_body={"agenticJobId": job, "agenticJobType": "loan_processing"})
JobContext(job, retry_attempts=1).report_outcome("SUCCESS", outcome_type="CONVERTED", outcome_value=5.0)
metered = get_job_transactions(job)
types = [each["type"] if isinstance(each, dict) else each for each in get_job_types()]
print(json.dumps({"count": metered["totalCount"], "model": metered["transactions"][0]["model"],
                  "cost": get_job_roi(job)["totalCost"], "types": types}))
"""
