"""The bracket: one trace of flow, run with no, with little and with perfect foresight, counted alike.

What lies between the rules and perfect foresight is what foresight is worth; no plan may count on it. The rolling horizon
stands in the middle: it plans, but does not know. It may cut the lowest class more often than a rule, to save the higher ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from yuqian.models.clock import Floats
from yuqian.optimise.compile import compile_model
from yuqian.optimise.end_values import Terminal, ValueFunctions, stocks_of, value_functions
from yuqian.optimise.long_rolling import LongRollingPlan, roll_long
from yuqian.optimise.operating_rules import Rules
from yuqian.optimise.program import Program
from yuqian.optimise.seams import Numbers, Seams
from yuqian.optimise.seasonal_windows import SeasonalWindows, openings_of
from yuqian.optimise.simulate import Calendar, simulate
from yuqian.optimise.solve import SolverOptions
from yuqian.reports.long import LongResult, LongStudy, Supply

PERFECT, ROLLING, RULES = "perfect foresight", "rolling horizon", "rules"
VALUE_YEARS = 6
"""Years that windows for values of water begin in, spread over the series."""
Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Guidance:
    """What the answer with perfect foresight says to windows.

    Attributes:
        paths: of each stock by its key, at the beginning of each month, shape (years, 12).
        openings: what the first window begins with.
        by_month: what windows for values begin with besides stocks, for each month.
    """

    paths: Mapping[str, Floats]
    openings: Numbers
    by_month: tuple[Numbers, ...]


def guidance(result: LongResult) -> Guidance:
    """Read stocks and openings out of an answer over the whole series."""
    study = result.study
    assembly = study.assemble()
    program, x = compile_model(assembly.model), result.solution.x
    assert x is not None
    windows = SeasonalWindows(study.side.all, study.series.as_mapping(), study.clock)
    years = range(windows.years)
    starts = np.array([[windows.start_of(month, year) for month in range(12)] for year in years])
    seams = Seams(assembly)
    paths = {one.key: seams.values(one, program, x, starts.ravel() - 1).reshape(starts.shape) for one in stocks_of(seams)}
    by_month = tuple(_at(seams, program, x, int(starts[len(starts) // 2, month])) for month in range(12))
    return Guidance(paths, openings_of(assembly, program, x), by_month)


def _at(seams: Seams, program: Program, x: Floats, start: int) -> Numbers:
    """All that is carried into a step, as windows take it."""
    numbers: Numbers = {}
    for one in seams.carried:
        if one.quota_row is None:
            at = np.maximum(start + np.asarray(one.over), min(one.over))
            numbers |= {(one.owner, param): seams.values(one, program, x, at) for param in one.params}
        else:
            numbers[one.owner, one.params[0]] = np.array(one.opening)
    return numbers


def rolled_supply(
    result: LongResult, guide: Guidance, terminal: Terminal, values: ValueFunctions | None = None, caution: float = 0.8,
    years_ahead: int = 1, options: SolverOptions | None = None, tell: Tell | None = None,
) -> Supply:  # fmt: skip
    """The same trace by rolling horizon: every month re-planned, the month known, the rest expected.

    Targets are the median storages of the answer with perfect foresight at the beginning of each month.
    """
    study = result.study
    windows = SeasonalWindows(
        study.side.all, study.series.as_mapping(), study.clock, years_ahead, terminal is not Terminal.NONE
    )  # fmt: skip
    target = {key: np.median(path, axis=0) for key, path in guide.paths.items()}
    plan = LongRollingPlan(caution=caution, terminal=terminal, target=target, values=values)
    rolled = roll_long(windows, guide.openings, result.supply.users, plan, options, tell)
    return replace(result.supply, supplied_hm3=rolled.supplied_hm3)


def rules_supply(result: LongResult, rules: Rules | None = None) -> Supply:
    """The same trace by operating rules, which know nothing that has not come yet; units at the load of the long series."""
    study = result.study
    given = replace(rules or Rules(), cooling_load_fraction=study.plan.load_fraction)
    simulation = simulate(study.side.assets, study.series.as_mapping(), Calendar.of(study.clock), given)
    supplied = np.array([simulation.delivered_hm3(user)[:, 0] for user in result.supply.users])
    return replace(result.supply, supplied_hm3=supplied.reshape(result.supply.demand_hm3.shape))


def values_of_water(
    study: LongStudy, guide: Guidance, years: Sequence[int] | None = None, options: SolverOptions | None = None,
    tell: Tell | None = None,
) -> ValueFunctions:  # fmt: skip
    """Values of stored water by month, from windows of two years that begin in some years of the series."""
    windows = SeasonalWindows(study.side.all, study.series.as_mapping(), study.clock, 2)
    spread = np.unique(np.linspace(0, windows.years - 1, min(VALUE_YEARS, windows.years)).astype(int))
    chosen = [int(year) for year in spread] if years is None else years
    return value_functions(windows, guide.paths, guide.by_month, chosen, options=options, tell=tell)
