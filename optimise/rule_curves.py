"""Rule curves (调度图): drought lines read from an optimum, improved by search, judged on traces that the search never saw.

The optimiser's storage over many years says how full a reservoir ought to be on a date: a low quantile of it is a
drought-warning line, a lower one a drought-guarantee line, each by ten-day period. How low, and how hard each class is
limited under the lines, is then searched one number at a time, in an order drawn from a seed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

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
    UserClass.ECOLOGICAL: 5.0,
}
"""Yuan a cubic metre short, by class: the order of the catalogue's prices of shortage. Assumed."""
DEEP = 10.0
"""How much more a shortage weighs in a period in which it is deeper than the class is allowed."""
STRENGTH_MAX = 2.0


def _full_strength() -> dict[UserClass, float]:
    return dict.fromkeys(LIMITS, 1.0)


@dataclass(frozen=True)
class Curves:
    """What is searched.

    Attributes:
        warning, guarantee: quantiles of the optimum's storage that the lines follow.
        strengths: how hard each class is limited under the lines: 0 not at all, 1 by the usual limit coefficients, more beyond
            them.
    """

    warning: float = 0.2
    guarantee: float = 0.05
    strengths: Mapping[UserClass, float] = field(default_factory=_full_strength)

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
            strength = self.strengths[user_class]
            limited = max(0.0, 1.0 - strength * (1.0 - first))
            limits[user_class] = (limited, min(limited, max(0.0, 1.0 - strength * (1.0 - second))))
        return replace(usual, lines=lines, limits=limits)

    def with_warning(self, by: float) -> Curves:
        """With the quantile of the warning line moved inside its bounds."""
        return replace(self, warning=float(np.clip(self.warning + by, 0.0, 1.0)))

    def with_guarantee(self, by: float) -> Curves:
        """With the quantile of the guarantee line moved inside its bounds."""
        return replace(self, guarantee=float(np.clip(self.guarantee + by, 0.0, 1.0)))

    def with_strength(self, user_class: UserClass, by: float) -> Curves:
        """With the strength of a class moved inside its bounds."""
        strength = float(np.clip(self.strengths[user_class] + by, 0.0, STRENGTH_MAX))
        return replace(self, strengths={**self.strengths, user_class: strength})


def moves(classes: Collection[UserClass]) -> list[Callable[[Curves, float], Curves]]:
    """What may be moved where only some classes are served: both quantiles, and the strengths of those that lines limit."""

    def of_class(user_class: UserClass) -> Callable[[Curves, float], Curves]:
        return lambda curves, by: curves.with_strength(user_class, by)

    return [
        Curves.with_warning,
        Curves.with_guarantee,
        *(of_class(one) for one in LIMITS if one in classes and min(LIMITS[one]) < 1.0),
    ]


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


def priced_shortage(simulation: Simulation) -> Floats:
    """Shortage in million yuan a year of each trace, by class, deep shortage weighing more, shape (traces,).

    The search makes its mean small.
    """
    total = np.zeros(simulation.traces)
    for user_class in simulation.names.classes:
        row = class_row(user_class)
        demand, got, deep = (simulation.row(row, item) for item in (0, 1, 3))
        periods = np.bincount(simulation.calendar.bins(simulation.keep))[:, None]
        depth = simulation.rules.allowances[user_class][1]
        heavy = (DEEP - 1.0) * depth * deep * demand / np.maximum(periods, 1)
        total += PRICES.get(user_class, 0.0) * (np.maximum(demand - got, 0.0) + heavy).sum(axis=0)
    by_year: Floats = total / len(simulation.record.rows)
    return by_year


def surely_less(one: Floats, other: Floats) -> bool:
    """Whether the mean of one is less than that of the other by more than two standard errors of their differences by trace."""
    less = other - one
    error = less.std(ddof=1) / np.sqrt(len(less)) if len(less) > 1 else 0.0
    return bool(less.mean() > 2.0 * error)


def improve(
    score: Callable[[Curves], float], start: Curves, movable: Sequence[Callable[[Curves, float], Curves]], seed: int = 1,
    rounds: int = 6, step: float = 0.25,
) -> tuple[Curves, float]:  # fmt: skip
    """Lower a score by moving one number of the curves at a time, by steps that shrink when none helps.

    Args:
        score: of curves on the traces to learn from.
        movable: the numbers, each as what moves it by so much (:func:`moves`).
        seed: of the order in which numbers are tried.
    """
    random = np.random.default_rng(seed)
    best, value = start, score(start)
    for _ in range(rounds):
        before = value
        for number in random.permutation(len(movable)).tolist():
            for sign in (-1.0, 1.0):
                moved = movable[number](best, sign * step)
                found = score(moved) if moved != best else np.inf
                if found < value:
                    best, value = moved, float(found)
                    break
        if value >= before:
            step *= 0.5
    return best, value
