"""The vendor's MCP server, unchanged, starts on the local platform, finds its account and stays on the machine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from local_platform.server import Platform

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="session")]

Ask = Callable[..., Awaitable[Any]]

BUSINESS = {
    "business_analytics_management",
    "manage_agents",
    "manage_ai_insights",
    "manage_alerts",
    "manage_capabilities",
    "manage_cost_controls",
    "manage_customers",
    "manage_jobs",
    "manage_metering",
    "manage_metering_elements",
    "manage_products",
    "manage_sources",
    "manage_subscriber_credentials",
    "manage_subscriptions",
    "manage_tools",
    "manage_workflows",
    "slack_management",
    "system_diagnostics",
    "system_setup",
    "tool_introspection",
}

LEAVING = """
import socket
with socket.socket() as plain:
    for leave in (lambda: socket.getaddrinfo("outside.invalid", 443), lambda: plain.connect(("192.0.2.1", 443))):
        try:
            leave()
        except ConnectionRefusedError:
            print("refused")
"""


async def test_the_watch_refuses_and_records_what_leaves_the_machine(
    vendor_python: Path, watched: Callable[[Path], dict[str, str]], tmp_path: Path
) -> None:
    attempts = tmp_path / "attempts"
    process = await asyncio.create_subprocess_exec(
        str(vendor_python), "-c", LEAVING, env=watched(attempts), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await asyncio.wait_for(process.communicate(), 20)
    assert output.split() == [b"refused", b"refused"]
    assert attempts.read_text() == "socket.getaddrinfo outside.invalid\nsocket.connect 192.0.2.1\n"


async def test_it_offers_all_tools_of_the_business_profile(assistant: Any) -> None:
    assert set(await assistant.tools()) == BUSINESS


async def test_it_discovers_team_tenant_and_owner_from_the_key(ask: Ask, spending: Platform) -> None:
    shown = (await ask("system_diagnostics", "environment_variables")).text
    assert f"**REVENIUM_TEAM_ID**\n- Status: [OK] {spending.team_id}" in shown
    assert f"**REVENIUM_TENANT_ID**\n- Status: [OK] {spending.tenant_id}" in shown
    assert f"- Status: [OK] {spending.url}" in shown
    assert spending.api_key not in shown


async def test_the_setup_checklist_finds_everything_required_in_place(ask: Ask) -> None:
    checklist = (await ask("system_setup", "setup_checklist")).text
    for line in ("API Key**: Configured", "Team ID**: Configured", "API Connectivity**: Working"):
        assert f"[OK] **{line}" in checklist
    assert "[OK] **Auto-Discovery**: Working" in checklist


async def test_the_health_report_finds_both_critical_components_well(ask: Ask) -> None:
    report = (await ask("system_diagnostics", "system_health")).text
    assert "**Overall Health: HEALTHY**" in report
    assert "- Critical: 2/2 ([OK])" in report


async def test_the_connection_test_of_the_diagnostics_succeeds(ask: Ask) -> None:
    report = (await ask("system_diagnostics", "debug")).text
    assert "- **Result**: SUCCESS" in report


async def test_the_log_tells_of_a_change_that_an_assistant_made(ask: Ask) -> None:
    await ask("manage_sources", "create", source_data={"name": "logged-source", "type": "API"})
    found = (await ask("system_diagnostics", "search_logs", search_term="logged-source")).text
    assert "- **Operation**: SOURCE_CREATED\n- **Status**: SUCCESS\n" in found
    assert "**Matches On This Page**: 1" in found


async def test_the_log_of_requests_hides_the_key(ask: Ask, spending: Platform) -> None:
    await ask("manage_sources", "list")
    log = (await ask("system_diagnostics", "get_integration_logs")).text
    assert "- **Operation**: GET /profitstream/v2/api/sources\n- **Status**: SUCCESS\n" in log
    assert spending.api_key not in log
