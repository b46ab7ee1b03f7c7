"""What the documentation says of the code holds: its examples run, and the paths it names exist."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PACKAGES = ("daemon", "detectors", "notifiers", "mcp_surface", "local_platform", "bench", "docs", "tests", "systemd")


def examples(page: Path) -> str:
    return "\n".join(re.findall(r"^```python\n(>>>.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL))


def modules(folder: str) -> set[str]:
    found = (ROOT / folder).iterdir()
    return {one.name for one in found if (one / "__init__.py").exists() or (one.suffix == ".py" and one.name[0] != "_")}


@pytest.mark.parametrize("page", [page for page in PAGES if examples(page)], ids=lambda page: page.name)
def test_the_examples_of_a_page_are_true(page):
    test = doctest.DocTestParser().get_doctest(examples(page), {}, page.name, str(page), 0)
    assert doctest.DocTestRunner().run(test).failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_a_page_names_exists(page):
    named = re.findall(rf"`((?:{'|'.join(PACKAGES)})/[\w./]+)`", page.read_text())
    linked = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert [path for path in linked if not (page.parent / path).exists()] == []


@pytest.mark.parametrize("folder", ["daemon", "detectors", "notifiers", "mcp_surface"])
def test_the_design_names_every_module(folder):
    design = (ROOT / "docs" / "design.md").read_text()
    table = design.partition(f"### `{folder}/`\n")[2].partition("\n#")[0]
    firsts = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    assert sorted(name for first in firsts for name in re.findall(r"`([\w.]+)/?`", first)) == sorted(modules(folder))
