"""Ready-made questions that a person can pick in the assistant."""

from __future__ import annotations

from mcp.server.mcpserver import MCPServer

COSTS_SPIKED = """\
Find out why my AI costs went up.
1. Call list_alerts with state "firing"; if it is empty, look at the newest resolved alerts.
2. Call explain_alert for each incident that concerns cost, largest excess first.
3. Tell me in dollars what was spent and what was expected, since when, and which agent, model or customer drives it. \
Separate more calls from dearer calls: compare the series calls/... and cost_per_call/... of the same entity.
4. End with one thing to do now. Say so plainly if nothing is unusual."""

SUMMARY = """\
Give me a short summary of the last day of AI spend.
1. Call monitor_status: if polling fails or messages are held back, begin with that and what to do about it.
2. Call list_alerts: group what opened or ended in the last 24 hours by incident, with the excess in dollars.
3. Call list_series with pattern "cost/*": name the three series farthest above what was expected.
Use at most ten lines, and say what deserves attention first."""


def add_prompts(server: MCPServer) -> None:
    """Register the prompts."""

    @server.prompt(title="Why did my costs spike?", description="Trace an increase of AI spend to its cause.")
    def why_did_my_costs_spike() -> str:
        return COSTS_SPIKED

    @server.prompt(title="Daily summary", description="Sum up the last day: health, alerts, and unusual spend.")
    def daily_summary() -> str:
        return SUMMARY
