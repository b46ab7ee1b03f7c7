"""The embedded platform's side of the exchanges about resources.

A platform is given what a family needs, by the family's own `create.json` files; then every exchange of the family is
sent to it, with the ids that it gave in place of those in the examples. Requests hold to the letter; of an answer the
status holds, and the names and types of the fields.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from local_platform.resources.mounted import KINDS
from local_platform.server import Platform, running_platform

PAYLOADS = Path(__file__).parent / "payloads"
KEY = "rev_sk_i594saR_contract"
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)

# What comes later may need what comes before.
FAMILIES = (
    *("teams", "users", "customers", "subscribers", "elements", "sources", "products", "subscriptions", "credentials"),
    *("agents", "tools", "charts", "provider_credentials", "rules", "cost_controls"),
)
# What a deletion takes away is needed before it.
LAST = ("update", "switch", "replace", "delete", "delete-all")

# Made before all others; or undocumented, so that the example's form is as good as the platform's.
ELSEWHERE = {"create", "metric", "preview-group"}

# What only a grouped budget has.
GROUPED = ("groupCount", "groups", "groupsOverLimit", "worstPercentUsed")

# What a client may set need not come back where it has not; a page without items has none embedded.
OPTIONAL = frozenset(
    {"_embedded", *GROUPED}
    | {name for kind in KINDS for name in kind.checks}
    | {name for kind in KINDS for one in kind.references for name in (one.field, one.nested)}
)

Exchange = dict[str, Any]
Ids = dict[Any, Any]


def load(family: str, operation: str) -> Exchange:
    exchange: Exchange = json.loads((PAYLOADS / family / f"{operation}.json").read_text())
    return exchange


def operations(family: str) -> list[str]:
    names = sorted({path.stem for path in (PAYLOADS / family).glob("*.json")} - ELSEWHERE)
    return sorted(names, key=lambda name: LAST.index(name) if name in LAST else -1)


def renamed(value: Any, ids: Ids) -> Any:
    """Return a value of an example with the ids that the platform gave."""
    if isinstance(value, dict):
        return {name: renamed(item, ids) for name, item in value.items()}
    if isinstance(value, list):
        return [renamed(item, ids) for item in value]
    return value if isinstance(value, bool) else ids.get(value, value)


def differences(example: Any, answer: Any, where: str = "body") -> list[str]:
    """Return what an answer lacks of an example, or has in another type; null and blank say nothing."""
    if example in (None, "") or answer in (None, ""):
        return []
    if isinstance(example, dict) and isinstance(answer, dict):
        shared = example.keys() & answer.keys()
        missing = [f"{where}.{name} is missing" for name in example.keys() - shared - OPTIONAL if example[name]]
        return missing + [
            text for name in shared for text in differences(example[name], answer[name], f"{where}.{name}")
        ]
    if isinstance(example, list) and isinstance(answer, list):
        return [text for one in answer[:1] for text in differences(example[0], one, f"{where}[0]")] if example else []
    same = _kind(example) == _kind(answer)
    return [] if same else [f"{where} is {answer!r}, and was to be like {example!r}"]


def _kind(value: Any) -> type:
    """Return the type of a value; numbers are all alike."""
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


class Asker:
    """Sends exchanges, and remembers which id stands for which example's."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session
        self.ids: Ids = {}

    async def send(self, exchange: Exchange) -> tuple[int, Any]:
        request = renamed(exchange["request"], self.ids)
        path = "/".join(str(self.ids.get(part, part)) for part in request["path"].split("/"))
        async with self.session.request(
            request["method"], path, params=request.get("query"), json=request.get("body")
        ) as response:
            text = await response.text()
            return response.status, json.loads(text) if text else {}

    async def create(self, family: str) -> None:
        exchange = load(family, "create")
        status, body = await self.send(exchange)
        assert (status, differences(exchange["body"], body)) == (exchange["status"], []), body
        self.ids[exchange["body"]["id"]] = body["id"]

    async def check(self, family: str, operation: str) -> None:
        exchange = load(family, operation)
        status, body = await self.send(exchange)
        # An empty object and no content at all say the same.
        assert status == exchange["status"] or (status, exchange["body"]) == (204, {}), (operation, body)
        assert differences(exchange["body"], body) == [], operation


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    async with running_platform(tmp_path, api_key=KEY, clock=lambda: NOW) as running:
        yield running


@pytest.fixture
async def asker(platform: Platform) -> AsyncIterator[Asker]:
    async with aiohttp.ClientSession(platform.url, headers={"x-api-key": KEY}) as session:
        yield Asker(session)


@pytest.mark.parametrize("family", FAMILIES)
async def test_the_platform_answers_every_exchange_of_a_family(asker: Asker, family: str) -> None:
    for before in FAMILIES[: FAMILIES.index(family) + 1]:
        await asker.create(before)
    if family == "subscriptions":
        # The one pair of families that name each other.
        await asker.create("credentials")
    for operation in operations(family):
        await asker.check(family, operation)


async def test_the_platform_answers_every_exchange_about_departments(asker: Asker) -> None:
    made = load("departments", "create")
    top = {"request": {**made["request"], "body": {"name": "Engineering"}}}
    asker.ids[made["request"]["body"]["parentId"]] = (await asker.send(top))[1]["id"]
    await asker.create("departments")
    assign = load("departments", "assign")
    for operation in ("all", "assign", "unassign", "remove-person-by-email"):
        await asker.check("departments", operation)
    removal = load("departments", "remove-person")
    number = removal["request"]["path"].rpartition("/")[2]
    asker.ids[number] = (await asker.send(assign))[1]["personId"]
    await asker.check("departments", "remove-person")


async def test_the_platform_answers_every_exchange_about_channels(asker: Asker) -> None:
    example = load("slack", "get")["body"]
    own = {"method": "POST", "path": "/local/v1/slack-configurations", "body": example}
    asker.ids[example["id"]] = (await asker.send({"request": own}))[1]["id"]
    for operation in operations("slack"):
        await asker.check("slack", operation)


MEASURED = ("metering", "reports", "analytics")
# A job's life, in the order in which it is told.
JOB = (
    *("set-economics", "economics", "add-baseline", "baselines", "types", "get", "list", "update", "calls", "roi"),
    *("report-outcome", "amend-outcome", "history", "funnel", "delete"),
)


async def test_the_platform_answers_every_exchange_about_what_was_metered(asker: Asker) -> None:
    for family in FAMILIES[: FAMILIES.index("products") + 1]:
        await asker.create(family)
    for family in MEASURED:
        # Clients take an object for a list of one; this report's example is the object.
        for operation in (name for name in operations(family) if name != "cost-metric-by-product"):
            await asker.check(family, operation)


async def test_the_platform_answers_every_exchange_about_jobs(asker: Asker) -> None:
    await asker.create("jobs")
    for operation in JOB:
        await asker.check("jobs", operation)


async def test_the_platform_answers_every_exchange_about_budgets(asker: Asker) -> None:
    for family in FAMILIES[: FAMILIES.index("rules") + 1]:
        await asker.create(family)
    for operation in ("progress", "progress-of", "portfolio", "reset"):
        await asker.check("budgets", operation)
