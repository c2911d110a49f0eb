"""The law of a head that varies: a turbine's yield goes by the level behind the dam and the tailwater below it.

A linear program holds the yield of each day fixed, at first that of the plant's net head. From an answer it is taken again at
the mean level and the flow of each day, until it settles; see :mod:`yuqian.models.renumbering`. What the yield at the solved
levels leaves out is that holding water back raises the head of later days; the yield at the highest head bounds that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from yuqian.models.clock import Floats
from yuqian.models.renumbering import Renumbering

YIELD = "yield_mw_per_m3_per_s"
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

    def yield_mw_per_m3_per_s(self, level_m: Floats, flow_m3_per_s: Floats) -> Floats:
        """``rho g H eta`` at levels behind the dam and flows below it; nought where the head is drowned."""
        head = np.maximum(level_m - self.tailwater_m(flow_m3_per_s) - self.loss_m, 0.0)
        found: Floats = 9.81e-3 * head * self.efficiency_fraction
        return found

    def renumbering(self, readings: Mapping[str, Floats], turbined_m3_per_s: Floats, in_force: Floats) -> Renumbering:
        """Yield of each day where an answer lies.

        Args:
            readings: of the reservoir: its mean level ``level_m`` and its ``release_m3_per_s`` by day.
        """
        below = turbined_m3_per_s + readings["release_m3_per_s"]
        renewed = self.yield_mw_per_m3_per_s(readings["level_m"], below)
        matters = turbined_m3_per_s > LEAST_FLOW * max(float(turbined_m3_per_s.max(initial=0.0)), 1e-9)
        change = np.abs(renewed - in_force)[matters] / np.maximum(in_force[matters], 1e-12)
        return Renumbering({YIELD: renewed}, {YIELD: in_force}, float(change.max(initial=0.0)), TOLERANCE)

    def most_favourable(self, readings: Mapping[str, Floats]) -> Mapping[str, Floats]:
        """The yield that no answer can better: at the reservoir's highest level with nothing flowing below."""
        highest = readings["level_highest_m"]
        return {YIELD: self.yield_mw_per_m3_per_s(highest, np.zeros(highest.shape))}
