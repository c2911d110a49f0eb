"""The law of a turbine curve: power over discharge, whose further water is worth less and less.

Up to the discharge of best efficiency a plant yields ``rho g H eta`` for every m3/s; beyond it each length of the curve is a
segment with a lower yield, filled in each hour after the one before. A linear program fills them in that order of itself, as
long as power is worth something and the yields fall: so a curve that is not concave is refused. Where power is worth nothing, a
small price of the water that the best efficiency would have saved decides; where it is a burden and the water has no other way,
the order is reversed, and the audit refuses the answer.

The relative efficiencies hold at any head: the flows of the points are not moved with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.kind import table
from yuqian.models.ledger import Ledger
from yuqian.models.renumbering import dual_of
from yuqian.models.units import SECONDS_PER_HOUR

WASTE_PRICE_YUAN_PER_M3 = 2e-4
"""Of turbined water that the best efficiency would have saved: a tie-break, above the price of a release past the turbines."""


@dataclass(frozen=True)
class TurbineCurve:
    """Points of a curve from nothing upwards.

    Attributes:
        flow_m3_per_s: discharges, rising, the first that of best efficiency.
        relative_fraction: efficiency at each discharge as a share of the best one; the first is 1.
    """

    flow_m3_per_s: Sequence[float]
    relative_fraction: Sequence[float]

    def check(self) -> None:
        """Refuse what is not a concave curve.

        Raises:
            ValueError: naming the point, what was found and what is allowed.
        """
        flows, shares = self.flow_m3_per_s, self.relative_fraction
        if len(flows) != len(shares):
            raise ValueError(
                "each turbine_curve_flow_m3_per_s needs its turbine_curve_relative_fraction; "
                f"got {len(flows)} and {len(shares)}"
            )
        if flows[0] <= 0.0 or any(np.diff(flows) <= 0.0):
            raise ValueError(f"turbine_curve_flow_m3_per_s must rise from above 0; found {_written(flows)}")
        if shares[0] != 1.0:
            raise ValueError(
                "turbine_curve_relative_fraction must begin with 1, the point of best efficiency (efficiency_fraction is that "
                f"efficiency); found {shares[0]:g}: begin the curve there, and give the others as shares of it"
            )
        self._check_concave()

    def _check_concave(self) -> None:
        yields = self.segment_relative()
        for k in range(1, len(yields)):
            if 0.0 < yields[k] < yields[k - 1]:
                continue
            before, here = self.flow_m3_per_s[k - 1], self.flow_m3_per_s[k]
            at_before = self.relative_fraction[k - 1]
            low = at_before * before / here
            high = low + yields[k - 1] * (here - before) / here
            raise ValueError(
                f"the turbine curve must be concave: at {here:g} m3/s turbine_curve_relative_fraction is "
                f"{self.relative_fraction[k]:g}, so that from {before:g} to {here:g} m3/s each further m3/s yields "
                f"{yields[k]:.4g} of the best, after {yields[k - 1]:.4g} before; allowed at {here:g} m3/s: more than {low:.4g} "
                f"and less than {high:.4g}. A linear program would use the later water first; leave out the point at "
                f"{before:g} m3/s, or begin the curve at the point of best efficiency"
            )

    def segment_width_m3_per_s(self) -> Floats:
        """Discharge of each segment, shape (segments,)."""
        return np.diff(np.array(self.flow_m3_per_s, dtype=float), prepend=0.0)

    def segment_relative(self) -> Floats:
        """Yield of each segment as a share of the best, shape (segments,)."""
        flows = np.array(self.flow_m3_per_s, dtype=float)
        found: Floats = np.diff(flows * np.array(self.relative_fraction), prepend=0.0) / np.diff(flows, prepend=0.0)
        return found

    def limits_m3_per_s(self, yield_mw_per_m3_per_s: Floats, power_max_mw: float) -> Floats:
        """How far each segment can be filled before the plant is at full power, shape (segments, steps).

        Args:
            yield_mw_per_m3_per_s: at best efficiency, shape (steps,).
        """
        widths, shares = self.segment_width_m3_per_s()[:, None], self.segment_relative()[:, None]
        powers = shares * widths * yield_mw_per_m3_per_s
        left = np.maximum(power_max_mw - (np.cumsum(powers, axis=0) - powers), 0.0)
        found: Floats = np.minimum(widths, left / np.maximum(shares * yield_mw_per_m3_per_s, 1e-12))
        return found

    def limits_by_name(self, yield_mw_per_m3_per_s: Floats, power_max_mw: float) -> Mapping[str, Floats]:
        """The same by name of the Param of each segment."""
        limits = self.limits_m3_per_s(yield_mw_per_m3_per_s, power_max_mw)
        return {_limit_name(k): values for k, values in enumerate(limits, start=1)}

    def worth_of_yield_yuan_per_h(
        self, duals: Mapping[str, Floats], clock: Clock, power_mw: Floats, yields: Floats, power_max_mw: float
    ) -> Floats:
        """What the optimum would save if the yield of a step were higher by its own size, shape (power steps,).

        A higher yield makes more of the same water, but brings full power, and with it the end of a segment, nearer.

        Args:
            duals: of the plant's own rules; see :func:`yuqian.models.renumbering.dual_of`.
            yields: MW per m3/s at best efficiency, shape (power steps,).
        """
        dual = duals.get(dual_of("power_of_segments"))
        if dual is None:
            return np.zeros(clock.power.count)
        saved = -dual * power_mw
        limits = self.limits_m3_per_s(yields, power_max_mw)
        for k, (width, share) in enumerate(zip(self.segment_width_m3_per_s(), self.segment_relative(), strict=True), start=1):
            ends_at_full_power = (limits[k - 1] > 0.0) & (limits[k - 1] < width)
            nearer = np.where(ends_at_full_power, power_max_mw / np.maximum(share * yields, 1e-12), 0.0)
            saved = saved + duals.get(dual_of(f"segment_{k}_at_full_power"), np.zeros(1)) * nearer
        found: Floats = saved / clock.power.hours
        return found

    def full_widths_by_name(self, count: int) -> Mapping[str, Floats]:
        """Limits of the segments that leave the power out of account, for ``count`` steps."""
        return {_limit_name(k): np.full(count, width) for k, width in enumerate(self.segment_width_m3_per_s(), start=1)}

    def declare(self, m: pyo.Block, ledger: Ledger, steps: Steps, owner: str, yields: str | float, power_max_mw: float) -> None:
        """Declare the segments between ``m.power_mw`` by hour and ``m.turbine_m3_per_s`` by day.

        Args:
            yields: MW per m3/s at best efficiency, or the name of the Param by power step that holds it.
        """
        by_step = isinstance(yields, str)
        first = m.component(yields).by_step() if by_step else np.full(1, yields)
        limits = self.limits_m3_per_s(first, power_max_mw)
        segments = []
        for k, width in enumerate(self.segment_width_m3_per_s(), start=1):
            flow = pyo.Var(steps.hours, dense=False, bounds=(0, float(width if by_step else limits[k - 1, 0])))
            m.add_component(_flow_name(k), flow)
            segments.append(flow)
            if by_step:
                limit = table(m, _limit_name(k), steps.hours, limits[k - 1])
                m.add_component(f"segment_{k}_at_full_power", pyo.Constraint(steps.hours, rule=_below(flow, limit)))
        shares, inside = self.segment_relative().tolist(), steps.hours_per_day
        rate = m.component(yields).__getitem__ if by_step else lambda t: yields

        @m.Constraint(steps.hours)
        def power_of_segments(m: pyo.Block, t: int) -> object:
            return m.power_mw[t] == sum(share * rate(t) * flow[t] for share, flow in zip(shares, segments, strict=True))

        @m.Constraint(steps.days)
        def flow_of_segments(m: pyo.Block, d: int) -> object:
            turbined = sum(flow[inside * d + k] for flow in segments for k in range(inside))
            return turbined == inside * m.turbine_m3_per_s[d]

        price = WASTE_PRICE_YUAN_PER_M3 * SECONDS_PER_HOUR
        beyond = [(price * (1.0 - share), flow) for share, flow in zip(shares[1:], segments[1:], strict=True)]
        if beyond:
            ledger.cost(
                owner, "turbined beyond the best efficiency", rhythm=Rhythm.POWER,
                yuan_per_h=lambda t: sum(rate * flow[t] for rate, flow in beyond),
            )  # fmt: skip

    def audit(self, owner: str, answer: Answer, book: Book, clock: Clock, yields: Floats) -> None:
        """Check each segment, that the power lies on the curve at the flow of each hour, and the water of each day.

        Power on the curve says that the segments were filled in order.

        Args:
            yields: MW per m3/s at best efficiency, shape (power steps,).
        """
        points = np.concatenate(([0.0], self.flow_m3_per_s))
        heights = points * np.concatenate(([1.0], self.relative_fraction))
        flow = np.zeros(clock.power.count)
        for k, width in enumerate(np.diff(points), start=1):
            segment: Floats = getattr(answer, _flow_name(k))
            most = np.minimum(width, answer.given(_limit_name(k), width))
            book.within(owner, f"segment {k} of the turbine curve", segment, 0.0, most)
            flow = flow + segment
        of_the_best = np.interp(flow, points, heights)
        on_curve = of_the_best * yields
        book.equal(owner, "power on the turbine curve, its segments filled in order", answer.power_mw, on_curve)
        starts = np.arange(0, clock.power.count, clock.power_per_water)
        volume = np.add.reduceat(flow * clock.power.hours, starts)
        book.equal(owner, "water of the day's hours", volume, answer.turbine_m3_per_s * clock.water.hours)
        book.cost((flow - of_the_best) * 3600 * WASTE_PRICE_YUAN_PER_M3, Rhythm.POWER)


def _flow_name(segment: int) -> str:
    return f"segment_{segment}_m3_per_s"


def _limit_name(segment: int) -> str:
    return f"segment_{segment}_limit_m3_per_s"


def _below(flow: Any, limit: Any) -> Callable[[Any, int], Any]:
    return lambda _, t: flow[t] <= limit[t]


def _written(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)
