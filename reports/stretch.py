"""A stretch of a year: some weeks around an event, solved in seconds.

Weather and demands are those of the same days within the whole year; yearly limits count in proportion. Stocks that have an
opening begin with it, the others end as they began: a stretch says what an event does, not what led to it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from yuqian.assets.scenario import load_region
from yuqian.models.book import Answer
from yuqian.models.clock import Clock, Floats, Rhythm
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import Assembly
from yuqian.optimise.program import Family, Program
from yuqian.optimise.seams import cleaned
from yuqian.optimise.solve import Outcome, Solution, SolverOptions, solve
from yuqian.reports.audit import AuditError, audit
from yuqian.reports.study import NoAnswer, Study
from yuqian.timeseries.make import make_series
from yuqian.timeseries.stress import stress as stress_overlay
from yuqian.timeseries.weather import WeatherPlan

ROOMS = (1e-9, 1e-7, 1e-6)
"""Relative room left to decisions that are held where another solve found them: as little as that solve's rounding allows."""


class StretchError(ValueError):
    """A stretch that cannot be cut from its year; the message says what is allowed."""


@dataclass(frozen=True)
class Solved:
    """An audited answer of a stretch.

    Attributes:
        answers: decisions and series by asset.
    """

    assembly: Assembly
    program: Program
    solution: Solution
    answers: Mapping[str, Answer]

    @property
    def clock(self) -> Clock:
        return self.assembly.clock

    @property
    def cost_yuan(self) -> float:
        return self.solution.objective_yuan


def load_stretch(
    scenario: str | Path, first: dt.date | None, days: int, overrides: Sequence[str] = (), stress: Sequence[str] = ()
) -> Study:
    """A scenario over some days of its year.

    Args:
        first: first day; None: the first of the year. Its year is taken as it is: it must be the scenario's.
        days: how many.

    Raises:
        CatalogueError: with everything that is wrong in all files.
        StretchError: for days outside the scenario's year.
    """
    region = load_region(scenario, overrides)
    first = first or dt.date(region.year, 1, 1)
    last = first + dt.timedelta(days - 1)
    if days < 1 or first.year != region.year or last.year != region.year:
        raise StretchError(f"{days} days from {first} do not lie in {region.year}, the year of {region.scenario}")
    clock = Clock.of_days(first, days)
    return Study(region, clock, make_series(region.kinds, clock, stressed(stress)))


def stressed(stress: Sequence[str]) -> WeatherPlan:
    """The reference weather with some overlays, by name."""
    return WeatherPlan(stress=tuple(stress_overlay(name) for name in stress))


def solved(assembly: Assembly, program: Program, options: SolverOptions | None = None) -> Solved:
    """Solve and audit.

    Raises:
        NoAnswer: when the solve ends without an answer.
        AuditError: when the answer fails its audit.
    """
    solution = solve(program, options)
    if solution.x is None:
        raise NoAnswer(solution.outcome, "no dispatch of these days keeps all limits")
    series = {**assembly.series, **_numbers_of(program, assembly)}
    found = answers(replace(assembly, series=series), program, solution)
    if solution.outcome is Outcome.OPTIMAL:
        audit(assembly.assets, found, assembly.clock, solution.objective_yuan).require()
    return Solved(assembly, program, solution, found)


def solved_from(assembly: Assembly, program: Program, x: Floats, day: int) -> Solved:
    """Solve with every decision of the days before ``day`` held where ``x`` has it, and audit.

    Raises:
        NoAnswer: when what was decided before leaves no answer.
        AuditError: when the answer fails its audit.
    """
    x = cleaned(program, x)
    for room in ROOMS[:-1]:
        try:
            return solved(assembly, held_until(program, assembly.clock, x, day, room))
        except (NoAnswer, AuditError):
            continue
    return solved(assembly, held_until(program, assembly.clock, x, day, ROOMS[-1]))


def held_until(program: Program, clock: Clock, x: Floats, day: int, room: float) -> Program:
    """The program with every decision of the days before ``day`` held where ``x``, shape (columns,), has it."""
    lower, upper = program.declared_lower.copy(), program.declared_upper.copy()
    for family in program.layout.columns:
        count = _steps_before(family, clock, day)
        at = slice(family.start, family.start + count)
        around = room * np.maximum(1.0, np.abs(x[at]))
        held = np.clip(x[at], lower[at], upper[at])
        lower[at], upper[at] = np.maximum(lower[at], held - around), np.minimum(upper[at], held + around)
    return replace(program, declared_lower=lower, declared_upper=upper)


def _steps_before(family: Family, clock: Clock, day: int) -> int:
    """How many of a family's decisions belong to steps, or instants, before the beginning of a day."""
    for rhythm, first in ((Rhythm.POWER, day * clock.power_per_water), (Rhythm.WATER, day)):
        if family.indexed and family.first + family.count == clock.timeline(rhythm).count:
            return max(0, min(family.count, first - family.first))
    return 0


def _numbers_of(program: Program, assembly: Assembly) -> dict[tuple[str, str], Floats]:
    """Series of the assembly as ``program`` has them, which may be others than it was assembled with."""
    numbers = {}
    for owner, name in assembly.series:
        block = assembly.model.asset[owner]
        table = program.tables.get(id(block.component(name)))
        if table is not None:
            numbers[owner, name] = table[0]
    return numbers
