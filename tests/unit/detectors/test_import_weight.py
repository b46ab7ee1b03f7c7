"""The daemon pays for river's heavy parts only when it uses them."""

from __future__ import annotations

import subprocess
import sys

PROBE = """
import sys
{code}
heavy = ("river.anomaly", "river.stats", "scipy", "sklearn", "pandas", "pydantic", "asyncio")
print(" ".join(name for name in heavy if name in sys.modules))
"""


def loaded_by(code: str) -> str:
    probe = [sys.executable, "-c", PROBE.format(code=code)]
    return subprocess.run(probe, check=True, capture_output=True, text=True, timeout=60).stdout


def test_our_detectors_run_without_rivers_heavy_parts():
    code = (
        "import detectors\nfrom detectors import checks, registry, snapshot\n"
        "for name in ('spend', 'level'):\n"
        "    detector = registry.create(name)\n"
        "    detector.update(checks.ordinary_weeks()[0])\n"
        "    snapshot.load(snapshot.dump(detector), detector)\n"
        "[registry.describe(name) for name in registry.names()]"
    )
    assert loaded_by(code).split() == []


def test_choosing_one_of_rivers_detectors_loads_them():
    assert "river.anomaly" in loaded_by("from detectors import registry; registry.create('sad')")
