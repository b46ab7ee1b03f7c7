"""Runs the benchmarks: `python -m bench [name] [options]`; without a name, all with their defaults."""

from __future__ import annotations

import importlib
import sys

NAMES = ("start", "poll", "platform_ingest", "platform_reports", "budget", "fleet", "detectors")


def main() -> int:
    given = sys.argv[1:]
    chosen, options = ([given[0]], given[1:]) if given and given[0] in NAMES else (list(NAMES), [])
    if given and not options and given[0] not in NAMES:
        print(f"there is no benchmark {given[0]!r}; choose from {', '.join(NAMES)}")
        return 2
    for name in chosen:
        module = "bench.detectors.__main__" if name == "detectors" else f"bench.{name}"
        print(f"== {name}", flush=True)
        importlib.import_module(module).main(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
