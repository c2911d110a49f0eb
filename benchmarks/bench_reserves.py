"""What reserve requirements add to a scenario: size, effort and cost with and without them, over some days.

Usage: python benchmarks/bench_reserves.py [DAYS] [WITHOUT] [WITH]

Prints columns, rows, iterations and seconds of this process's own time for both scenarios (default 28 days of 2030-plan and of
2030-plan-reserves), their ratio, what the reserves cost, and the price of each requirement.
"""

from __future__ import annotations

import datetime as dt
import sys
import time

from yuqian.models.clock import Clock
from yuqian.optimise.answers import answers
from yuqian.optimise.compile import compile_model
from yuqian.optimise.priced_start import estimated_prices, solve_from_prices
from yuqian.optimise.prices import balance_prices
from yuqian.optimise.solve import SolverOptions
from yuqian.reports.audit import audit
from yuqian.reports.study import Study, load
from yuqian.timeseries.make import make_series


def solved(scenario: str, days: int) -> tuple[float, float]:
    """Seconds and cost (yuan) of the first days of a scenario's year, from daily prices, as a run solves it."""
    region = load(scenario).region
    clock = Clock.of_days(dt.date(region.year, 1, 1), days)
    study = Study(region, clock, make_series(region.kinds, clock))
    assembly, options = study.assemble(), SolverOptions()
    program = compile_model(assembly.model)
    began = time.process_time()
    prices = estimated_prices(program, assembly.assets, assembly.series, clock, options)
    solution = solve_from_prices(program, prices, clock, options)
    seconds = time.process_time() - began
    audit(assembly.assets, answers(assembly, program, solution), clock, solution.objective_yuan).require()
    print(f"{scenario}, {days} days: {program.column_count} columns, {program.row_count} rows, ", end="")
    print(f"{solution.iterations} iterations, {seconds:.1f} s, {solution.objective_yuan / 1e6:.3f} million yuan")
    opened = {asset.id for asset in assembly.assets if asset.reserve_product() is not None}
    for name, price in balance_prices(assembly, program, solution).items():
        if name in opened:
            print(f"  {name}: mean {price.values.mean():.1f}, highest {price.values.max():.1f} yuan/MWh")
    return seconds, solution.objective_yuan


def main() -> None:
    days = int(sys.argv[1]) if len(sys.argv) > 1 else 28
    without = sys.argv[2] if len(sys.argv) > 2 else "2030-plan"
    held = sys.argv[3] if len(sys.argv) > 3 else "2030-plan-reserves"
    (plain_s, plain_yuan), (held_s, held_yuan) = (solved(scenario, days) for scenario in (without, held))
    print(f"ratio of seconds {held_s / plain_s:.2f}; reserves cost {(held_yuan - plain_yuan) / 1e6:.3f} million yuan")


if __name__ == "__main__":
    main()
