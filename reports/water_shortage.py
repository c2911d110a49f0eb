"""Shortage of water by class of user: how much, how deep and how often, kept apart.

The three pull against each other: spreading a shortage thinly makes it shallow and frequent. None of them is a guarantee rate:
a run that knows the whole year beforehand shows the best that could be had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from yuqian.models.clock import Clock, Floats
from yuqian.models.kind import UserClass
from yuqian.models.ledger import Account
from yuqian.models.user_class import STANDARD_ORDER
from yuqian.optimise.entries import Books, Line
from yuqian.optimise.lexicographic import NOUGHT_HM3

NOT_SHORT = 1e-6
"""Shortage below this share of what was asked for in the step is rounding."""
NOT_SHORT_HM3 = 2 * NOUGHT_HM3
"""So is what a member goes without in all, up to this: the strict order leaves a class a m3 of room."""


@dataclass(frozen=True)
class ClassShortage:
    """What one class went without.

    Attributes:
        demand_hm3, shortage_hm3: over the horizon.
        depth_fraction: the largest share that any member was short by in a step.
        steps_short: steps in which any member was short.
        longest_spell: steps of the longest run of those.
        steps: of the horizon.
        members: satisfied share of steps, by member.
    """

    user_class: UserClass
    demand_hm3: float
    shortage_hm3: float
    depth_fraction: float
    steps_short: int
    longest_spell: int
    steps: int
    members: Mapping[str, float]


def shortages(
    ledger: Books, asked_m3_per_s: Mapping[str, Floats], clock: Clock, order: Sequence[UserClass] = STANDARD_ORDER
) -> tuple[ClassShortage, ...]:  # fmt: skip
    """Shortage of each class that has members, in that order of the classes.

    Args:
        asked_m3_per_s: by member, what it asked for by water step: a demand, or a required flow.
    """
    volume = clock.water.hm3_per_m3_per_s
    found = []
    for user_class in order:
        lines = [line for line in ledger.accounts.get(Account.SHORTAGE, ()) if line.label == user_class.value]
        if lines:
            found.append(_of_class(user_class, lines, {one: flow * volume for one, flow in asked_m3_per_s.items()}, clock))
    return tuple(found)


def _of_class(user_class: UserClass, lines: list[Line], asked_hm3: Mapping[str, Floats], clock: Clock) -> ClassShortage:
    steps = clock.water.count
    any_short = np.zeros(steps, dtype=bool)
    depth, total, demand, members = 0.0, 0.0, 0.0, {}
    for line in lines:
        short = _by_water_step(line.values, clock)
        asked = asked_hm3.get(line.owner, np.maximum(short, 0.0))
        share = np.divide(short, asked, out=np.zeros(steps), where=asked > 0.0)
        is_short = (share > NOT_SHORT) & (float(short.sum()) > NOT_SHORT_HM3)
        any_short |= is_short
        depth = max(depth, float(share[is_short].max(initial=0.0)))
        total, demand = total + float(short.sum()), demand + float(asked.sum())
        members[line.owner] = 1.0 - float(is_short.mean())
    return ClassShortage(
        user_class, demand, max(0.0, total), depth, int(any_short.sum()), _longest(any_short), steps, members
    )  # fmt: skip


def _by_water_step(values: Floats, clock: Clock) -> Floats:
    """Volumes by power step added up over each water step; those by water step as they are."""
    if len(values) == clock.water.count:
        return values
    total: Floats = values.reshape(clock.water.count, -1).sum(axis=1)
    return total


def _longest(short: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
    longest = run = 0
    for one in short.tolist():
        run = run + 1 if one else 0
        longest = max(longest, run)
    return longest
