"""Halden Analytics, a company that does not exist: its agents, keys, customers and habits.

Everything here is invented, people included; only the models are real, so that the platform can
price them. An ordinary weekday holds about 800 calls, a weekend day about 300.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

Rhythm = tuple[int, ...]
"""How busy each of the 24 hours of a day is, in any unit: only the proportions count."""

OFFICE: Rhythm = (
    *(1, 1, 1, 1, 1, 2, 6, 20, 55, 85, 100, 100),
    *(92, 96, 100, 98, 85, 60, 32, 16, 9, 5, 3, 2),
)
CUSTOMERS_AWAKE: Rhythm = (
    *(15, 10, 8, 8, 10, 15, 30, 50, 75, 95, 100, 100),
    *(96, 96, 100, 98, 92, 85, 80, 74, 64, 50, 35, 22),
)
EARLY_BATCH: Rhythm = (0, 0, 0, 0, 10, 60, 100, 90, 50, 25, 15, 10, *(10,) * 6, 5, 3, 0, 0, 0, 0)
NIGHT_BATCH: Rhythm = (0, 5, 45, 100, 60, 10, *(0,) * 18)


@dataclass(frozen=True, slots=True)
class Tokens:
    """A lognormal number of tokens: half of the calls have fewer than the median."""

    median: int
    spread: float


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of work an agent does."""

    name: str
    operation: str
    share: float
    prompt: Tokens
    answer: Tokens


@dataclass(frozen=True, slots=True)
class Customer:
    """An organization on whose behalf agents work, and its people."""

    name: str
    share: float
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Agent:
    """A program that calls one model.

    Attributes:
        weekday: Calls on an ordinary weekday.
        weekend: Calls on a weekend day.
        cached: Part of the prompt that is usually read from the provider's cache.
        streamed: Part of the calls that stream their answer.
        credential: The API key it calls with.
    """

    name: str
    provider: str
    model: str
    weekday: float
    weekend: float
    rhythm: Rhythm
    tasks: tuple[Task, ...]
    customers: tuple[Customer, ...]
    product: str
    credential: str
    cached: float = 0.0
    streamed: float = 0.0


@dataclass(frozen=True, slots=True)
class Company:
    """Who calls, and in whose zone the day begins."""

    zone: ZoneInfo
    agents: tuple[Agent, ...]

    def agent(self, name: str) -> Agent:
        """Return the agent of that name.

        Raises:
            KeyError: Nobody is called so.
        """
        found = next((agent for agent in self.agents if agent.name == name), None)
        if found is None:
            raise KeyError(f"No agent {name!r}; there are {[a.name for a in self.agents]}.")
        return found

    def pace(self, agent: Agent, at: datetime) -> float:
        """Return the calls an hour that the agent usually makes at that time."""
        local = at.astimezone(self.zone)
        day = agent.weekend if local.weekday() >= 5 else agent.weekday
        return day * agent.rhythm[local.hour] / sum(agent.rhythm) * _growth(at)


def _growth(at: datetime) -> float:
    """Usage grows by 0.08 % a day around the end of 2026, and levels off a year either side.

    It depends on the date alone, so that any two runs agree on every hour; it is bounded, so that
    the company is still the size described here in ten years.
    """
    return 1.0 + 0.15 * math.tanh((at - _MIDPOINT).days / 180)


_MIDPOINT = datetime(2027, 1, 1, tzinfo=UTC)


def _people(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}@example.com" for name in names)


_OWN = (Customer("Halden Analytics", 1.0, _people("ada", "bruno", "chiara", "deniz", "elif")),)
_PAYING = (
    Customer("Brightwater Energy", 0.32, _people("farah", "gustav")),
    Customer("Kestrel Logistics", 0.26, _people("hanna", "ivo", "jonas")),
    Customer("Northlight Clinics", 0.20, _people("katja", "liam")),
    Customer("Osprey Insurance", 0.14, _people("mona")),
    Customer("Fennel and Rye", 0.08, _people("nils")),
)

_DESK, _LENS, _INSIGHT = "Support Desk", "Contract Lens", "Insight Reports"

