"""Prices to begin a year with, from the same year by the day.

The dual simplex method begins with every price at nought: coal is free, so all units run at full load, and the yards' rows,
which tie all hours of the year together, are the first to be mended; from then on every iteration drags the whole year along.
The same model with one power step a day is small, and its prices of coal and water are nearly right. Taking a row's price
times the row from the objective changes no solution (an equality holds whatever it costs), but lets the method begin there.

A season or more is then solved by the fortnight, where what ties fortnights together is paid for at these prices, and the
bases of the fortnights make one of the whole. What is left to be mended is the ties alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace

import highspy
import numpy as np

from yuqian.models.clock import Clock, Floats, Rhythm, Timeline
from yuqian.models.kind import RESERVED_ID, Kind
from yuqian.optimise.affine import Ints
from yuqian.optimise.assemble import SeriesByAsset, assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.lazy_meshes import Solver, solve_lazily
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Method, Outcome, Report, Solution, SolverError, SolverOptions, solve
from yuqian.optimise.time_split import PartEnded, SplitError, bound_by_parts

PART_DAYS = 14
LEAST_PARTS = 6
"""Of a clock that is joined of parts; below, the whole is small enough to be solved at once."""
ROWS_TOLERANCE = 1e-6
"""How far a row, relative to the size of its terms, or the cost may be off in an answer."""


def coarser(clock: Clock, per_water: int = 1) -> Clock:
    """The same calendar with so many power steps in each water step; as many as there are must be a multiple of it."""
    if clock.power_per_water % per_water:
        raise ValueError(f"{clock.power_per_water} power steps in a water step cannot be joined to {per_water}")
    hours = clock.power.hours.reshape(clock.water.count * per_water, -1).sum(axis=1)
    return Clock(Timeline(Rhythm.POWER, clock.power.start, hours, clock.power.drops_leap_days), clock.water)


def averaged(
    assets: Iterable[Kind], series: SeriesByAsset, clock: Clock, per_water: int = 1
) -> dict[tuple[str, str], Floats]:  # fmt: skip
    """The series of :func:`coarser`: those by power step averaged over its steps, daily ones as they are."""
    count = clock.water.count * per_water
    return {
        (asset.id, name): np.reshape(series[asset.id, name], (count, -1)).mean(axis=1)
        if need.rhythm is Rhythm.POWER
        else series[asset.id, name]
        for asset in assets
        for name, need in asset.series.items()
        if (asset.id, name) in series
    }


def estimated_prices(
    program: Program, assets: tuple[Kind, ...], series: SeriesByAsset, clock: Clock, options: SolverOptions
) -> Floats | None:
    """Prices for the equality rows of ``program``, from the year by the day; None where that has no optimum.

    Rows by the day take the price of the same row; balances by the hour take the day's price, spread over its hours; other
    rows by the hour and inequalities take none.

    Returns:
        yuan per unit of right-hand side, shape (rows,).
    """
    if clock.power_per_water == 1:
        return None
    daily_clock = coarser(clock)
    daily = compile_model(assemble(assets, averaged(assets, series, clock), daily_clock).model)
    found = solve(daily, options)
    if found.outcome is not Outcome.OPTIMAL or found.row_dual is None:
        return None
    known = {(family.owner, family.name): family for family in daily.layout.rows}
    prices = np.zeros(program.row_count)
    for family in program.layout.rows:
        same = known.get((family.owner, family.name))
        if same is None:
            continue
        by_day = found.row_dual[same.start : same.stop]
        if same.count == family.count:
            prices[family.start : family.stop] = by_day
        elif family.owner == RESERVED_ID and family.count == clock.power.count:
            prices[family.start : family.stop] = by_day[clock.water_of_power] / clock.power_per_water
    prices[program.row_lower != program.row_upper] = 0.0
    return prices


def shifted(program: Program, prices: Floats) -> Program:
    """The same problem with the prices of equality rows taken from the objective; a solution costs what it cost.

    The duals of its rows are those of ``program`` less ``prices``.
    """
    offset = program.offset + float(prices @ np.where(prices != 0.0, program.row_lower, 0.0))
    return replace(program, cost=program.cost - program.matrix.T @ prices, offset=offset)


def solve_from_prices(
    program: Program,
    prices: Floats | None,
    clock: Clock,
    options: SolverOptions | None = None,
    report: Report | None = None,
) -> Solution:
    """Solve ``program``, beginning with ``prices`` for its equality rows if there are any, and its meshes lazily.

    A linear program over a season or longer is joined of its fortnights at these prices (:mod:`yuqian.optimise.time_split`),
    where the method of solving it is left open or simplex.
    """
    options, began = options or SolverOptions(), time.perf_counter()
    alone = at_once(prices, options, report)
    if prices is None or not _is_worth_parts(program, clock, options):
        return solve_lazily(program, alone)

    def joined(part: Program, rows: Ints, start: highspy.HighsBasis | None) -> Solution:
        if start is not None:
            return alone(part, rows, start)
        found = _joined(part, prices[rows], clock, options.after(time.perf_counter() - began), report)
        if found is not None and _keeps_its_rows(part, found):
            return found
        if found is not None and found.basis is not None:
            found = alone(part, rows, found.basis)
            if _keeps_its_rows(part, found):
                return found
        return alone(part, rows, None)

    return solve_lazily(program, joined)


def at_once(prices: Floats | None, options: SolverOptions, report: Report | None = None) -> Solver:
    """A solver that begins with ``prices`` for equality rows, if there are any; shape (rows of the whole,).

    The limit of time counts from this call on, for all that it is asked to solve.
    """
    began = time.perf_counter()

    def solver(part: Program, rows: Ints, start: highspy.HighsBasis | None) -> Solution:
        left = options.after(time.perf_counter() - began)
        own = left if start is None else left.from_basis
        if prices is None:
            return solve(part, own, report, start)
        found = solve(shifted(part, prices[rows]), own, report, start)
        return found if found.row_dual is None else replace(found, row_dual=found.row_dual + prices[rows])

    return solver


def _is_worth_parts(program: Program, clock: Clock, options: SolverOptions) -> bool:
    is_simplex = options.method in (Method.CHOOSE, Method.SIMPLEX)
    return is_simplex and clock.water.count >= LEAST_PARTS * PART_DAYS and not program.integral.any()


def _keeps_its_rows(program: Program, found: Solution) -> bool:
    """Whether decisions, if there are any, keep all rows and cost what is said; HiGHS judges a problem that it has scaled."""
    if found.x is None:
        return True
    activity, size = program.matrix @ found.x, 1.0 + abs(program.matrix) @ np.abs(found.x)
    missed = np.maximum(program.row_lower - activity, activity - program.row_upper)
    off_yuan = abs(float(program.cost @ found.x) + program.offset - found.objective_yuan)
    spent_yuan = 1.0 + float(np.abs(program.cost) @ np.abs(found.x))
    return bool(np.all(missed <= ROWS_TOLERANCE * size)) and off_yuan <= ROWS_TOLERANCE * spent_yuan


def _joined(program: Program, prices: Floats, clock: Clock, options: SolverOptions, report: Report | None) -> Solution | None:
    """The optimum, or how the solve ended without one; None where the prices are to blame for that."""
    try:
        return bound_by_parts(program, clock, prices, (PART_DAYS, clock.water.count), options, report).as_solution()
    except PartEnded as ended:
        return None if ended.found.outcome is Outcome.UNBOUNDED else ended.found
    except (SplitError, SolverError):
        return None
