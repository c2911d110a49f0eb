"""A published unit-commitment case in whole units: searched at once, and begun with a solution made part by part.

Usage: python benchmarks/bench_stepwise.py FILE [GAP] [PARTS]

FILE is a case of pglib-uc or Egret as JSON. Identical units are merged where that is exact. Prints, for both ways, the cost,
the proven bound and the seconds of this process's own time to a relative gap (default 0.003), and the ratio of the seconds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from yuqian.assets.published_case import merge_identical
from yuqian.assets.read_egret import read_egret
from yuqian.assets.read_pglib import read_pglib
from yuqian.models.commitment_law import Commitment, Formulation
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.solve import Solution, SolverOptions, solve
from yuqian.optimise.stepwise import solve_stepwise


def timed(name: str, search: Callable[[], Solution]) -> float:
    """Search once and print what came of it; returns the seconds."""
    began = time.process_time()
    found = search()
    seconds = time.process_time() - began
    gap = 1.0 - found.bound_yuan / found.objective_yuan
    print(f"{name}: {found.objective_yuan:.2f}, bound {found.bound_yuan:.2f}, gap {gap:.2%}, {seconds:.1f} s", flush=True)
    return seconds


def main() -> None:
    path = Path(sys.argv[1])
    gap = float(sys.argv[2]) if len(sys.argv) > 2 else 3e-3
    parts = int(sys.argv[3]) if len(sys.argv) > 3 else 2
    is_pglib = '"thermal_generators"' in path.read_text(encoding="utf-8")
    read = read_pglib if is_pglib else read_egret
    case = merge_identical(read(path, Commitment.INTEGER, Formulation.TIGHT))
    program = compile_model(assemble(case.assets, case.series, case.clock).model)
    options = SolverOptions(gap_fraction=gap, time_limit_s=1800.0)
    by_parts = timed(f"in {parts} parts", lambda: solve_stepwise(program, options, parts))
    at_once = timed("at once", lambda: solve(program, options))
    print(f"ratio {at_once / by_parts:.2f}")


if __name__ == "__main__":
    main()
