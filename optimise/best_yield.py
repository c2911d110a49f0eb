"""The largest yield of a store with at most so many failing years: exact, by mixed-integer programming.

The years that fail are chosen with perfect foresight, so this is the upper bound of any operating rule's yield at the same
number of failures. It is solved by the ordinary engine: the network with a :class:`YieldDemand` in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from yuqian.models.clock import Clock, Floats
from yuqian.models.kind import Kind
from yuqian.models.yield_demand import YieldDemand
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import SeriesByAsset, assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Outcome, Solution, SolverOptions, solve

TIGHTENINGS_MAX = 6
STILL_FALLS = 1e-4


class YieldError(RuntimeError):
    """A network that keeps up no yield at all, or a search that ended without one; the message says why."""


@dataclass(frozen=True)
class BestYield:
    """The largest mean draft, and how sure it is.

    Attributes:
        flow_m3_per_s: the yield found.
        bound_m3_per_s: no choice of failing years yields more.
        failing_years: years, from 0, in which something is missing.
        outcome, seconds: of the search.
    """

    flow_m3_per_s: float
    bound_m3_per_s: float
    failing_years: tuple[int, ...]
    outcome: Outcome
    seconds: float

    @property
    def gap_fraction(self) -> float:
        """Distance to the bound, relative to the yield."""
        return (self.bound_m3_per_s - self.flow_m3_per_s) / max(self.flow_m3_per_s, 1e-12)


def best_yield(
    assets: Iterable[Kind], series: SeriesByAsset, clock: Clock, demand: YieldDemand, options: SolverOptions | None = None
) -> BestYield:
    """The largest yield that ``demand`` can draw from a network.

    The bound on the yield, which the limits of missing water go by, is first tightened by the linear relaxation as long as
    that falls: the tighter it is, the fewer choices of years have to be tried.

    Args:
        assets: the network without the demand. Other prices in it (ecological shortage, spill) count in the same objective:
            what must come before the yield needs a price far above its value, what must not, one far below.
        series: of the assets and the demand.

    Raises:
        YieldError: if the search ends without a yield.
    """
    network = tuple(assets)
    options = options or SolverOptions(gap_fraction=1e-6)
    if demand.failing_years_count:
        for _ in range(TIGHTENINGS_MAX):
            relaxed, _ = _solved(network, series, clock, demand, options, relax=True)
            bound = float(relaxed) * (1 + 1e-9)
            falls = bound < demand.flow_max_m3_per_s * (1 - STILL_FALLS)
            demand = demand.model_copy(update={"flow_max_m3_per_s": min(max(bound, 1e-9), demand.flow_max_m3_per_s)})
            if not falls:
                break
    found, solution = _solved(network, series, clock, demand, options, relax=False)
    missing = solution.missing
    by_year = np.add.reduceat(missing, np.arange(0, len(missing), demand.steps_per_year_count))
    failing = tuple(int(year) for year in np.flatnonzero(by_year > 1e-6 * max(1.0, found) * demand.steps_per_year_count))
    # The bound of the objective is one of the yield: nothing else in it is worth more than nothing.
    per_flow = demand.value_yuan_per_m3 * float(clock.water.hours.sum()) * 3600.0
    bound = max(found, -solution.solution.bound_yuan / per_flow) if np.isfinite(solution.solution.bound_yuan) else np.inf
    bound = min(bound, demand.flow_max_m3_per_s) if demand.failing_years_count else found
    return BestYield(found, float(bound), failing, solution.solution.outcome, solution.solution.seconds)


@dataclass(frozen=True)
class _Found:
    solution: Solution
    missing: Floats


def _solved(
    network: tuple[Kind, ...], series: SeriesByAsset, clock: Clock, demand: YieldDemand, options: SolverOptions, relax: bool
) -> tuple[float, _Found]:
    assembly = assemble((*network, demand), series, clock)
    program = compile_model(assembly.model)
    solution = solve(_relaxed(program) if relax else program, options)
    if solution.x is None:
        raise YieldError(f"no yield of '{demand.id}' was found: the search ended as '{solution.outcome.value}'")
    answer = answers(assembly, program, solution)[demand.id]
    return float(answer.yield_m3_per_s[0]), _Found(solution, np.asarray(answer.missing_m3_per_s))


def _relaxed(program: Program) -> Program:
    return replace(program, integral=np.zeros_like(program.integral))
