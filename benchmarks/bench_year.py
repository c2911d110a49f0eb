"""The year of a scenario: how long the parts take, and what a start from daily prices is worth.

Usage: python benchmarks/bench_year.py [SCENARIO] [DAYS]

Prints seconds of this process's own time, iterations, and the peak memory. With DAYS (default 91) the ordinary solve and the
one from daily prices run one after the other on that many days, and their ratio is printed; the whole year is solved from
daily prices only, because the ordinary way takes too long to wait for.
"""

from __future__ import annotations

import datetime as dt
import resource
import sys
import time

import highspy
import numpy as np

from yuqian.models.clock import Clock, Rhythm
from yuqian.optimise.compile import compile_model
from yuqian.optimise.priced_start import estimated_prices, solve_from_prices
from yuqian.optimise.solve import SolverOptions, hand_over, solve
from yuqian.reports.study import Study, load
from yuqian.timeseries.make import make_series


def parts_of_the_year(scenario: str) -> Study:
    """Declare, compile and hand over the year; then a second scenario of the same structure."""
    began = time.perf_counter()
    study = load(scenario)
    read = time.perf_counter()
    assembly = study.assemble()
    declared = time.perf_counter()
    program = compile_model(assembly.model)
    compiled = time.perf_counter()
    hand_over(highspy.Highs(), program)
    handed = time.perf_counter()
    dry = {
        key: 0.7 * values if key[1] == "inflow_m3_per_s" else values
        for key, values in study.series.as_mapping().items()
        if _rhythm(study, key) is Rhythm.WATER or key[1] == "available_fraction"
    }
    again = time.perf_counter()
    hand_over(highspy.Highs(), program.with_series(dry))
    second = time.perf_counter() - again
    print(f"{scenario}: {program.column_count} columns, {program.row_count} rows, {program.matrix.nnz} non-zeros")
    print(f"read {read - began:.2f} s, declare {declared - read:.2f} s, compile {compiled - declared:.2f} s, ", end="")
    print(f"hand over {handed - compiled:.2f} s; second scenario, {len(dry)} series: {second:.2f} s")
    return study


def worth_of_prices(study: Study, days: int) -> None:
    """The same days solved both ways."""
    clock = Clock.of_days(dt.date(study.region.year, 1, 1), days)
    short = Study(study.region, clock, make_series(study.region.kinds, clock))
    assembly, options = short.assemble(), SolverOptions()
    program = compile_model(assembly.model)
    began = time.process_time()
    plain = solve(program, options)
    middle = time.process_time()
    prices = estimated_prices(program, assembly.assets, assembly.series, clock, options)
    priced = solve_from_prices(program, prices, clock, options)
    ended = time.process_time()
    assert np.isclose(plain.objective_yuan, priced.objective_yuan, rtol=1e-7)
    print(f"{days} days: ordinary {middle - began:.1f} s, {plain.iterations} iterations; ", end="")
    print(f"from daily prices {ended - middle:.1f} s, {priced.iterations}; ratio {(middle - began) / (ended - middle):.2f}")


def whole_year(study: Study) -> None:
    """Everything from the model to the audited answer, without saving."""
    result = study.run()
    print("year: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in result.seconds.items()))
    print(f"{result.solution.iterations} iterations, objective {result.objective_yuan:.6g} yuan, ", end="")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


def _rhythm(study: Study, key: tuple[str, str]) -> Rhythm:
    return study.region.asset(key[0]).model.series[key[1]].rhythm


def main() -> None:
    scenario = sys.argv[1] if len(sys.argv) > 1 else "2030-plan"
    days = int(sys.argv[2]) if len(sys.argv) > 2 else 91
    study = parts_of_the_year(scenario)
    worth_of_prices(study, days)
    whole_year(study)


if __name__ == "__main__":
    main()
