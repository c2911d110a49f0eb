"""The bracket: one trace of flow, run with no, with little and with perfect foresight, counted and priced alike.

All ways begin with one state and are one program's decisions over the whole trace: those of the rules (held to their storages
and deliveries), of the rolling horizon (put together month by month) and of perfect foresight (its optimum). So they are priced
by one objective: all costs of the program, shortage and what is sold as power above all, less the value of the water that is
left at the end. Perfect foresight costs no more than the others by construction; that the rolling horizon costs no more than
the rules is found, not built in. What lies between is what foresight is worth; no plan may count on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from graphlib import TopologicalSorter

import numpy as np

from yuqian.models.clock import Floats
from yuqian.models.ledger import Account
from yuqian.models.operation import Given
from yuqian.optimise.end_values import ValueFunctions, with_values
from yuqian.optimise.entries import Books, books
from yuqian.optimise.given_course import held_to
from yuqian.optimise.long_rolling import roll_long
from yuqian.optimise.operating_rules import Rules
from yuqian.optimise.program import Program
from yuqian.optimise.seasonal_windows import SeasonalWindows
from yuqian.optimise.simulate import Calendar, Simulation, simulate
from yuqian.optimise.solve import Outcome, Solution, SolverOptions, solve
from yuqian.optimise.state import Ends, Place, as_openings
from yuqian.optimise.water_values import LearningPlan, learn
from yuqian.reports.long import LongResult, LongStudy, Supply, supply_of
from yuqian.reports.results import collect
from yuqian.reports.standard_tables import DRAWDOWN
from yuqian.reports.study import NoAnswer, advice_on
from yuqian.reports.usual_rules import usual_rules

PERFECT, ROLLING, RULES = "perfect foresight", "rolling horizon", "rules"
Tell = Callable[[int, int], None]


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


@dataclass(frozen=True)
class Bill:
    """What a way costs, yuan.

    Attributes:
        shortage: of users, rivers and plants, at their prices.
        trade: with the markets that stand in for the rest of the region: less than nothing where power is sold.
        other: operation, spill, levels.
        stored: value of the water at the beginning less that at the end.
    """

    shortage: float
    trade: float
    other: float
    stored: float

    @property
    def total(self) -> float:
        """The objective that all ways share."""
        return self.shortage + self.trade + self.other + self.stored


@dataclass(frozen=True)
class Leg:
    """One way to run the trace.

    Attributes:
        closing_hm3: what it leaves in all reservoirs.
        residual: largest of its audit, relative.
    """

    supply: Supply
    bill: Bill
    closing_hm3: float
    residual: float


@dataclass(frozen=True, eq=False)
class Bracket:
    """One trace, to be run in three ways.

    Attributes:
        by_rule: the rules, and what they begin with.
        values: of water, learnt from other traces.
    """

    by_rule: ByRule
    values: ValueFunctions
    options: SolverOptions | None = None

    @property
    def study(self) -> LongStudy:
        return self.by_rule.study

    @cached_property
    def windows(self) -> SeasonalWindows:
        return windows_of(self.study)

    @cached_property
    def opening(self) -> Floats:
        """State that every way begins with."""
        return opening_state(self.by_rule, self.windows.whole.places)

    @cached_property
    def _program(self) -> Program:
        whole = self.windows.whole
        return whole.program.with_series(as_openings(whole.places, self.opening))

    @cached_property
    def _ends(self) -> Ends:
        return Ends.of(self.windows.whole.seams, self._program, self.windows.whole.places)

    @cached_property
    def _valued(self) -> Program:
        """The whole trace, paid for what it leaves."""
        self.values.require(self.windows.whole.places)
        return with_values(self._program, self._ends, self.windows.whole.places, self.values, 0)

    def perfect(self) -> Leg:
        """The optimum of the whole.

        Raises:
            NoAnswer: when the solve ends without one.
        """
        return self._leg(self._optimum(self._valued))

    def rolling(self, tell: Tell | None = None) -> Leg:
        """Month by month."""
        return self._leg(roll_long(self.windows, self.opening, self.values, self.options, tell).x)

    def rules(self) -> Leg:
        """What the rules store and deliver; releases, and power with them, at their best.

        Raises:
            NoAnswer: when the program cannot follow the rules.
        """
        simulation, users = self.by_rule.simulation, self.study.demands
        storage = {store: simulation.storage_hm3(store)[:, 0] for store in simulation.names.stores}
        delivered = {user: simulation.delivered_hm3(user)[:, 0] for user in users}
        held = held_to(self.windows.whole.assembly, self._valued, storage, delivered)
        leg = self._leg(self._optimum(held))
        return replace(leg, supply=self.by_rule.supply(leg.supply))

    def _optimum(self, program: Program) -> Floats:
        found = solve(program, self.options)
        if found.x is None or found.outcome is not Outcome.OPTIMAL:
            raise NoAnswer(found.outcome, advice_on(found.outcome))
        return found.x[: self._program.column_count]

    def _leg(self, x: Floats) -> Leg:
        assembly, places = self.windows.whole.assembly, self.windows.whole.places
        ledger = books(assembly, self._program, x)
        cost = float(self._program.cost @ x) + self._program.offset
        solution = Solution(Outcome.OPTIMAL, cost, cost, x, None, None, 0, 0.0, 0.0, "")
        openings = as_openings(places, self.opening)
        audit = collect(assembly, self._program, solution, ledger, {}, {}, openings).audit()
        audit.require()
        state = self._ends.state(x)
        stored = self.values.total(0, places, self.opening) - self.values.total(0, places, state)
        bill = _bill(ledger, {port.id for port in self.study.side.ports}, stored)
        closing = float(sum(value for place, value in zip(places, state, strict=True) if place.is_stored_water))
        return Leg(supply_of(ledger, self.study.demands, self.study.clock), bill, closing, audit.largest_relative)


def _bill(ledger: Books, ports: set[str], stored: float) -> Bill:
    """The account of costs in three parts; what is short is labelled so by whoever enters it."""
    parts = {"shortage": 0.0, "trade": 0.0, "other": 0.0}
    for line in ledger.accounts[Account.COST]:
        is_short = line.label.startswith("shed ") or "shortage" in line.label or line.label == "emergency water"
        parts["trade" if line.owner in ports else "shortage" if is_short else "other"] += float(line.values.sum())
    return Bill(parts["shortage"], parts["trade"], parts["other"], stored)


def windows_of(study: LongStudy, programs_of: SeasonalWindows | None = None) -> SeasonalWindows:
    """The months of a study's trace."""
    return SeasonalWindows(study.side.all, study.series.as_mapping(), study.clock, programs_of)


