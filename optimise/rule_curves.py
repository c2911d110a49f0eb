"""Rule curves (调度图): drought lines read from an optimum, improved by search, judged on traces that the search never saw.

The optimiser's storage over many years says how full a reservoir ought to be on a date: a low quantile of it is a
drought-warning line, a lower one a drought-guarantee line, each by ten-day period. How low, and how hard the classes are
limited under the lines, is then searched one number at a time, in an order drawn from a seed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from yuqian.models.clock import Floats, Timeline
from yuqian.models.kind import UserClass
from yuqian.optimise.operating_rules import LIMITS, DroughtLines, Rules
from yuqian.optimise.simulate import Simulation, class_row
from yuqian.timeseries.days import Ints
from yuqian.timeseries.dekads import PER_MONTH, PER_YEAR

PRICES: Mapping[UserClass, float] = {
    UserClass.TOWN: 60.0,
    UserClass.RURAL: 55.0,
    UserClass.POWER: 30.0,
    UserClass.PRIORITY_INDUSTRY: 24.0,
    UserClass.INDUSTRY: 12.0,
    UserClass.IRRIGATION: 2.0,
    UserClass.ENVIRONMENT: 1.0,
}
"""Yuan a cubic metre short, by class: the order of the catalogue's prices of shortage. Assumed."""
DEEP = 10.0
"""How much more a shortage weighs in a period in which it is deeper than the class is allowed."""
BOUNDS = ((0.0, 0.9), (0.0, 0.9), (0.0, 1.5), (0.0, 1.5))


@dataclass(frozen=True)
class Curves:
    """What is searched.

    Attributes:
        warning, guarantee: quantiles of the optimum's storage that the lines follow.
        warning_strength, guarantee_strength: how hard classes are limited under a line: 0 not at all, 1 by the usual limit
            coefficients, more beyond them.
    """

    warning: float = 0.2
    guarantee: float = 0.05
    warning_strength: float = 1.0
    guarantee_strength: float = 1.0

    def rules(self, storages: Mapping[str, Floats], timeline: Timeline, usual: Rules) -> Rules:
        """Rules with lines and limits.

        Args:
            storages: of the optimum, by reservoir and ten-day period, shape (years, 36).
            timeline: the steps that lines are wanted for.
        """
        position = dekads_of(timeline)
        lines = {}
        for store, held in storages.items():
            warning = np.quantile(held, self.warning, axis=0)[position]
            guarantee = np.quantile(held, min(self.warning, self.guarantee), axis=0)[position]
            lines[store] = DroughtLines(warning, guarantee)
        limits = {}
        for user_class, (first, second) in LIMITS.items():
            limited = max(0.0, 1.0 - self.warning_strength * (1.0 - first))
            limits[user_class] = (limited, min(limited, max(0.0, 1.0 - self.guarantee_strength * (1.0 - second))))
        return replace(usual, lines=lines, limits=limits)

    def as_numbers(self) -> tuple[float, ...]:
        return (self.warning, self.guarantee, self.warning_strength, self.guarantee_strength)


def dekads_of(timeline: Timeline) -> Ints:
    """Ten-day period of the year (0 to 35) in which each step begins, shape (count,)."""
    days = timeline.stamps.astype("datetime64[D]")
    in_month = (days - days.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)
    dekads: Ints = (timeline.months - 1) * PER_MONTH + np.minimum(in_month // 10, PER_MONTH - 1)
    return dekads


def by_dekad(storage_hm3: Floats, timeline: Timeline) -> Floats:
    """Storage at the end of each step as years of ten-day periods; a period takes its last step, shape (years, 36).

    Raises:
        ValueError: for a timeline that holds no whole year of ten-day periods.
    """
    years = timeline.stamps.astype("datetime64[Y]").astype(np.int64)
    key = (years - years[0]) * PER_YEAR + dekads_of(timeline)
    count = (int(key[-1]) + 1) // PER_YEAR
    table = np.full(max(count, 1) * PER_YEAR, np.nan)
    inside = key < len(table)
    table[key[inside]] = storage_hm3[inside]
    if count < 1 or np.isnan(table).any():
        raise ValueError("rule curves are read from storages over whole years of ten-day periods, or of days")
    return table.reshape(count, PER_YEAR)


def priced_shortage(simulation: Simulation) -> float:
    """Shortage in million yuan a year, by class, deep shortage weighing more; what the search makes small."""
    years = simulation.traces * len(simulation.record.rows)
    total = 0.0
    for user_class in simulation.names.classes:
        row = class_row(user_class)
        demand, got, deep = (simulation.row(row, item) for item in (0, 1, 3))
        periods = np.bincount(simulation.calendar.bins(simulation.keep))[:, None]
        depth = simulation.rules.allowances[user_class][1]
        heavy = (DEEP - 1.0) * depth * deep * demand / np.maximum(periods, 1)
        total += PRICES.get(user_class, 0.0) * float((np.maximum(demand - got, 0.0) + heavy).sum())
    return total / years


def improve(
    score: Callable[[Curves], float], start: Curves, seed: int = 1, rounds: int = 6, step: float = 0.2
) -> tuple[Curves, float]:
    """Lower a score by moving one number of the curves at a time, by steps that shrink when none helps.

    Args:
        score: of curves on the traces to learn from.
        seed: of the order in which numbers are tried.
    """
    random = np.random.default_rng(seed)
    best, value = start, score(start)
    for _ in range(rounds):
        before = value
        for number in random.permutation(len(BOUNDS)).tolist():
            for sign in (-1.0, 1.0):
                moved = _moved(best, number, sign * step)
                found = score(moved) if moved != best else np.inf
                if found < value:
                    best, value = moved, float(found)
                    break
        if value >= before:
            step *= 0.5
    return best, value


def _moved(curves: Curves, number: int, by: float) -> Curves:
    numbers = list(curves.as_numbers())
    low, high = BOUNDS[number]
    numbers[number] = float(np.clip(numbers[number] + by, low, high))
    return Curves(*numbers)
