"""What a strict order of water users and settled heads cost beside the plain solve of the same days.

Usage: python benchmarks/bench_water.py [SCENARIO] [DAYS] [MONTH]

Prints seconds of this process's own time, as multiples of the plain solve.
"""

from __future__ import annotations

import datetime as dt
import sys
import time

from yuqian.assets.scenario import load_region
from yuqian.models.clock import Clock
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.lexicographic import in_strict_order
from yuqian.optimise.priced_start import estimated_prices, solve_from_prices
from yuqian.optimise.settle import settle
from yuqian.optimise.solve import SolverOptions
from yuqian.timeseries.make import make_series


def main(scenario: str = "2030-plan", days: int = 28, month: int = 2) -> None:
    """Solve plainly, then settle, then in strict order."""
    region, options = load_region(scenario), SolverOptions()
    clock = Clock.of_days(dt.date(region.year, month, 1), days)
    assembly = assemble(region.kinds, make_series(region.kinds, clock).as_mapping(), clock)
    program = compile_model(assembly.model)
    began = time.process_time()
    prices = estimated_prices(program, assembly.assets, assembly.series, clock, options)
    plain = solve_from_prices(program, prices, options)
    solved = time.process_time()
    settled = settle(assembly, program, plain, options)
    after = time.process_time()
    strict = in_strict_order(assembly, program, plain, options, prices=prices)
    done = time.process_time()
    base = solved - began
    print(f"{scenario}, {days} days: {program.column_count} columns, {plain.iterations} iterations, {base:.2f} s")
    print(f"settled: {settled.is_settled}, {len(settled.passes)} passes, {(after - solved) / base:.2f} of the plain solve")
    solves = sum(stage.was_solved for stage in strict.stages)
    print(f"strict order: proven {strict.proven}, {solves} solves, {(done - after) / base:.2f} of the plain solve")


if __name__ == "__main__":
    main(*sys.argv[1:2], *(int(word) for word in sys.argv[2:4]))
