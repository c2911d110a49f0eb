"""The law of start costs: a start costs more the longer the unit was off (hot, warm, cold).

Tier ``k`` holds from its lag until the next tier's; the last one holds from its lag on. A unit that has been off since before
anybody knows starts in the last tier.

* By choice: each start picks a tier, which a stop within the tier's lags must allow. The decision is
  ``m.start_tier_<k>_count``. Exact for one unit, because of several stops within reach the latest is the cheapest; for a
  group of units two starts may lean on one stop, which makes the cost a lower bound. Morales-España, Latorre and Ramos
  (2013); the model of the library pglib-uc. The formulation ``THREE_BINARY`` uses it.
* By matching: each start is matched with the stop that it ends, and each stop at most once; ``m.restart_after_<n>_count`` by
  the step of the stop. Exact for groups too, and the tightest. Knueven, Ostrowski and Watson, "A novel matching formulation
  for startup costs in unit commitment" (Mathematical Programming Computation, 2020). One decision for each lag below the last
  tier's, so the formulation ``TIGHT`` uses it up to :data:`MATCHED_LAGS_MAX` lags, and the choice beyond.

With integer starts and stops the decisions of both are whole at the optimum without being asked to.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.carry_law import carry
from yuqian.models.clock import Floats, Rhythm, Steps
from yuqian.models.commitment_law import Units

MATCHED_LAGS_MAX = 12
"""Most lags that starts are matched over: with dozens of them a week of whole units took several times as long."""


def check_tiers(lag_h: tuple[float, ...], cost: tuple[float, ...]) -> None:
    """Refuse tiers that do not fit together; ``cost`` in money or fuel.

    Raises:
        ValueError: for lags that do not rise or costs that fall.
    """
    if len(lag_h) != len(cost) or not lag_h:
        raise ValueError(f"each start tier needs a lag and a cost; got {len(lag_h)} lags and {len(cost)} costs")
    if any(after <= before for before, after in itertools.pairwise(lag_h)):
        raise ValueError(f"the lags of start tiers must rise; got {lag_h}")
    if any(after < before for before, after in itertools.pairwise(cost)):
        raise ValueError(f"a start after a longer time off must not cost less; got {cost}")


@dataclass(frozen=True)
class StartTiers:
    """What a start costs and burns after how many steps off.

    Attributes:
        lag_steps: rising; the first is reached by every start.
        cost: of one start, not falling.
        fuel: of one start, not falling.
        course_mw: power of one unit in each step of its start, before it is online.
    """

    lag_steps: tuple[int, ...]
    cost: tuple[float, ...]
    fuel: tuple[float, ...]
    course_mw: tuple[tuple[float, ...], ...] = ()

    @classmethod
    def of(
        cls, lag_steps: Sequence[int], cost: Sequence[float], down_steps: int, fuel: Sequence[float] | None = None,
        course_mw: Sequence[tuple[float, ...]] | None = None,
    ) -> StartTiers:  # fmt: skip
        """The tiers that a unit can start in, which stays off at least ``down_steps``: the others are left out."""
        none = [()] * len(cost)
        tiers = list(zip(lag_steps, cost, fuel or [0.0] * len(cost), course_mw or none, strict=True))
        reached = sum(tier[0] <= down_steps for tier in tiers)
        tiers = [(down_steps, *tiers[max(reached - 1, 0)][1:]), *tiers[max(reached, 1) :]]
        kept = [tier for k, tier in enumerate(tiers) if k + 1 == len(tiers) or tiers[k + 1][0] > tier[0]]
        differing = [kept[0], *(after for before, after in itertools.pairwise(kept) if after[1:] != before[1:])]
        lags, costs, fuels, courses = zip(*differing, strict=True)
        return cls(lags, costs, fuels, courses if any(courses) else ())

    @property
    def lags(self) -> range:
        """Lags, in steps, after which a start costs less than in the last tier."""
        return range(self.lag_steps[0], self.lag_steps[-1])

    @property
    def _are_unlike(self) -> bool:
        """Whether the tiers differ in their courses."""
        return len(set(self.course_mw)) > 1

    @property
    def _tier_names(self) -> tuple[str, ...]:
        return tuple(f"start_tier_{k}_count" for k in range(1, len(self.cost) + 1))

    def declare(self, m: pyo.Block, steps: Steps, units: Units) -> None:
        """Declare the choice of tiers; nothing when there is only one."""
        if len(self.cost) == 1:
            return
        if self._matches(units):
            self._match(m, steps, units)
        else:
            self._choose(m, steps)
        if self._are_unlike and units.count == 1:
            self._force(m, steps, units)

    def _force(self, m: pyo.Block, steps: Steps, units: Units) -> None:
        """A start must be in the tier of the latest stop: without courses the costs see to that, with them they may not.

        Between two stops lie a least time off and one online, so as many lags at once hold at most one.
        """
        apart = units.up_steps + units.down_steps
        for tier in range(1, len(self.cost)):
            sooner = range(self.lag_steps[0], self.lag_steps[tier])
            for k in range(0, len(sooner), apart):
                rule = self._not_after(m, units, tier, sooner[k : k + apart])
                m.add_component(f"start_tier_{tier + 1}_not_after_{k + 1}", pyo.Constraint(steps.hours, rule=rule))

    def _not_after(self, m: pyo.Block, units: Units, tier: int, lags: range) -> Callable[[Any, Any], Any]:
        return lambda _, t: self.starts_in(m, t, units, tier) + sum(m.stop_count[t - lag] for lag in lags) <= 1.0

    def cost_of_starts(self, m: pyo.Block, t: Any, units: Units) -> Any:
        """What the starts of a step cost."""
        return self._of_starts(m, t, units, self.cost)

    def fuel_of_starts(self, m: pyo.Block, t: Any, units: Units) -> Any:
        """What the starts of a step burn."""
        return self._of_starts(m, t, units, self.fuel)

    def _of_starts(self, m: pyo.Block, t: Any, units: Units, each: tuple[float, ...]) -> Any:
        if len(each) == 1:
            return each[0] * m.start_count[t]
        if not self._matches(units):
            return sum([amount * m.component(name)[t] for name, amount in zip(self._tier_names, each, strict=True)])
        saved = [(each[-1] - each[self._tier_after(lag)]) * m.component(_restart(lag))[t - lag] for lag in self.lags]
        return each[-1] * m.start_count[t] - sum(saved)

    def starts_in(self, m: pyo.Block, t: Any, units: Units, tier: int) -> Any:
        """Starts of a step in one tier, counted from 0."""
        if len(self.cost) == 1:
            return m.start_count[t]
        if not self._matches(units):
            return m.component(self._tier_names[tier])[t]
        reach = self.lags if tier + 1 == len(self.cost) else range(self.lag_steps[tier], self.lag_steps[tier + 1])
        restarted = sum([m.component(_restart(lag))[t - lag] for lag in reach])
        return m.start_count[t] - restarted if tier + 1 == len(self.cost) else restarted

    def _match(self, m: pyo.Block, steps: Steps, units: Units) -> None:
        for lag in self.lags:
            pairs = pyo.Var(m.past_and_hours, dense=False, bounds=(0, units.count))
            m.add_component(_restart(lag), pairs)
            # A stop that was restarted before the window cannot be restarted within it.
            ended = range(-units.past_steps, -lag)
            carry(m, steps, Rhythm.POWER, _restart(lag), pairs.__getitem__, ended, opening=[0.0] * len(ended))

        @m.Constraint(steps.hours)
        def restarts(m: pyo.Block, t: int) -> object:
            return sum(m.component(_restart(lag))[t - lag] for lag in self.lags) <= m.start_count[t]

        @m.Constraint(m.past_and_hours)
        def stops_restarted(m: pyo.Block, t: int) -> object:
            return sum(m.component(_restart(lag))[t] for lag in self.lags) <= m.stop_count[t]

    def _choose(self, m: pyo.Block, steps: Steps) -> None:
        names = self._tier_names
        for name in names:
            m.add_component(name, pyo.Var(steps.hours, dense=False, bounds=(0, None)))

        @m.Constraint(steps.hours)
        def start_tiers(m: pyo.Block, t: int) -> object:
            return m.start_count[t] == sum(m.component(name)[t] for name in names)

        for name, (lag, next_lag) in zip(names, itertools.pairwise(self.lag_steps), strict=False):
            rule = _allowed(m, m.component(name), range(lag, next_lag))
            m.add_component(f"{name.removesuffix('_count')}_allowed", pyo.Constraint(steps.hours, rule=rule))

    def _matches(self, units: Units) -> bool:
        return units.is_tight and len(self.lags) <= MATCHED_LAGS_MAX

    def exact_for_groups(self, units: Units) -> bool:
        """Whether the starts of several units in one cost exactly what they would cost one by one."""
        return len(self.cost) == 1 or (self._matches(units) and not self.course_mw)

    def _tier_after(self, lag: int) -> int:
        return max(sum(first <= lag for first in self.lag_steps) - 1, 0)

    def audit(self, owner: str, answer: Answer, book: Book, units: Units) -> Floats:
        """Check the choice of tiers; returns the starts by tier, shape (tiers, steps)."""
        before = units.past_steps
        starts, stops = answer.start_count[before:], answer.stop_count
        by_tier = np.zeros((len(self.cost), len(starts)))
        if len(self.cost) == 1:
            by_tier[0] = starts
            return by_tier
        restarted = np.zeros_like(stops)
        for tier, first in enumerate(self.lag_steps[:-1]):
            reach = range(first, self.lag_steps[tier + 1])
            if self._matches(units):
                for lag in reach:
                    pairs = getattr(answer, f"restart_after_{lag}_count")
                    book.within(owner, f"restarts after {lag} steps", pairs, 0.0, None)
                    by_tier[tier] += pairs[before - lag : len(pairs) - lag]
                    restarted = restarted + pairs
            else:
                by_tier[tier] = getattr(answer, self._tier_names[tier])
                allowed = sum([stops[before - lag : len(stops) - lag] for lag in reach])
                book.within(owner, f"starts of tier {tier + 1}", by_tier[tier], 0.0, allowed)
        by_tier[-1] = starts - by_tier[:-1].sum(axis=0)
        book.within(owner, "starts of the last tier", by_tier[-1], 0.0, None)
        if self._are_unlike and units.count == 1:
            self._audit_forced(owner, book, units, by_tier, stops)
        if self._matches(units):
            book.within(owner, "each stop is restarted once", restarted, None, stops)
        else:
            book.equal(owner, "each start has a tier", getattr(answer, self._tier_names[-1]), by_tier[-1])
        return by_tier

    def _audit_forced(self, owner: str, book: Book, units: Units, by_tier: Floats, stops: Floats) -> None:
        before = units.past_steps
        for tier in range(1, len(self.cost)):
            for lag in range(self.lag_steps[0], self.lag_steps[tier]):
                stopped = stops[before - lag : len(stops) - lag]
                book.within(owner, f"no start of tier {tier + 1} so soon", by_tier[tier] + stopped, None, 1.0)


def _restart(lag: int) -> str:
    return f"restart_after_{lag}_count"


def _allowed(m: pyo.Block, chosen: Any, lags: range) -> Callable[[Any, Any], Any]:
    return lambda _, t: chosen[t] <= sum(m.stop_count[t - lag] for lag in lags)
