"""What a strict order of water users and settled heads cost beside the plain solve of the same days.

Usage: python benchmarks/bench_water.py [SCENARIO] [DAYS] [MONTH] [PASSES]

Prints seconds of this process's own time, as multiples of the plain solve; the strict order by levels of the day and, up to 28
days, by one program a class. PASSES is the most that settling may take. A year: ``2030-plan 365 1 3``.
"""

from __future__ import annotations

import datetime as dt
import sys
import time

from yuqian.assets.scenario import load_region
from yuqian.models.clock import Clock
from yuqian.optimise.assemble import assemble
from yuqian.optimise.class_levels import levels_by_the_day
from yuqian.optimise.compile import compile_model
from yuqian.optimise.lexicographic import at_levels, in_strict_order
from yuqian.optimise.priced_start import estimated_prices, solve_from_prices
from yuqian.optimise.settle import settle
from yuqian.optimise.solve import SolverOptions
from yuqian.timeseries.make import make_series

STAGED_UP_TO_DAYS = 28


def main(scenario: str = "2030-plan", days: int = 28, month: int = 2, passes: int = 12) -> None:
    """Solve plainly, then settle, then in strict order."""
    region, options = load_region(scenario), SolverOptions()
    clock = Clock.of_days(dt.date(region.year, month, 1), days)
    assembly = assemble(region.kinds, make_series(region.kinds, clock).as_mapping(), clock)
    program = compile_model(assembly.model)
    began = time.process_time()
    prices = estimated_prices(program, assembly.assets, assembly.series, clock, options)
    plain = solve_from_prices(program, prices, clock, options)
    solved = time.process_time()
    settled = settle(assembly, program, plain, options, passes_max=passes)
    after = time.process_time()
    levels = levels_by_the_day(assembly, program, options, region.water.order)
    levelled = time.process_time()
    strict = at_levels(assembly, program, plain, levels, options)
    done = time.process_time()
    base = solved - began
    print(f"{scenario}, {days} days: {program.column_count} columns, {plain.iterations} iterations, {base:.2f} s")
    print(f"settled: {settled.is_settled}, {len(settled.passes)} passes, {(after - solved) / base:.2f} of the plain solve")
    proven = strict is not None and strict.proven
    by_day, by_hour = (levelled - after) / base, (done - levelled) / base
    print(f"strict order: proven {proven}, levels {by_day:.2f} and the program held to them {by_hour:.2f} of the plain solve")
    if days <= STAGED_UP_TO_DAYS:
        staged = in_strict_order(assembly, program, plain, options, order=region.water.order, prices=prices)
        solves = sum(stage.was_solved for stage in staged.stages)
        print(f"by one program a class: {solves} solves, {(time.process_time() - done) / base:.2f} of the plain solve")


if __name__ == "__main__":
    main((sys.argv[1:] or ["2030-plan"])[0], *(int(word) for word in sys.argv[2:5]))
