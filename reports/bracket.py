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
from yuqian.optimise.simulate import Calendar, Simulation, simulate
from yuqian.optimise.solve import SolverOptions
from yuqian.reports.long import LongResult, LongStudy, Supply
from yuqian.reports.standard_tables import DRAWDOWN
from yuqian.reports.usual_rules import usual_rules

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
) -> tuple[Supply, Numbers]:  # fmt: skip
    """The same trace by rolling horizon: every month re-planned, the month known, the rest expected.

    Targets are the median storages of the answer with perfect foresight at the beginning of each month; the first window
    begins with what that answer begins with. Also what is handed on at the end, which nothing but the targets holds up.
    """
    study = result.study
    windows = SeasonalWindows(
        study.side.all, study.series.as_mapping(), study.clock, years_ahead, terminal is not Terminal.NONE
    )  # fmt: skip
    target = {key: np.median(path, axis=0) for key, path in guide.paths.items()}
    plan = LongRollingPlan(caution=caution, terminal=terminal, target=target, values=values)
    rolled = roll_long(windows, guide.openings, result.supply.users, plan, options, tell)
    return replace(result.supply, supplied_hm3=rolled.supplied_hm3), rolled.closing


@dataclass(frozen=True)
class ByRule:
    """A trace run by operating rules, which know nothing that has not come yet.

    Attributes:
        simulation: by step.
        study: the trace for whoever is compared with the rules: every reservoir begins as it does for them, and must end
            with no less.
    """

    simulation: Simulation
    study: LongStudy

    @classmethod
    def of(cls, study: LongStudy, rules: Rules | None = None) -> ByRule:
        """Run the trace of a study by rule; units at the load of the long series.

        Raises:
            OperatingError: for a network that cannot be run by rule.
        """
        given = replace(rules or usual_rules(study.region), cooling_load_fraction=study.plan.load_fraction)
        simulation = simulate(study.side.assets, study.series.as_mapping(), Calendar.of(study.clock), given)
        stores = simulation.names.stores
        opening = dict(zip(stores, simulation.plan.store_opening.tolist(), strict=True))
        closing = {store: float(simulation.storage_hm3(store)[-1, 0]) for store in stores}
        assets = tuple(asset.with_ends(opening, closing) for asset in study.side.assets)
        return cls(simulation, replace(study, side=replace(study.side, assets=assets)))

    @property
    def opening_hm3(self) -> float:
        """Of all reservoirs."""
        return float(self.simulation.plan.store_opening.sum())

    @property
    def closing_hm3(self) -> float:
        """Of all reservoirs."""
        return sum(float(self.simulation.storage_hm3(store)[-1, 0]) for store in self.simulation.names.stores)

    def closing_of(self, result: LongResult) -> float:
        """What an answer that begins alike leaves in all reservoirs, hm3."""
        volume, balances = result.study.clock.water.hm3_per_m3_per_s, result.ledger.balances
        lines = [line for store in self.simulation.names.stores for line in balances[store].lines if line.owner == store]
        drawn = sum(float(line.values @ volume) for line in lines if line.label == DRAWDOWN)
        return self.opening_hm3 - drawn

    def supply(self, like: Supply) -> Supply:
        """What the users of another way got by rule."""
        supplied = np.array([self.simulation.delivered_hm3(user)[:, 0] for user in like.users])
        return replace(like, supplied_hm3=supplied.reshape(like.demand_hm3.shape))


def values_of_water(
    study: LongStudy, guide: Guidance, years: Sequence[int] | None = None, options: SolverOptions | None = None,
    tell: Tell | None = None,
) -> ValueFunctions:  # fmt: skip
    """Values of stored water by month, from windows of two years that begin in some years of the series."""
    windows = SeasonalWindows(study.side.all, study.series.as_mapping(), study.clock, 2)
    spread = np.unique(np.linspace(0, windows.years - 1, min(VALUE_YEARS, windows.years)).astype(int))
    chosen = [int(year) for year in spread] if years is None else years
    return value_functions(windows, guide.paths, guide.by_month, chosen, options=options, tell=tell)