def opening_state(by_rule: ByRule, places: tuple[Place, ...]) -> Floats:
    """What the rules begin with: reservoirs as they open them, reaches as if the first step's inflow had always come."""
    simulation = by_rule.simulation
    held = dict(zip(simulation.names.stores, simulation.plan.store_opening.tolist(), strict=True))
    flows = _opening_flows(by_rule)
    return np.array(
        [held.get(place.one.owner, 0.0) if place.is_stored_water else flows.get(place.one.owner, 0.0) for place in places]
    )  # fmt: skip


def _opening_flows(by_rule: ByRule) -> dict[str, float]:
    """Flow in each channel before the first step, m3/s; below a reservoir what it owes the river, if that much comes."""
    operation, series = by_rule.simulation.operation, by_rule.study.series.as_mapping()

    def first(given: Given) -> float:
        values = series.get((given.owner, given.series))
        return float(values[0]) if values is not None else float(given.otherwise or 0.0)

    above: dict[str, set[str]] = {}
    for channel in operation.channels:
        above.setdefault(channel.node_to, set()).add(channel.node_from)
    for store in operation.stores:
        above.setdefault(store.downstream, set()).add(store.id)
    flow: dict[str, float] = {}
    for inflow in operation.inflows:
        flow[inflow.node] = flow.get(inflow.node, 0.0) + first(inflow.flow)
    owed = {store.id: (store.downstream, first(store.ecological)) for store in operation.stores}
    found: dict[str, float] = {}
    for node in TopologicalSorter(above).static_order():
        here = flow.get(node, 0.0)
        if node in owed:
            down, required = owed[node]
            flow[down] = flow.get(down, 0.0) + min(required, here)
        for channel in operation.channels:
            if channel.node_from == node:
                found[channel.id] = here
                flow[channel.node_to] = flow.get(channel.node_to, 0.0) + channel.kept_fraction * here
    return found


def values_of_water(
    study: LongStudy, plan: LearningPlan | None = None, programs_of: SeasonalWindows | None = None,
    options: SolverOptions | None = None, tell: Tell | None = None,
) -> ValueFunctions:  # fmt: skip
    """Values of stored water by month, learnt from all years of a study's trace.

    Args:
        programs_of: windows of another trace of the same network, whose programs serve here too.
    """
    windows = windows_of(study, programs_of)
    stages = windows.stages(range(study.plan.years), options)
    opening = opening_state(ByRule.of(study), windows.months[0].places)
    return learn(stages, opening, plan, tell)
