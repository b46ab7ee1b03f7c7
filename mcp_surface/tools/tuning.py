"""How series are watched, and changing that."""

from __future__ import annotations

from typing import Annotated, Literal

from mcp.types import CallToolResult
from pydantic import Field

from daemon.operations import DetectorList, Operations, Tuning, TuningResult
from mcp_surface.answers import answer, plural

ACTOR = "mcp"

Pattern = Annotated[str, Field(description="Name or pattern, such as cost/agent/*.", max_length=300)]


async def list_detectors(operations: Operations) -> Annotated[CallToolResult, DetectorList]:
    """List the detectors that can be selected, and what was tuned at run time."""
    found = await operations.list_detectors()
    names = ", ".join(one.name for one in found.detectors)
    tuned = ", ".join(one.pattern for one in found.tunings) or "nothing"
    return answer(found, f"detectors: {names}; tuned: {tuned}")


async def tune_detectors(
    operations: Operations,
    pattern: Pattern,
    enabled: Annotated[bool | None, Field(description="False stops alerts of these series.")] = None,
    detector: Annotated[str | None, Field(description="Name from list_detectors.", max_length=60)] = None,
    sensitivity: Annotated[
        Literal["conservative", "normal", "aggressive"] | None, Field(description="Aggressive alerts sooner.")
    ] = None,
    min_impact: Annotated[
        float | None,
        Field(description="Smallest excess worth an alert, in the metric's unit (cost: US dollars).", ge=0),
    ] = None,
    dry_run: Annotated[bool, Field(description="Only tell what would change.")] = False,
) -> Annotated[CallToolResult, TuningResult]:
    """Change how series are watched, from the next poll on; what is left out stays, reset_tuning takes it back."""
    tuning = Tuning(pattern=pattern, enabled=enabled, detector=detector, sensitivity=sensitivity, min_impact=min_impact)
    if dry_run:
        outcome = await operations.preview_tuning(tuning)
        return answer(outcome, f"would tune {_what(outcome)}; nothing was changed")
    outcome = await operations.tune(tuning, actor=ACTOR)
    return answer(outcome, f"tuned {_what(outcome)}")


async def reset_tuning(operations: Operations, pattern: Pattern) -> Annotated[CallToolResult, TuningResult]:
    """Forget the tuning of a pattern, named as in list_detectors; the settings apply again."""
    outcome = await operations.reset_tuning(pattern, actor=ACTOR)
    return answer(outcome, f"reset {_what(outcome)}")


def _what(outcome: TuningResult) -> str:
    examples = f", such as {', '.join(outcome.examples)}" if outcome.examples else ""
    return f"{plural(outcome.matched, 'series')}{examples}"