# Prompt caching is left to OpenAI models: there every client counts cached tokens inside the
# prompt, while Anthropic's clients count them beside it.
HALDEN = Company(
    zone=ZoneInfo("Europe/Berlin"),
    agents=(
        Agent(
            name="research-agent",
            provider="ANTHROPIC",
            model="claude-opus-4-5",
            weekday=150,
            weekend=45,
            rhythm=OFFICE,
            tasks=(
                Task("market-scan", "CHAT", 0.6, Tokens(9_500, 0.35), Tokens(1_500, 0.35)),
                Task("deep-dive", "GENERATE", 0.4, Tokens(14_000, 0.35), Tokens(2_300, 0.35)),
            ),
            customers=_PAYING,
            product=_INSIGHT,
            credential="backend",
            streamed=0.2,
        ),
        Agent(
            name="support-chat",
            provider="OPENAI",
            model="gpt-5-mini",
            weekday=220,
            weekend=130,
            rhythm=CUSTOMERS_AWAKE,
            tasks=(
                Task("answer", "CHAT", 0.8, Tokens(3_200, 0.5), Tokens(380, 0.5)),
                Task("triage", "CLASSIFY", 0.2, Tokens(1_200, 0.4), Tokens(40, 0.4)),
            ),
            customers=_PAYING,
            product=_DESK,
            credential="web-app",
            cached=0.5,
            streamed=0.9,
        ),
        Agent(
            name="coding-assistant",
            provider="OPENAI",
            model="gpt-5",
            weekday=165,
            weekend=15,
            rhythm=OFFICE,
            tasks=(
                Task("edit", "GENERATE", 0.7, Tokens(72_000, 0.4), Tokens(2_600, 0.45)),
                Task("review", "CHAT", 0.3, Tokens(50_000, 0.4), Tokens(1_500, 0.4)),
            ),
            customers=_OWN,
            product=_INSIGHT,
            credential="developers",
            cached=0.6,
            streamed=1.0,
        ),
        Agent(
            name="sales-copilot",
            provider="ANTHROPIC",
            model="claude-sonnet-4-5",
            weekday=85,
            weekend=18,
            rhythm=OFFICE,
            tasks=(
                Task("draft-mail", "GENERATE", 0.65, Tokens(17_000, 0.4), Tokens(900, 0.4)),
                Task("call-summary", "SUMMARIZE", 0.35, Tokens(28_000, 0.4), Tokens(1_100, 0.35)),
            ),
            customers=_PAYING,
            product=_DESK,
            credential="web-app",
            streamed=0.7,
        ),
        Agent(
            name="contract-review",
            provider="Google",
            model="gemini-2.5-pro",
            weekday=60,
            weekend=12,
            rhythm=OFFICE,
            tasks=(
                Task("clause-check", "CHAT", 0.7, Tokens(58_000, 0.4), Tokens(2_400, 0.4)),
                Task("compare", "CHAT", 0.3, Tokens(80_000, 0.3), Tokens(3_200, 0.35)),
            ),
            customers=_PAYING,
            product=_LENS,
            credential="partners",
        ),
        Agent(
            name="invoice-reader",
            provider="Google",
            model="gemini-2.5-flash",
            weekday=80,
            weekend=35,
            rhythm=EARLY_BATCH,
            tasks=(Task("extract", "VISION", 1.0, Tokens(6_500, 0.4), Tokens(750, 0.4)),),
            customers=_PAYING,
            product=_LENS,
            credential="backend",
        ),
        Agent(
            name="nightly-report",
            provider="OPENAI",
            model="gpt-4.1",
            weekday=36,
            weekend=36,
            rhythm=NIGHT_BATCH,
            tasks=(Task("report", "SUMMARIZE", 1.0, Tokens(60_000, 0.3), Tokens(3_000, 0.3)),),
            customers=_PAYING,
            product=_INSIGHT,
            credential="nightly",
            cached=0.3,
        ),
        Agent(
            name="translator",
            provider="MISTRAL",
            model="mistral-large-latest",
            weekday=18,
            weekend=4,
            rhythm=CUSTOMERS_AWAKE,
            tasks=(Task("translate", "TRANSLATE", 1.0, Tokens(2_200, 0.6), Tokens(1_900, 0.6)),),
            customers=_PAYING,
            product=_DESK,
            credential="partners",
        ),
    ),
)

PULSE = Agent(
    name="pulse",
    provider="OPENAI",
    model="gpt-5-mini",
    weekday=0,
    weekend=0,
    rhythm=(1,) * 24,
    tasks=(Task("health-check", "OTHER", 1.0, Tokens(20, 0.1), Tokens(5, 0.1)),),
    customers=_OWN,
    product=_DESK,
    credential="web-app",
)
"""Keeps live traffic alive at night for well under a cent an hour, so that the floor under the rate
of calls does not look like anybody's overspending."""
