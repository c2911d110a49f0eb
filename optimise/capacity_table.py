"""Capacity outage tables: the exact distribution of what independent machines give, by convolution.

Each group of identical machines is binomial; groups are convolved one after the other and states of equal capacity are put
together (Billinton and Allan, *Reliability Evaluation of Power Systems*, chapter 2). Without stores this gives LOLE and EENS
exactly, hour by hour, whatever the times to repair.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import stats

from yuqian.models.adequacy import Adequacy, Machines
from yuqian.models.clock import Floats
from yuqian.optimise.adequacy_case import Case, Ints
from yuqian.optimise.storage_dispatch import SHORT_MW

EQUAL_MW = 1e-9
"""Capacities closer than this are one state."""
STATES_MOST = 200_000
"""More states than this are refused: round the capacities, or sample."""
COMBINATIONS_MOST = 20_000


class TableError(ValueError):
    """Too many states for an exact table."""


@dataclass(frozen=True)
class CapacityTable:
    """Distribution of the capacity that is available.

    Attributes:
        capacity_mw: rising, shape (states,).
        probability: of each, summing to 1.
    """

    capacity_mw: Floats
    probability: Floats

    @classmethod
    def nothing(cls) -> Self:
        """Nothing is available, for sure."""
        return cls(np.zeros(1), np.ones(1))

    @classmethod
    def of(cls, groups: Iterable[tuple[int, float, float]]) -> CapacityTable:
        """The table of groups of (count, MW of each, forced outage rate).

        Raises:
            TableError: for more than ``STATES_MOST`` states.
        """
        table = cls.nothing()
        for count, power_mw, forced_fraction in groups:
            table = table.with_group(count, power_mw, forced_fraction)
        return table

    def with_group(self, count: int, power_mw: float, forced_fraction: float) -> CapacityTable:
        """Convolved with a group of identical machines."""
        up = np.arange(count + 1)
        chance = stats.binom.pmf(up, count, 1.0 - forced_fraction)
        up, chance = up[chance > 0.0], chance[chance > 0.0]
        capacity = np.add.outer(self.capacity_mw, up * power_mw).ravel()
        return _merged(capacity, np.multiply.outer(self.probability, chance).ravel())

    def below(self, load_mw: Floats) -> Floats:
        """Probability that less than the load is available, in the load's shape."""
        return self._sums(load_mw)[0]

    def shortfall_mw(self, load_mw: Floats) -> Floats:
        """Expected power short of the load, in its shape."""
        chance, power = self._sums(load_mw)
        return np.maximum(load_mw * chance - power, 0.0)

    def _sums(self, load_mw: Floats) -> tuple[Floats, Floats]:
        """Sums of the probabilities, and of the capacities by them, of all states below the load."""
        states = np.searchsorted(self.capacity_mw, np.asarray(load_mw) - SHORT_MW, side="left")
        chance = np.concatenate(([0.0], np.cumsum(self.probability)))
        power = np.concatenate(([0.0], np.cumsum(self.probability * self.capacity_mw)))
        return chance[states], power[states]


def _merged(capacity: Floats, probability: Floats) -> CapacityTable:
    order = np.argsort(capacity, kind="stable")
    capacity, probability = capacity[order], probability[order]
    first = np.concatenate(([True], np.diff(capacity) > EQUAL_MW))
    starts = np.flatnonzero(first)
    if len(starts) > STATES_MOST:
        raise TableError(f"the capacity table has {len(starts)} states, more than {STATES_MOST}; sample the outages instead")
    return CapacityTable(capacity[starts], np.add.reduceat(probability, starts))


@dataclass(frozen=True)
class Exact:
    """LOLE and EENS of each weather year, without stores.

    Attributes:
        lole_h: hours with too little, shape (years,).
        eens_mwh: shape (years,).
    """

    lole_h: Floats
    eens_mwh: Floats


