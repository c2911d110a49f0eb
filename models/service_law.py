"""The law of service: how many units may, and must, be online in each step, and how far their limits move with time.

What is planned ahead (maintenance by date, units that must run, a commitment that somebody fixed, limits by step) becomes
numbers by step, which a window of a longer horizon takes as any series.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Steps
from yuqian.models.commitment_law import Units
from yuqian.models.kind import table


def check_windows(begins: Sequence[dt.datetime], ends: Sequence[dt.datetime], counts: Sequence[int], units: int) -> None:
    """Refuse maintenance windows that do not fit together.

    Raises:
        ValueError: naming what does not.
    """
    if len(begins) != len(ends):
        raise ValueError("each maintenance window needs its beginning (maintenance_from) and its end (maintenance_until)")
    for begin, end in zip(begins, ends, strict=True):
        if begin >= end:
            raise ValueError(f"the maintenance window from {begin} must end after it begins, not at {end} (maintenance_until)")
    if counts and len(counts) != len(begins):
        raise ValueError(f"maintenance_unit_count needs one count for each of the {len(begins)} windows, got {len(counts)}")
    if any(not 0 < count <= units for count in counts):
        raise ValueError(f"maintenance_unit_count must lie between 1 and the {units} units that there are")


def out_of_service(
    clock: Clock, begins: Sequence[dt.datetime], ends: Sequence[dt.datetime], counts: Sequence[int], units: int
) -> Floats:
    """Units in maintenance, shape (power steps,): in every step that begins in a window, its end excluded.

    Args:
        counts: units out in each window; all of them when empty. Where windows overlap their counts add up, to at most all.
    """
    stamps, out = clock.power.stamps, np.zeros(clock.power.count)
    for k, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        inside = (stamps >= np.datetime64(begin)) & (stamps < np.datetime64(end))
        out[inside] += counts[k] if counts else units
    return np.minimum(out, float(units))


def by_step(name: str, values: Sequence[float], clock: Clock) -> Floats:
    """Values by step as an array, shape (power steps,); of the beginning of a longer calendar, the first of its values.

    Raises:
        ValueError: if there are not as many as steps; the message names the field.
    """
    count = (clock.longer or clock).power.count
    if len(values) != count:
        raise ValueError(f"{name} gives {len(values)} values for a horizon of {count} steps")
    return np.array(values[: clock.power.count], dtype=float)


@dataclass(frozen=True)
class Service:
    """What is planned for a group of units, shapes (power steps,); None where nothing is.

    Attributes:
        highest_count, lowest_count: units that may, and must, be online.
        power_min_mw, power_max_mw: limits of one unit online, within those that the units are stated with.
    """

    highest_count: Floats | None = None
    lowest_count: Floats | None = None
    power_min_mw: Floats | None = None
    power_max_mw: Floats | None = None

    def declare(self, m: pyo.Block, steps: Steps, units: Units) -> None:
        """Declare the limits on units online and on their power."""
        self.declare_counts(m, steps)
        if self.power_min_mw is not None:
            table(m, "lowest_range_mw", steps.hours, self.power_min_mw - units.power_min_mw)
            m.lowest_by_step = pyo.Constraint(
                steps.hours, rule=lambda m, t: units.bottom(m, t) >= m.lowest_range_mw[t] * m.online_count[t]
            )
        if self.power_max_mw is not None:
            table(m, "highest_range_mw", steps.hours, self.power_max_mw - units.power_min_mw)
            m.highest_by_step = pyo.Constraint(
                steps.hours, rule=lambda m, t: units.top(m, t) <= m.highest_range_mw[t] * m.online_count[t]
            )

    def declare_counts(self, m: pyo.Block, steps: Steps) -> None:
        """Declare the limits on units online."""
        if self.highest_count is not None:
            table(m, "in_service_count", steps.hours, self.highest_count)
            m.in_service = pyo.Constraint(steps.hours, rule=lambda m, t: m.online_count[t] <= m.in_service_count[t])
        if self.lowest_count is not None:
            table(m, "must_run_count", steps.hours, self.lowest_count)
            m.must_run = pyo.Constraint(steps.hours, rule=lambda m, t: m.online_count[t] >= m.must_run_count[t])

    def audit(self, owner: str, answer: Answer, book: Book, units: Units) -> None:
        """Check an answer against the plan."""
        online, above = answer.online_count[1:], answer.above_min_mw[1:]
        book.within(owner, "units in service", online, self.lowest_count, self.highest_count)
        up, down = units.offers.held(answer, len(online))
        if self.power_min_mw is not None:
            lowest = online * (self.power_min_mw - units.power_min_mw)
            book.within(owner, "lowest power of the step", above - down, lowest, None)
        if self.power_max_mw is not None:
            highest = online * (self.power_max_mw - units.power_min_mw)
            book.within(owner, "highest power of the step", above + up, None, highest)
