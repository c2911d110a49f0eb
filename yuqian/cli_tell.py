"""What the verbs share: exit codes, and how they tell, print and refuse."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from yuqian.optimise.solve import Progress

FINE, BAD_INPUT, INFEASIBLE, LIMIT_WITH_SOLUTION, LIMIT_WITHOUT_SOLUTION, TARGET_MISSED = 0, 2, 3, 4, 5, 6


class BadInput(click.ClickException):
    """Input that is refused."""

    exit_code = BAD_INPUT


def refuse(error: Any, as_json: bool) -> NoReturn:
    """Print every problem and end with the exit code for bad input."""
    if as_json:
        problems = [
            {"file": p.file, "line": p.line, "where": p.where, "found": p.found, "allowed": p.allowed, "next_step": p.next_step}
            for p in error.problems
        ]
        click.echo(json.dumps({"problems": problems}, ensure_ascii=False, indent=2))
    click.echo(f"{error}\n{len(error.problems)} problem(s); nothing was written", err=True)
    sys.exit(BAD_INPUT)


def print_tables(*tables: Any, width: int = 160) -> None:
    """Print tables for people, as wide as the terminal, or so many characters where there is none."""
    from rich.console import Console

    console = Console(soft_wrap=False, width=None if sys.stdout.isatty() else width)
    for table in tables:
        console.print(table)


def quiet(phase: str, progress: Progress | None) -> None:
    return


def teller() -> Callable[[str, Progress | None], None]:
    """Tells each phase on a line of its own, and while the solver runs a line every few seconds."""
    began = time.perf_counter()
    last = began

    def tell(phase: str, progress: Progress | None) -> None:
        nonlocal last
        now = time.perf_counter()
        if progress is None:
            click.echo(f"[{now - began:6.1f} s] {phase}", err=True)
        elif now - last >= 5.0:
            last = now
            click.echo(f"[{now - began:6.1f} s] {phase}: {progress.iterations} iterations", err=True)

    return tell
