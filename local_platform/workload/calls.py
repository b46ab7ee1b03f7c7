"""Composes one metered call the way a metering client would send it."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from random import Random
from typing import Any

from local_platform.workload.company import Agent, Task, Tokens

Body = dict[str, Any]
"""The JSON body of one call to ``/meter/v2/ai/completions``."""

ENVIRONMENT = "demo"
"""Marks every call that was made up, so that nobody mistakes one for real usage."""

_ERRORS = ((429, "provider rate limit"), (504, "provider timeout"), (529, "provider overloaded"))


def stamp(at: datetime) -> str:
    """Write a UTC time to the millisecond; of fixed width, so that text order is time order."""
    return at.isoformat(timespec="milliseconds")[:23] + "Z"


def compose(
    agent: Agent,
    rng: Random,
    at: datetime,
    *,
    task: Task | None = None,
    prompt: int | None = None,
    answer: int | None = None,
) -> Body:
    """Make up one successful call of the agent at that UTC time.

    Args:
        agent: Who calls.
        rng: Where chance comes from.
        at: When the request leaves.
        task: What for; drawn by share when absent.
        prompt: Input tokens; drawn from the task when absent.
        answer: Output tokens; drawn from the task when absent.
    """
    task = task or rng.choices(agent.tasks, [task.share for task in agent.tasks])[0]
    prompt = _draw(task.prompt, rng) if prompt is None else prompt
    answer = _draw(task.answer, rng) if answer is None else answer
    return {
        "transactionId": f"tx-{rng.getrandbits(64):016x}",
        "traceId": f"tr-{rng.getrandbits(48):012x}",
        "model": agent.model,
        "provider": agent.provider,
        "costType": "AI",
        "operationType": task.operation,
        "taskType": task.name,
        "agent": agent.name,
        "productName": agent.product,
        "environment": ENVIRONMENT,
        "stopReason": "END",
        "retryNumber": 0,
        "inputTokenCount": prompt,
        "outputTokenCount": answer,
        "totalTokenCount": prompt + answer,
        "cacheReadTokenCount": _cached(agent, prompt, rng),
        "cacheCreationTokenCount": 0,
        "reasoningTokenCount": 0,
        **_timing(at, prompt, answer, rng),
        "isStreamed": rng.random() < agent.streamed,
        **_caller(agent, rng),
    }


def fail(body: Body, rng: Random) -> None:
    """Turn a call into one that its provider refused: no answer, and nothing read from cache."""
    code, reason = rng.choice(_ERRORS)
    body.update(
        stopReason="ERROR",
        errorCode=code,
        errorReason=reason,
        outputTokenCount=0,
        cacheReadTokenCount=0,
        totalTokenCount=body["inputTokenCount"],
    )


def _draw(tokens: Tokens, rng: Random) -> int:
    return max(1, round(tokens.median * math.exp(rng.gauss(0.0, tokens.spread))))


def _cached(agent: Agent, prompt: int, rng: Random) -> int:
    # Providers cache in blocks of 128 tokens and one call in eight finds the cache cold.
    if not agent.cached or rng.random() < 0.125:
        return 0
    return int(prompt * agent.cached * rng.uniform(0.85, 1.15)) // 128 * 128


def _timing(at: datetime, prompt: int, answer: int, rng: Random) -> Body:
    first = round(180 + prompt * 0.012 + rng.expovariate(1 / 120))
    duration = first + round(answer * rng.uniform(9, 15))
    return {
        "requestTime": stamp(at),
        "completionStartTime": stamp(at + timedelta(milliseconds=first)),
        "responseTime": stamp(at + timedelta(milliseconds=duration)),
        "requestDuration": duration,
        "timeToFirstToken": first,
    }


def _caller(agent: Agent, rng: Random) -> Body:
    customer = rng.choices(agent.customers, [one.share for one in agent.customers])[0]
    user = rng.choice(customer.users)
    return {
        "organizationName": customer.name,
        "subscriber": {
            "id": user.partition("@")[0],
            "email": user,
            "credential": {"name": agent.credential, "value": agent.credential},
        },
    }
