"""The year of a scenario: how long the parts take, and what its prices by the day and its fortnights are worth.

Usage: python benchmarks/bench_year.py [SCENARIO] [DAYS]

Prints seconds of this process's own time, iterations, and the peak memory. On DAYS days (default 91) the ordinary solve, the
one that begins with daily prices, and the one that is joined of fortnights at these prices run one after the other; the whole
year runs by the latter two, because the ordinary way takes too long to wait for. Ratios are of the first to the last.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable

import highspy
import numpy as np

from yuqian.models.clock import Rhythm
from yuqian.optimise.compile import compile_model
from yuqian.optimise.lazy_meshes import solve_lazily
from yuqian.optimise.priced_start import at_once, estimated_prices, solve_from_prices
from yuqian.optimise.solve import Solution, SolverOptions, hand_over, solve
from yuqian.reports.study import Part, Study, load


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


def worth_of_prices(study: Study, *, with_ordinary: bool) -> None:
    """The same days solved in two or three ways."""
    assembly, clock, options = study.assemble(), study.clock, SolverOptions()
    program = compile_model(assembly.model)
    prices = estimated_prices(program, assembly.assets, assembly.series, clock, options)
    ways: dict[str, Callable[[], Solution]] = {
        "begun with daily prices": lambda: solve_lazily(program, at_once(prices, options)),
        "joined of fortnights": lambda: solve_from_prices(program, prices, clock, options),
    }
    if with_ordinary:
        ways = {"ordinary": lambda: solve(program, options), **ways}
    seconds, costs = [], []
    print(f"{clock.water.count} days, the solve alone: ", end="")
    for name, way in ways.items():
        began = time.process_time()
        found = way()
        seconds.append(time.process_time() - began)
        costs.append(found.objective_yuan)
        print(f"{name} {seconds[-1]:.1f} s, {found.iterations} iterations; ", end="", flush=True)
    assert np.allclose(costs, costs[0], rtol=1e-7)
    print(f"ratio {seconds[0] / seconds[-1]:.2f}")


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
    worth_of_prices(load(scenario, part=Part("01-01", days)), with_ordinary=True)
    worth_of_prices(study, with_ordinary=False)
    whole_year(study)


if __name__ == "__main__":
    main()
