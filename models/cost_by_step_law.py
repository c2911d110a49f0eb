"""The law of a cost that changes by step: one production line whose rates are other numbers in every step."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo

from yuqian.models.book import Answer
from yuqian.models.clock import Clock, Floats, Steps
from yuqian.models.kind import table
from yuqian.models.production_law import SLOPE_TOLERANCE, ProductionLine


@dataclass(frozen=True)
class CostByStep:
    """Rates of one unit at the points of its production line, in every step.

    Attributes:
        line: the points, and the segments that fill between them.
        rates: yuan in an hour, shape (steps, points).
    """

    line: ProductionLine
    rates: Floats

    @classmethod
    def of(cls, line: ProductionLine, flat: Sequence[float], clock: Clock) -> CostByStep:
        """From rates given step after step.

        Raises:
            ValueError: for another count than steps times points, or slopes that fall within a step.
        """
        points, steps = len(line.power_mw), clock.power.count
        if len(flat) != points * steps:
            raise ValueError(
                f"curve_cost_by_step_yuan_per_h gives {len(flat)} values for {steps} steps of {points} points"
            )  # fmt: skip
        law = cls(line, np.array(flat, dtype=float).reshape(steps, points))
        for before, after in itertools.pairwise(law.slopes.T):
            falls = np.flatnonzero(after < before - SLOPE_TOLERANCE * np.maximum(1.0, np.abs(before)))
            if len(falls) and not line.in_order:
                raise ValueError(f"the cost by step must be convex; slopes fall in step {falls[0]}")
        return law

    @property
    def slopes(self) -> Floats:
        """Cost of one more MW by step and segment, shape (steps, segments)."""
        slopes: Floats = np.diff(self.rates, axis=1) / np.array(self.line.widths_mw)
        return slopes

    def declare(self, m: pyo.Block, steps: Steps) -> None:
        """Declare the numbers; the segments are the line's own."""
        table(m, "cost_lowest_yuan_per_h", steps.hours, self.rates[:, 0])
        for k, slope in enumerate(self.slopes.T, start=1):
            table(m, f"cost_slope_{k}_yuan_per_mwh", steps.hours, slope)

    def rate(self, m: pyo.Block, t: Any) -> Any:
        """What all units together cost in an hour, in a step."""
        lowest = m.cost_lowest_yuan_per_h[t] * m.online_count[t]
        names = self.line.segments or (("above_min_mw",) if self.line.widths_mw else ())
        return lowest + sum(
            m.component(f"cost_slope_{k}_yuan_per_mwh")[t] * m.component(name)[t] for k, name in enumerate(names, start=1)
        )

    def audit(self, answer: Answer) -> Floats:
        """What the units together cost, shape (steps,), per hour; the segments are checked by the line."""
        total: Floats = answer.online_count[1:] * self.rates[:, 0]
        parts = [getattr(answer, name) for name in self.line.segments] or [answer.above_min_mw[1:]]
        for k, width in enumerate(self.line.widths_mw):
            total = total + parts[k] * (self.rates[:, k + 1] - self.rates[:, k]) / width
        return total
