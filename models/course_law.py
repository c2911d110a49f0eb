"""The law of starting and stopping: what a unit gives before it is online and after it was.

A start takes some steps, by its tier, in which the unit climbs from nothing to its lowest power along a given course; after a
stop it falls along another. A unit on such a course is off for every other rule. How many begin a start in a step is the
decision ``m.start_<tier>_begun_count``; it reaches back as far as the course is long, so that a window of a longer horizon goes
on with the starts that the one before it began. Nobody begins what would not be finished within the horizon.

Morales-España, Latorre and Ramos, "Tight and compact MILP formulation of start-up and shut-down ramping in unit commitment"
(IEEE Transactions on Power Systems, 2013).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.carry_law import carry
from yuqian.models.clock import Floats, Horizon, Rhythm, Steps
from yuqian.models.commitment_law import Units
from yuqian.models.start_cost_law import StartTiers


def course_in_steps(by_hour_mw: Sequence[float], length_h: float, *, to_the_end: bool) -> tuple[float, ...]:
    """A course given hour by hour as averages over steps of another length.

    Args:
        to_the_end: the last step ends with the course (a start); otherwise the first one begins with it (a stop).
    """
    hours = len(by_hour_mw)
    count = math.ceil(hours / length_h - 1e-9)
    edges = length_h * np.arange(count + 1) + (hours - count * length_h if to_the_end else 0.0)
    energy = np.interp(edges, np.arange(hours + 1), np.concatenate(([0.0], np.cumsum(by_hour_mw))))
    return tuple((np.diff(energy) / length_h).tolist())


def courses_by_tier(hours: Sequence[int], power_mw: Sequence[float], length_h: float) -> list[tuple[float, ...]]:
    """Courses of starts in steps, from their hours by tier and their powers, one tier after the other."""
    ends = np.cumsum(hours, dtype=int)
    parts = (power_mw[end - count : end] for count, end in zip(hours, ends, strict=True))
    return [course_in_steps(part, length_h, to_the_end=True) for part in parts]


def check_courses(hours: Sequence[int], start: Sequence[float], stop: Sequence[float], tiers: int, highest: float) -> None:
    """Refuse courses that do not fit together; ``start``, ``stop`` and ``highest`` in power or shares of it.

    Raises:
        ValueError: naming what does not.
    """
    if hours and len(hours) != tiers:
        raise ValueError(f"start_course_h needs hours for each of the {tiers} start tiers")
    if sum(hours) != len(start) or min(hours, default=0) < 0:
        raise ValueError(f"start_course_h counts {sum(hours)} hours in all, the course of starts gives {len(start)} powers")
    if not all(0.0 <= power <= highest for power in (*start, *stop)):
        raise ValueError("the courses of starts and stops must lie between 0 and the highest power")


@dataclass(frozen=True)
class Courses:
    """The courses of a group of units.

    Attributes:
        tiers: of starts, with the course of each.
        stop_mw: power of one unit in each step after its stop.
        add_freely: whether courses merely add to what is given, as published models have it: one may overlap another, and
            what of a start would lie before the horizon is left out.

    Raises:
        ValueError: for courses that take longer than the units stay off, unless they add freely.
    """

    tiers: StartTiers
    stop_mw: tuple[float, ...]
    add_freely: bool = False

    def __post_init__(self) -> None:
        if self.add_freely:
            return
        for lag, course in zip(self.tiers.lag_steps, self.tiers.course_mw, strict=False):
            if len(course) + len(self.stop_mw) > lag:
                raise ValueError(
                    f"a unit that is off for {lag} steps cannot spend {len(self.stop_mw)} of them stopping and {len(course)} "
                    f"starting; raise the minimum down time or the lag of the tier, or shorten its course"
                )

    def __bool__(self) -> bool:
        return any(self.tiers.course_mw) or bool(self.stop_mw)

    @property
    def _by_tier(self) -> list[tuple[int, str, tuple[float, ...]]]:
        return [(k, _begun(k), course) for k, course in enumerate(self.tiers.course_mw) if course]

    def declare(self, m: pyo.Block, steps: Steps, units: Units) -> None:
        """Declare how many begin a start in each step, and that those are online when its course is over."""
        last = steps.clock.power.last
        for k, name, course in self._by_tier:
            length = len(course)
            over = pyo.RangeSet(-length, last)
            m.add_component(f"{name}_steps", over)
            begun = pyo.Var(over, dense=False, bounds=(0, units.count))
            m.add_component(name, begun)
            m.add_component(f"{name}_ends", pyo.Constraint(steps.hours, rule=self._ends(m, units, k, begun, length)))
            late = pyo.RangeSet(max(last - length + 1, 0), last)
            m.add_component(f"{name}_late_steps", late)
            m.add_component(f"{name}_late", pyo.Constraint(late, rule=_nothing(begun)))
            carry(
                m, steps, Rhythm.POWER, name, begun.__getitem__, range(-length, 0),
                opening=None if self.add_freely else [0.0] * length,
                free=(0.0, float(units.count)) if self.add_freely else None,
            )  # fmt: skip
            if steps.horizon is Horizon.WHOLE and not self.add_freely:
                before = pyo.RangeSet(-length, -1)
                m.add_component(f"{name}_before_steps", before)
                m.add_component(f"{name}_before", pyo.Constraint(before, rule=_nothing(begun)))

    def _ends(self, m: pyo.Block, units: Units, tier: int, begun: Any, length: int) -> Callable[[Any, Any], Any]:
        return lambda _, t: self.tiers.starts_in(m, t, units, tier) == begun[t - length]

    def power(self, m: pyo.Block, t: Any) -> Any:
        """Power of all units on their courses in a step, MW; 0 where there are none."""
        parts = [
            power * m.component(name)[t - i] for _, name, course in self._by_tier for i, power in enumerate(course) if power
        ]
        parts += [power * m.stop_count[t - i] for i, power in enumerate(self.stop_mw) if power]
        return sum(parts)

    def audit(self, owner: str, answer: Answer, book: Book, units: Units, starts: Floats) -> Floats:
        """Check an answer; returns the power of the units on their courses, shape (steps,), MW.

        Args:
            starts: by tier and step, as the law of start costs gives them.
        """
        hours = starts.shape[1]
        power = np.zeros(hours)
        for k, name, course in self._by_tier:
            begun, length = getattr(answer, name), len(course)
            book.within(owner, f"starts begun, tier {k + 1}", begun, 0.0, units.count)
            book.equal(owner, f"starts begun are ended, tier {k + 1}", begun[:hours], starts[k])
            book.equal(owner, f"starts begun too late, tier {k + 1}", begun[hours:], 0.0)
            otherwise = 0.0 if book.horizon is Horizon.WHOLE and not self.add_freely else None
            given = getattr(answer, f"opening_{name}", otherwise)
            if given is not None:
                book.equal(owner, f"starts begun before, tier {k + 1}", begun[:length], given)
            for i, value in enumerate(course):
                power += value * begun[length - i : length - i + hours]
        for i, value in enumerate(self.stop_mw):
            stops = answer.stop_count[units.past_steps - i :]
            power += value * stops[:hours]
        return power


def _begun(tier: int) -> str:
    return f"start_{tier + 1}_begun_count"


def _nothing(begun: Any) -> Callable[[Any, Any], Any]:
    return lambda _, t: begun[t] == 0.0
