"""What the demo prints: steps, facts that are checked as they are shown, and the table at the end."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TextIO


@dataclass
class Report:
    """Prints the demo's story and remembers every figure that was not what it should be."""

    output: TextIO = sys.stdout
    differences: list[str] = field(default_factory=list)
    rows: list[tuple[str, str, int, float]] = field(default_factory=list)
    checks: int = 0
    _steps: int = 0
    _began: float = 0.0

    def step(self, title: str) -> None:
        self._steps += 1
        self._began = time.perf_counter()
        self._print(f"\n{self._bold(f'{self._steps}. {title}')}")

    def say(self, text: str) -> None:
        self._print(f"   {text}")

    def check(self, what: str, found: object, expected: object) -> None:
        """Show a figure, and remember it when it is not the expected one."""
        self.checks += 1
        if found == expected:
            self._print(f"   {self._colour('✓', 32)} {what}: {found}")
        else:
            self.differences.append(f"{what}: {found!r}, expected {expected!r}")
            self._print(f"   {self._colour('✗', 31)} {what}: {found!r}, expected {expected!r}")

    def done(self, went: str, what: str, calls: int) -> None:
        """Close a step with its row of the table."""
        self.rows.append((went, what, calls, time.perf_counter() - self._began))

    def table(self) -> None:
        widths = [max(len(str(row[i])) for row in [("", "what", 0), *self.rows]) for i in range(2)]
        self._print("")
        self._print(f"   {'':<{widths[0]}}  {'what':<{widths[1]}}  {'calls':>5}  {'seconds':>7}")
        for went, what, calls, seconds in self.rows:
            self._print(f"   {went:<{widths[0]}}  {what:<{widths[1]}}  {calls:>5}  {seconds:>7.2f}")

    def verdict(self) -> None:
        """One line: all figures right, or which were not."""
        if not self.differences:
            self._print(f"\n{self._colour(f'All {self.checks} figures are as they should be.', 32)}")
            return
        self._print(f"\n{self._colour(f'{len(self.differences)} of {self.checks} figures differ:', 31)}")
        for difference in self.differences:
            self._print(f"   {difference}")

    def _print(self, text: str) -> None:
        self.output.write(text + "\n")
        self.output.flush()

    def _bold(self, text: str) -> str:
        return f"\033[1m{text}\033[0m" if self.output.isatty() else text

    def _colour(self, text: str, code: int) -> str:
        return f"\033[{code}m{text}\033[0m" if self.output.isatty() else text
