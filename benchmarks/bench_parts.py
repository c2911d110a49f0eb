"""A linear program of units that start and stop: joined from its weeks, against solved as it is.

Usage: python benchmarks/bench_parts.py [SCENARIO] [DAYS]

For DAYS days (28) from three dates: processor seconds and iterations of both ways, what they end with, and their ratio. Joined
means the coarse program for prices, the weeks at these prices, and longer parts from their bases. Up to twelve weeks the last
part is the whole, and both end with its optimum; beyond, what ties parts stays priced, and the value is a bound.
"""

from __future__ import annotations

import sys
import time

from yuqian.models.commitment_law import Commitment
from yuqian.optimise.assemble import assemble
from yuqian.optimise.coarse_guide import LENGTHS_DAYS, CoarseGuide, spread
from yuqian.optimise.compile import compile_model
from yuqian.optimise.priced_start import estimated_prices, solve_from_prices
from yuqian.optimise.solve import SolverOptions
from yuqian.optimise.time_split import bound_by_parts
from yuqian.reports.study import Part, load

DATES = ("01-10", "05-01", "09-01")


def both_ways(scenario: str, month_day: str, days: int) -> None:
    """One date by both ways."""
    study = load(scenario, part=Part(month_day, days)).with_commitment(Commitment.RELAXED)
    kinds, series, clock = study.region.kinds, study.series.as_mapping(), study.clock
    assembly = study.assemble()
    program = compile_model(assembly.model)
    began = time.process_time()
    coarse = CoarseGuide.of(kinds, series, clock)
    assert coarse.solution.row_dual is not None
    prices = spread(coarse.program, coarse.steps, coarse.solution.row_dual, program, clock)
    joined = bound_by_parts(program, clock, prices, LENGTHS_DAYS)
    took = time.process_time() - began
    print(
        f"from {month_day}, {days} days: joined {took:.1f} s, {joined.iterations} iterations, {joined.yuan:,.0f} yuan",
        flush=True,
    )
    began = time.process_time()
    options = SolverOptions()
    simple = tuple(asset.with_commitment(Commitment.NONE) for asset in assembly.assets)
    daily = assemble(simple, series, clock)
    estimates = estimated_prices(program, daily.assets, daily.series, clock, options)
    alone = solve_from_prices(program, estimates, clock, options)
    whole = time.process_time() - began
    print(
        f"  alone {whole:.1f} s, {alone.iterations} iterations, {alone.objective_yuan:,.0f} yuan; ratio {whole / took:.1f}",
        flush=True,
    )


def main() -> None:
    scenario = sys.argv[1] if len(sys.argv) > 1 else "2030-plan"
    days = int(sys.argv[2]) if len(sys.argv) > 2 else 28
    for month_day in DATES:
        both_ways(scenario, month_day, days)


if __name__ == "__main__":
    main()
