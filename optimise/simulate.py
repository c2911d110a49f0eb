"""Long-series regulation (长系列调节计算): a water network run by operating rules, without foresight, over many traces.

    simulation = simulate(assets, series, Calendar.of(clock.water), Rules())

takes the same assets and series as the optimisation and gives what each user, reservoir and way got, added up by step, month
or year. A series may have traces in front of its steps; all that have must have as many.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from yuqian.models.clock import Clock, Floats, Rhythm, Timeline
from yuqian.models.kind import Kind, UserClass
from yuqian.models.operation import Given, Operation
from yuqian.models.units import HOURS_PER_DAY
from yuqian.optimise.operating_arrays import plan_of, river_rows
from yuqian.optimise.operating_compiler import has_compiler
from yuqian.optimise.operating_network import Network, OperatingError, network_of, operation_of
from yuqian.optimise.operating_plan import FAR_BELOW, NONE, Ints, Names, Plan
from yuqian.optimise.operating_rules import Rules
from yuqian.optimise.operating_run import TOTALS, Course, Record, Table, run_all

Numbers = npt.NDArray[np.floating]
SeriesOfTraces = Mapping[tuple[str, str], Numbers]
"""Values by (asset, series name), shape (steps,) or (traces, steps)."""
COMPILE_FROM = 5e4
"""Steps times balances from which compiling pays."""
DOUBLES_UP_TO = 2e6
"""Bins times traces up to which sums are kept in double precision."""


class Keep(enum.Enum):
    """What results are added up by."""

    STEP = "step"
    MONTH = "month"
    YEAR = "year"


class Engine(enum.Enum):
    """How the steps are run; both give the same."""

    AUTO = "auto"
    NUMPY = "numpy"
    COMPILED = "compiled"


@dataclass(frozen=True)
class Calendar:
    """Time of a simulation: a timeline, run through several times over.

    A long run is one standard year of 365 days, or of 36 ten-day periods, repeated: so that seasons do not drift.

    Attributes:
        year_start: "MM-DD" with which a year begins for counting (水文年).
    """

    timeline: Timeline
    repeats: int = 1
    year_start: str = "01-01"

    @classmethod
    def of(cls, clock: Clock | Timeline, repeats: int = 1, year_start: str = "01-01") -> Calendar:
        """From a clock's water timeline."""
        return cls(clock.water if isinstance(clock, Clock) else clock, repeats, year_start)

    @property
    def count(self) -> int:
        """Steps in all."""
        return self.timeline.count * self.repeats

    @cached_property
    def hours(self) -> Floats:
        """Length of each step, shape (count,)."""
        return np.tile(self.timeline.hours, self.repeats)

    @cached_property
    def years(self) -> Ints:
        """Number of the counting year of each step, from 0 without gaps, shape (count,)."""
        block = self.timeline.stamps.astype("datetime64[Y]").astype(np.int64)
        own = block - block[0] + self.timeline.since(self.year_start)
        span = int(block[-1] - block[0]) + 1
        years = (own[None, :] + span * np.arange(self.repeats)[:, None]).ravel()
        return np.unique(years, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def months(self) -> Ints:
        """Number of the calendar month of each step, from 0 without gaps, shape (count,)."""
        block = self.timeline.stamps.astype("datetime64[M]").astype(np.int64)
        span = int(block[-1] - block[0]) + 1
        months = (block[None, :] - block[0] + span * np.arange(self.repeats)[:, None]).ravel()
        return np.unique(months, return_inverse=True)[1].astype(np.int64)

    def bins(self, keep: Keep) -> Ints:
        """Number of the bin of each step, shape (count,)."""
        if keep is Keep.STEP:
            return np.arange(self.count)
        return self.years if keep is Keep.YEAR else self.months

    @cached_property
    def whole_years(self) -> npt.NDArray[np.bool_]:
        """Which counting years are complete, shape (years,)."""
        hours = np.bincount(self.years, weights=self.hours)
        whole: npt.NDArray[np.bool_] = hours >= 365 * HOURS_PER_DAY - 1e-6
        return whole


@dataclass(frozen=True)
class Simulation:
    """What happened.

    Attributes:
        names: of balances, ways, stores, uses, classes and rows of supply (uses, ecological flows, outlets, groups).
        record: sums by bin, traces last; see ``ROW_ITEMS`` and ``STORE_ITEMS``.
        keep: what a bin is.
    """

    network: Network
    plan: Plan
    names: Names
    calendar: Calendar
    rules: Rules
    keep: Keep
    record: Record

    @property
    def traces(self) -> int:
        return int(self.record.total.shape[-1])

    @property
    def operation(self) -> Operation:
        return self.network.operation

    def row(self, name: str, item: int) -> Floats:
        """One item of a row of supply, shape (bins, traces)."""
        return np.asarray(self.record.rows[:, self.names.rows.index(name), item], dtype=float)

    def demand_hm3(self, name: str) -> Floats:
        """What a use, a group or an ecological flow asked for in each bin, shape (bins, traces)."""
        return self.row(name, 0)

    def delivered_hm3(self, name: str) -> Floats:
        """What it got, shape (bins, traces)."""
        return self.row(name, 1)

    def storage_hm3(self, store: str) -> Floats:
        """Storage at the end of each bin, shape (bins, traces)."""
        return np.asarray(self.record.stores[:, self.names.stores.index(store), -1], dtype=float)

    def carried_hm3(self, way: str) -> Floats:
        """Intake of a conveyance, or water called through the river, in each bin, shape (bins, traces)."""
        return np.asarray(self.record.used[:, self.names.ways.index(way)], dtype=float)

    def energy_mwh(self, turbine: str) -> Floats:
        """What turbines generate in each bin from what is released anyway, shape (bins, traces)."""
        return np.asarray(self.record.turbines[:, self.names.turbines.index(turbine), 1], dtype=float)

    def allocated_hm3(self) -> Floats:
        """Gross allocation: delivered and the leakage that counts with it, shape (bins, traces)."""
        delivered = self.record.rows[:, : len(self.names.uses), 1].sum(axis=1)
        gross: Floats = delivered + np.einsum("bwt,w->bt", self.record.used, self.plan.way_counted)
        return gross

    def totals(self) -> dict[str, Floats]:
        """Volumes of the whole run by name, shape (traces,)."""
        return dict(zip(TOTALS, np.asarray(self.record.total), strict=True))

    @property
    def residual(self) -> float:
        """Largest error of the water balance over all traces, as a share of inflow and opening storage."""
        t = self.totals()
        brought = t["inflow"] + t["returned"] + t["opening"]
        gone = t["delivered"] + t["losses"] + t["lost_on_the_way"] + t["outflow"] + t["unplaced"] + t["closing"]
        return float((np.abs(brought - gone) / np.maximum(brought, 1e-12)).max())


def simulate(
    assets: Iterable[Kind], series: SeriesOfTraces, calendar: Calendar | Clock, rules: Rules | None = None, *,
    keep: Keep = Keep.STEP, groups: Mapping[str, Sequence[str]] | None = None, engine: Engine = Engine.AUTO,
    demand_factor: Mapping[UserClass, float] | None = None,
) -> Simulation:  # fmt: skip
    """Run a network by rule.

    Args:
        assets: of any kinds; those without water have no part in it.
        series: inflow, demand, evaporation and ecological flow, as their kinds ask for.
        calendar: a clock's water timeline is taken where a clock is given.
        groups: further rows of supply, each adding up uses; the classes have rows of their own.
        demand_factor: what the demands of a class are multiplied by.

    Raises:
        OperatingError: for a network that cannot be run by rule, or series that are missing, of wrong shape or not finite.
    """
    rules = rules or Rules()
    calendar = calendar if isinstance(calendar, Calendar) else Calendar.of(calendar)
    network = network_of(operation_of(assets, calendar.timeline, rules.cooling_load_fraction))
    every_group = {**_class_groups(network.operation), **(groups or {})}
    _check_groups(network.operation, every_group)
    plan, names = plan_of(network, rules, every_group, _tolerances(network.operation, rules, every_group))
    factors = demand_factor or {}
    factor = np.array([factors.get(use.user_class, 1.0) for use in network.operation.uses])
    plan = plan._replace(use_factor=factor)
    table, rows, traces = _table(network.operation, series, calendar)
    course = _course(network, plan, rules, calendar, keep)
    work = calendar.count * len(names.nodes)
    compiled = engine is Engine.COMPILED or (engine is Engine.AUTO and work >= COMPILE_FROM and has_compiler())
    bins = int(course.bin_of[-1]) + 1
    dtype = np.float64 if bins * traces < DOUBLES_UP_TO else np.float32
    record = run_all(plan, course, table, rows, traces, bins, dtype, compiled)
    return Simulation(network, plan, names, calendar, rules, keep, record)


def joined(parts: Sequence[Simulation]) -> Simulation:
    """Simulations of the same network, with their traces side by side."""
    record = Record(*(np.concatenate(fields, axis=-1) for fields in zip(*(part.record for part in parts), strict=True)))
    return replace(parts[0], record=record)


def class_row(user_class: UserClass) -> str:
    """Name of the row of supply that adds up a class."""
    return f"class.{user_class.value}"


def _class_groups(operation: Operation) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for use in operation.uses:
        groups.setdefault(class_row(use.user_class), []).append(use.id)
    if kept := river_rows(operation):
        groups.setdefault(class_row(UserClass.ECOLOGICAL), []).extend(kept)
    return groups


def _check_groups(operation: Operation, groups: Mapping[str, Sequence[str]]) -> None:
    known = {use.id for use in operation.uses} | set(river_rows(operation))
    wrong = [f"the group '{name}' holds '{use}', which asks for no water" for name in groups for use in groups[name]
             if use not in known]  # fmt: skip
    wrong += [f"the group '{name}' is called like a use" for name in groups if name in known]
    if wrong:
        raise OperatingError("\n".join(wrong))


def _tolerances(
    operation: Operation, rules: Rules, groups: Mapping[str, Sequence[str]]
) -> dict[str, tuple[float, float]]:  # fmt: skip
    """A group is judged by its strictest member."""
    found = {use.id: rules.allowances[use.user_class] for use in operation.uses}
    found |= dict.fromkeys(river_rows(operation), rules.allowances[UserClass.ECOLOGICAL])
    return found | {name: min((found[row] for row in members), default=(0.0, 0.0)) for name, members in groups.items()}


def _table(operation: Operation, series: SeriesOfTraces, calendar: Calendar) -> tuple[Table, list[Numbers], int]:
    """What is given by step, the series that differ by trace, and how many traces there are."""
    wanted = [i.flow for i in operation.inflows] + [u.demand for u in operation.uses]
    wanted += [s.evaporation for s in operation.stores] + [s.ecological for s in operation.stores]
    wanted += [o.flow for o in operation.owed]
    values_of = [series.get((given.owner, given.series)) for given in wanted]
    traces = max((v.shape[0] for v in values_of if v is not None and v.ndim == 2), default=1)
    shared: list[Floats] = []
    by_trace: dict[int, Numbers] = {}
    shared_row: list[int] = []
    trace_row: list[int] = []
    wrong: list[str] = []
    for given, values in zip(wanted, values_of, strict=True):
        # Whoever has the same array as another has passed as it did.
        problem = None if id(values) in by_trace else _problem(given, values, traces, calendar.count)
        if problem:
            wrong.append(problem)
            continue
        by_its_trace = values is not None and values.ndim == 2
        shared_row.append(NONE if by_its_trace else len(shared))
        if values is not None and by_its_trace:
            by_trace.setdefault(id(values), values)
            trace_row.append(list(by_trace).index(id(values)))
        else:
            trace_row.append(NONE)
            shared.append(np.full(calendar.count, given.otherwise) if values is None else np.asarray(values, dtype=float))
    if wrong:
        raise OperatingError("\n".join(wrong))
    stacked = np.stack(shared) if shared else np.zeros((0, calendar.count))
    table = Table(np.array(shared_row), np.array(trace_row), stacked, np.zeros((0, 0, 0)))
    return table, list(by_trace.values()), traces


def _problem(given: Given, values: Numbers | None, traces: int, steps: int) -> str | None:
    label = f"{given.owner}.{given.series}"
    if values is None:
        return f"{label} is missing" if given.otherwise is None else None
    if values.shape not in ((steps,), (traces, steps)):
        return f"{label} must have {steps} steps, or {traces} traces of them; it has shape {values.shape}"
    if values.size and values.min() >= 0.0 and values.max() < np.inf:
        return None
    bad = np.argwhere(~(values >= 0.0) | ~np.isfinite(values))
    return f"{label} is {values[tuple(bad[0])]} in step {bad[0][-1]}; it must be a number, not negative" if len(bad) else None


def _course(network: Network, plan: Plan, rules: Rules, calendar: Calendar, keep: Keep) -> Course:
    operation, repeats = network.operation, calendar.repeats
    lengths, length_of = np.unique(calendar.hours, return_inverse=True)
    lag = np.stack([_lag_shares(operation, float(hours), float(lengths[0])) for hours in lengths])
    same_day = np.zeros((len(lengths), len(network.nodes)))
    same_day[:, plan.channel_node] = lag[:, :, 0] * plan.channel_kept
    count, none = calendar.count, np.full(calendar.timeline.count, FAR_BELOW)
    lines = [
        (rules.lines[s.id].warning_hm3, rules.lines[s.id].guarantee_hm3)
        if s.id in rules.lines
        else (s.warning_hm3, s.guarantee_hm3)
        for s in operation.stores
    ]

    quotas = [quota.by_step(calendar.timeline) for _, quota in network.quotas]

    def by_step(values: Sequence[Floats | None]) -> Floats:
        rows = [none if v is None else v for v in values]
        return np.stack([row if len(row) == count else np.tile(row, repeats) for row in rows]) if rows else np.zeros((0, count))

    volume = calendar.hours * Timeline(Rhythm.WATER, calendar.timeline.start, np.ones(1)).hm3_per_m3_per_s[0]
    return Course(
        calendar.hours, volume, length_of.astype(np.int64), calendar.bins(keep),
        by_step([s.limit_hm3 for s in operation.stores]), by_step([w for w, _ in lines]), by_step([g for _, g in lines]),
        lag, same_day, by_step([v for v, _ in quotas]), by_step([on for _, on in quotas]),
        np.array([quota.used_hm3 for _, quota in network.quotas], dtype=float),
    )  # fmt: skip


def _lag_shares(operation: Operation, step_h: float, shortest_h: float) -> Floats:
    """Share of what enters a channel in a step that leaves 0, 1, ... steps later, shape (channels, lags).

    What takes a time stays for it over the length of the step in steps: a part of it may leave in the same step.
    """
    longest = max((lag for c in operation.channels for lag in c.lag_h), default=0.0)
    shares = np.zeros((len(operation.channels), int(np.ceil(longest / shortest_h)) + 2))
    for number, channel in enumerate(operation.channels):
        for lag, share in zip(channel.lag_h, channel.share_fraction, strict=True):
            whole, part = divmod(lag / step_h, 1.0)
            shares[number, int(whole)] += share * (1.0 - part)
            shares[number, int(whole) + 1] += share * part
    return shares
