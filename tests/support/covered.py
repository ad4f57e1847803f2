"""What lines and branches the tests run, of the packages that `[tool.slipcover]` names; begun before any of them is imported.

Lines and branches are marked in the byte code, and unmarked once they were run: a tracer made what it followed 1.7 times as dear. What
workers saw is handed on here: the plugin of slipcover 1.1 asks for a pytest that is older than ours.
"""

import json
import os
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from slipcover import FileMatcher, ImportManager, Slipcover, merge_coverage, print_coverage

ROOT = Path(__file__).resolve().parents[2]


def hands_on() -> bool:
    """Whether this process hands the tests to workers and runs none."""
    told = re.search(r" (-n ?|--numprocesses[= ])[1-9a-z]", " ".join(sys.argv))
    return told is not None and "PYTEST_XDIST_WORKER" not in os.environ


class Covered:
    """Measures in a process that runs tests, adds up in the one that hands them to workers."""

    def __init__(self) -> None:
        told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["slipcover"]
        sources = [str(ROOT / source) for source in told["source"]]
        self.least: float = told["fail-under"]
        self.measured = Slipcover(
            immediate=True, branch=told["branch"], source=sources, omit=told["omit"], exclude_also=told["exclude-also"]
        )
        self.seen: dict[str, Any] = {}
        if hands_on():
            return
        ImportManager(self.measured, FileMatcher(sources=sources, omit=told["omit"])).__enter__()

    def _add(self, seen: dict[str, Any]) -> None:
        if self.seen:
            merge_coverage(self.seen, seen)
        else:
            self.seen = seen

    @property
    def enough(self) -> bool:
        """Whether what was run is as much as it has to be."""
        return bool(self.seen) and self.seen["summary"]["percent_covered"] >= self.least

    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker saw."""
        if "covered" in getattr(node, "workeroutput", {}):
            self._add(json.loads(node.workeroutput["covered"]))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand on what this worker saw; where there is none, see whether all was run."""
        told = getattr(session.config, "workeroutput", None)
        if told is not None:
            told["covered"] = json.dumps(self.measured.get_coverage())
            return
        if not hands_on():
            self._add(self.measured.get_coverage())
        if not self.enough and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Name the lines and branches that no test ran."""
        if self.seen:
            print_coverage(self.seen, outfile=terminalreporter._tw._file, skip_covered=True, missing_width=60)
        share = self.seen["summary"]["percent_covered"] if self.seen else 0
        terminalreporter.write_line(f"covered: {share:.2f} % of lines and branches, {self.least:.0f} % is due")
