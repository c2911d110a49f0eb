"""The law of a head that varies: a turbine's yield goes by the level behind the dam and the tailwater below it.

A linear program holds the yield of each day fixed, at first that of the plant's net head. From an answer it is taken again at
the mean level and the flow of each day, until it settles; see :mod:`yuqian.models.renumbering`. What the yields at the solved
levels leave out is that holding water back raises the head, and that flow below the dam lowers it: both are put beside them as
incentives, the worth of a metre to the day's power times what a hm3 or a m3/s moves, which hold while solving and cost nothing
in the answer that counts. So a fixed point keeps the first-order conditions of the nonlinear problem. The yield at the highest
head bounds what can be reached.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from yuqian.models.clock import Floats
from yuqian.models.renumbering import Renumbering

YIELD, HEAD_VALUE = "yield_mw_per_m3_per_s", "head_value_yuan_per_hm3_h"
TAILWATER_COST = "tailwater_cost_yuan_per_m3_per_s_h"
TOLERANCE = 0.005
"""Largest relative change of a yield at which it has settled."""
LEAST_FLOW = 0.01
"""Share of the largest turbined flow below which a day's yield does not matter."""


@dataclass(frozen=True)
class VariableHead:
    """Levels that a plant works between.

    Attributes:
        tailwater_level_m: with nothing flowing, or at any flow where no curve is given.
        curve_flow_m3_per_s, curve_level_m: tailwater over the flow below the dam, rising.
        loss_m: head that is lost in the penstock.
        efficiency_fraction: of turbine and generator.
    """

    tailwater_level_m: float
    curve_flow_m3_per_s: Sequence[float]
    curve_level_m: Sequence[float]
    loss_m: float
    efficiency_fraction: float

    def tailwater_m(self, flow_m3_per_s: Floats) -> Floats:
        """Level below the dam at a flow."""
        if not self.curve_flow_m3_per_s:
            return np.full(flow_m3_per_s.shape, self.tailwater_level_m)
        level: Floats = np.interp(flow_m3_per_s, self.curve_flow_m3_per_s, self.curve_level_m)
        return level

    def tailwater_slope(self, flow_m3_per_s: Floats) -> Floats:
        """Metres that the tailwater rises by with one more m3/s; on a point of the curve, those towards the next."""
        slopes = np.diff(self.curve_level_m) / np.diff(self.curve_flow_m3_per_s)
        found: Floats = np.concatenate(([0.0], slopes, [0.0]))[
            np.searchsorted(self.curve_flow_m3_per_s, flow_m3_per_s, side="right")
        ]
        return found

    def yield_mw_per_m3_per_s(self, level_m: Floats, flow_m3_per_s: Floats) -> Floats:
        """``rho g H eta`` at levels behind the dam and flows below it; nought where the head is drowned."""
        head = np.maximum(level_m - self.tailwater_m(flow_m3_per_s) - self.loss_m, 0.0)
        found: Floats = 9.81e-3 * head * self.efficiency_fraction
        return found

    def renumbering(
        self, readings: Mapping[str, Floats], turbined_m3_per_s: Floats, in_force: Floats, earned_yuan_per_h: Floats
    ) -> Renumbering:
        """Yield of each day where an answer lies, what one more hm3 behind the dam would be worth to it, and a m3/s below cost.

        Args:
            readings: of the reservoir by day: its mean level ``level_m``, how much that rises with a hm3, its release.
            earned_yuan_per_h: what a yield higher by its own size would save, in the mean of the day.
        """
        below = turbined_m3_per_s + readings["release_m3_per_s"]
        renewed = self.yield_mw_per_m3_per_s(readings["level_m"], below)
        matters = turbined_m3_per_s > LEAST_FLOW * max(float(turbined_m3_per_s.max(initial=0.0)), 1e-9)
        change = np.abs(renewed - in_force)[matters] / np.maximum(in_force[matters], 1e-12)
        # Where water is left over, the small price of a release makes a lower head seem worth something; it is not.
        earned = np.maximum(earned_yuan_per_h, 0.0)
        of_a_metre = 9.81e-3 * self.efficiency_fraction / np.maximum(in_force, 1e-12) * earned
        worth = np.where(renewed > 0.0, of_a_metre, 0.0)
        incentives = {HEAD_VALUE: worth * readings["level_slope_m_per_hm3"]}
        if self.curve_flow_m3_per_s:
            incentives[TAILWATER_COST] = worth * self.tailwater_slope(below)
        return Renumbering({YIELD: renewed}, float(change.max(initial=0.0)), TOLERANCE, incentives)

    def most_favourable(self, readings: Mapping[str, Floats]) -> Mapping[str, Floats]:
        """The yield that no answer can better: at the reservoir's highest level with nothing flowing below."""
        highest = readings["level_highest_m"]
        return {YIELD: self.yield_mw_per_m3_per_s(highest, np.zeros(highest.shape))}