def convolved(case: Case, weather_years: int, export_mw: float = 0.0) -> Exact:
    """Exact over all outages, for each weather year of a case; stores stand still.

    Machines whose power changes by step are told apart by their state, those alike are one group.

    Raises:
        TableError: for too many states.
    """
    lole, eens = [], []
    done = 0
    batch = 0
    while done < weather_years:
        years, brings = case.brought(batch)
        wanted = min(years, weather_years - done)
        for year in range(wanted):
            chance, short = _year(case, brings, year, export_mw)
            lole.append(float(chance.sum()) * case.step_h)
            eens.append(float(short.sum()) * case.step_h)
        done, batch = done + wanted, batch + 1
        if case.given is not None:
            break
    return Exact(np.array(lole), np.array(eens))


@dataclass(frozen=True)
class _Group:
    """Machines alike, with the number in service and the share of power that is left, by step."""

    machines: Machines
    serving: Ints
    share: Floats


def _year(case: Case, brings: Mapping[str, Adequacy], year: int, export_mw: float) -> tuple[Floats, Floats]:
    """Chance of too little, and expected power short, by step."""
    steps = case.clock.power.count
    load = np.full(steps, export_mw)
    groups: list[_Group] = []
    for owner, found in brings.items():
        load = load + _of_year(found.demand_mw, year) - _of_year(found.profile_mw, year)
        for part, machines in enumerate(found.machines):
            service = case.service.get((owner, part))
            serving = np.full(steps, machines.count) if service is None else service.sum(axis=0)
            share = np.broadcast_to(_of_year(machines.share, year), (steps,))
            groups.append(_Group(machines, serving, share))
    return _risk(groups, load)


def _risk(groups: Sequence[_Group], load: Floats) -> tuple[Floats, Floats]:
    """Chance of too little, and expected power short, by step.

    Groups whose power moves together are one table; the largest of these is summed over, the states of the others are gone
    through one by one.
    """
    chance, short = np.zeros(len(load)), np.zeros(len(load))
    serving = np.array([group.serving for group in groups]).reshape(len(groups), len(load))
    cases, which = np.unique(serving, axis=1, return_inverse=True)
    together: dict[bytes, list[int]] = {}
    for k, group in enumerate(groups):
        together.setdefault(np.ascontiguousarray(group.share).tobytes(), []).append(k)
    for case in range(cases.shape[1]):
        at = np.flatnonzero(which.ravel() == case)
        tables = [
            (_table(groups, members, cases[:, case]), groups[members[0]].share[at]) for members in together.values()
        ]  # fmt: skip
        tables.sort(key=lambda pair: -len(pair[0].capacity_mw))
        main, share = tables[0] if tables else (CapacityTable.nothing(), np.ones(len(at)))
        for capacity, probability in _states([table for table, _ in tables[1:]]):
            left = load[at] - sum((mw * own for mw, (_, own) in zip(capacity, tables[1:], strict=True)), np.zeros(len(at)))
            some = share > 0.0
            relative = np.where(some, left / np.where(some, share, 1.0), 0.0)
            chance[at] += probability * np.where(some, main.below(relative), left > SHORT_MW)
            short[at] += probability * np.where(some, share * main.shortfall_mw(relative), np.maximum(left, 0.0))
    return chance, short


def _table(groups: Sequence[_Group], members: Sequence[int], serving: Ints) -> CapacityTable:
    of = ((int(serving[k]), groups[k].machines.power_mw, groups[k].machines.forced_fraction) for k in members if serving[k])
    return CapacityTable.of(of)


def _states(tables: Sequence[CapacityTable]) -> Iterator[tuple[tuple[float, ...], float]]:
    """All combinations of states of some tables, with their probabilities."""
    count = math.prod(len(table.capacity_mw) for table in tables)
    if count > COMBINATIONS_MOST:
        raise TableError(f"{count} combinations of states that move apart are too many; sample the outages instead")
    rows = [list(zip(table.capacity_mw.tolist(), table.probability.tolist(), strict=True)) for table in tables]
    for states in itertools.product(*rows):
        yield tuple(mw for mw, _ in states), math.prod(chance for _, chance in states)


def _of_year(values: Floats | float, year: int) -> Floats:
    found = np.asarray(values, dtype=float)
    return found[year] if found.ndim == 2 else np.atleast_1d(found)
