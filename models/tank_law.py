"""The law of a clear-water tank: water is treated in other hours than it is drawn in, within the day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.kind import table
from yuqian.models.units import HOURS_PER_DAY, SECONDS_PER_HOUR


@dataclass(frozen=True)
class Tank:
    """A tank behind treatment of limited capacity.

    Attributes:
        size_m3: what it holds.
        treated_max_m3_per_s: in any hour.
        draw_shape: how the hours of a day, from midnight, share what is drawn; None for evenly.
    """

    size_m3: float
    treated_max_m3_per_s: float
    draw_shape: Sequence[float] | None

    def draw_ratio(self, clock: Clock) -> Floats:
        """What is drawn in each power step, over the mean of its water step, shape (power.count,)."""
        if self.draw_shape is None:
            return np.ones(clock.power.count)
        ends = np.concatenate(([0.0], np.cumsum(clock.power.hours)))
        passed = np.concatenate(([0.0], np.cumsum(self.draw_shape)))
        whole, part = np.divmod(ends, HOURS_PER_DAY)
        drawn = np.diff(whole * passed[-1] + np.interp(part, np.arange(HOURS_PER_DAY + 1), passed)) / clock.power.hours
        ratio: Floats = drawn / clock.mean_over_water(drawn)[clock.water_of_power]
        return ratio

    def declare(self, m: pyo.Block, steps: Steps, output_m3_per_s: Callable[[Any], Any]) -> None:
        """Declare hourly treatment ``m.treated_m3_per_s`` and the tank's content ``m.tank_m3`` for a daily output."""
        m.treated_m3_per_s = pyo.Var(steps.hours, dense=False, bounds=(0, self.treated_max_m3_per_s))
        m.tank_m3 = pyo.Var(steps.hour_ends, dense=False, bounds=(0, self.size_m3))
        table(m, "draw_ratio", steps.hours, self.draw_ratio(steps.clock))
        inside = steps.hours_per_day

        @m.Constraint(steps.days)
        def treated_of_day(m: pyo.Block, d: int) -> object:
            return sum(m.treated_m3_per_s[inside * d + k] for k in range(inside)) == inside * output_m3_per_s(d)

        @m.Constraint(steps.hours)
        def tank(m: pyo.Block, t: int) -> object:
            drawn = m.draw_ratio[t] * output_m3_per_s(steps.day_of_hour[t])
            filled = SECONDS_PER_HOUR * steps.length_h(Rhythm.POWER, t)
            return m.tank_m3[t] == m.tank_m3[t - 1] + filled * m.treated_m3_per_s[t] - filled * drawn

    def audit(self, owner: str, answer: Answer, output_m3_per_s: Floats, book: Book, clock: Clock) -> None:
        """Check the treatment and the tank against the output by day, shape (days,)."""
        treated = answer.treated_m3_per_s
        book.within(owner, "treatment", treated, 0.0, self.treated_max_m3_per_s)
        book.within(owner, "tank", answer.tank_m3, 0.0, self.size_m3)
        book.equal(owner, "treated in the day", clock.mean_over_water(treated), output_m3_per_s)
        drawn = self.draw_ratio(clock) * output_m3_per_s[clock.water_of_power]
        book.equal(owner, "tank's content", np.diff(answer.tank_m3), (treated - drawn) * clock.power.hours * 3600)
