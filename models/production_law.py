"""The law of convex production: what a unit burns or costs at each power, as a convex line of segments.

Between its points the line is straight; its slopes never fall, so that the optimum fills the cheapest segment first and no
binary decision is needed. One whole unit may have slopes that fall: then binary decisions fill its segments in order. Segment
``k`` (from 1) is the decision ``m.segment_<k>_mw``, all units together. A line of one segment needs none.

In the tight formulation a segment that a unit cannot reach in the step of its start or before its stop is closed then:
Knueven, Ostrowski and Watson, "On mixed-integer programming formulations for the unit commitment problem" (INFORMS Journal on
Computing, 2020), section on production costs.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Floats, Steps
from yuqian.models.commitment_law import ROUNDED_MW, Units

SLOPE_TOLERANCE = 1e-9
"""How much a slope may fall, relative to its size, for points that were rounded in writing."""


@dataclass(frozen=True)
class ProductionLine:
    """Points of the line of one unit, from its lowest to its highest power.

    Attributes:
        power_mw: rising.
        rate_per_h: what is burnt or paid in an hour at that power, in any unit.
        in_order: whether whole decisions fill the segments one after the other, so that slopes may fall: of one whole unit.

    Raises:
        ValueError: for points that do not rise, or slopes that fall where the segments are not filled in order.
    """

    power_mw: tuple[float, ...]
    rate_per_h: tuple[float, ...]
    in_order: bool = False

    def __post_init__(self) -> None:
        if len(self.power_mw) != len(self.rate_per_h):
            raise ValueError(f"each power needs its rate; got {len(self.power_mw)} powers and {len(self.rate_per_h)} rates")
        if any(after <= before for before, after in itertools.pairwise(self.power_mw)):
            raise ValueError(f"the powers of the production line must rise; got {self.power_mw}")
        for before, after in itertools.pairwise(() if self.in_order else self.slopes):
            if after < before - SLOPE_TOLERANCE * max(1.0, abs(before)):
                raise ValueError(f"the production line must be convex; a slope of {before:g} is followed by {after:g}")

    @cached_property
    def widths_mw(self) -> tuple[float, ...]:
        return tuple(after - before for before, after in itertools.pairwise(self.power_mw))

    @cached_property
    def slopes(self) -> tuple[float, ...]:
        """Rate of each segment for one more MW."""
        rises = (after - before for before, after in itertools.pairwise(self.rate_per_h))
        return tuple(rise / width for rise, width in zip(rises, self.widths_mw, strict=True))

    @property
    def segments(self) -> tuple[str, ...]:
        """Names of the decisions; none for a line of at most one segment."""
        count = len(self.widths_mw)
        return tuple(f"segment_{k}_mw" for k in range(1, count + 1)) if count > 1 else ()

    def declare(
        self, m: pyo.Block, steps: Steps, units: Units | None, above_mw: Callable[[Any], Any] | None = None
    ) -> None:  # fmt: skip
        """Declare the segments and that they add up to the power above the lowest.

        Args:
            units: the law of those that are switched; None where only their number varies.
            above_mw: their power above the lowest, as a function of the step; ``m.above_min_mw`` when left out.
        """
        names, above = self.segments, above_mw or _above(m)
        if not names:
            return
        for k, (name, width) in enumerate(zip(names, self.widths_mw, strict=True), start=1):
            segment = pyo.Var(steps.hours, dense=False, bounds=(0, None))
            m.add_component(name, segment)
            lost = (0.0, 0.0) if units is None else self._lost(k, width, units)
            if units is not None and units.is_tight and sum(lost) > 0.0:
                _limit_tightly(m, steps, f"segment_{k}", segment, width, lost, units)
            else:
                limit = pyo.Constraint(steps.hours, rule=_limit(m, segment, width))
                m.add_component(f"segment_{k}_limit", limit)

        @m.Constraint(steps.hours)
        def segments(m: pyo.Block, t: int) -> object:
            return above(t) == sum(m.component(name)[t] for name in names)

        if self.in_order:
            self._fill_in_order(m, steps)

    def _fill_in_order(self, m: pyo.Block, steps: Steps) -> None:
        """A segment opens only when the one before it is full: ``m.filled_<k>_count`` is 1 then, of one whole unit."""
        for k, (name, after) in enumerate(itertools.pairwise(self.segments), start=1):
            filled = pyo.Var(steps.hours, dense=False, domain=pyo.NonNegativeIntegers, bounds=(0, 1))
            m.add_component(f"filled_{k}_count", filled)
            full = _full(m.component(name), self.widths_mw[k - 1], filled)
            opened = _opened(m.component(after), self.widths_mw[k], filled)
            m.add_component(f"filled_{k}", pyo.Constraint(steps.hours, rule=full))
            m.add_component(f"opened_{k + 1}", pyo.Constraint(steps.hours, rule=opened))

    def _lost(self, segment: int, width: float, units: Units) -> tuple[float, float]:
        """What a unit cannot reach of a segment in the step of its start, and before its stop."""
        end = self.power_mw[segment - 1] + width
        at_start, at_stop = (
            min(end - power, width) if end - power > ROUNDED_MW else 0.0
            for power in (units.start_power_mw, units.stop_power_mw)
        )  # fmt: skip
        return at_start, at_stop

    def rate(self, m: pyo.Block, t: Any, above_mw: Callable[[Any], Any] | None = None) -> Any:
        """What all units together burn or cost in an hour, in a step; ``above_mw`` as in :meth:`declare`."""
        lowest = self.rate_per_h[0] * m.online_count[t]
        if not self.segments:
            return lowest + self.slopes[0] * (above_mw or _above(m))(t) if self.slopes else lowest
        return lowest + sum(
            slope * m.component(name)[t] for name, slope in zip(self.segments, self.slopes, strict=True) if slope
        )

    def audit(self, owner: str, answer: Answer, book: Book, above_mw: Floats | None = None) -> Floats:
        """Check an answer against the line; returns what the units together burn or cost, shape (steps,), per hour."""
        above = answer.above_min_mw[1:] if above_mw is None else above_mw
        online = answer.online_count[-len(above) :]
        total: Floats = online * self.rate_per_h[0]
        if len(self.power_mw) == 1:
            book.within(owner, "power above the only one", above, 0.0, 0.0)
            return total
        parts = [getattr(answer, name) for name in self.segments] or [above]
        book.equal(owner, "segments add up", np.sum(parts, axis=0), above)
        powers, rates, short = self.power_mw, self.rate_per_h, np.zeros(len(above))
        for k, part in enumerate(parts):
            width = powers[k + 1] - powers[k]
            book.within(owner, f"segment {k + 1}", part, 0.0, online * width)
            if self.in_order and k:
                book.within(owner, f"segment {k + 1} after the one before", np.minimum(part, short), None, 0.0)
            short = online * width - part
            total = total + part * (rates[k + 1] - rates[k]) / width
        return total


def secants(power_min_mw: float, power_max_mw: float, count: int, rate: Callable[[float], float]) -> ProductionLine:
    """A convex function as ``count`` segments of equal width between points on it."""
    points = tuple(float(power) for power in np.linspace(power_min_mw, power_max_mw, count + 1))
    return ProductionLine(points, tuple(rate(power) for power in points))


def _full(segment: Any, width: float, filled: Any) -> Callable[[Any, Any], Any]:
    return lambda _, t: segment[t] >= width * filled[t]


def _opened(segment: Any, width: float, filled: Any) -> Callable[[Any, Any], Any]:
    return lambda _, t: segment[t] <= width * filled[t]


def is_convex(power_mw: tuple[float, ...], rate_per_h: tuple[float, ...]) -> bool:
    """Whether the slopes between points never fall."""
    try:
        ProductionLine(power_mw, rate_per_h)
    except ValueError:
        return False
    return True


def _above(m: pyo.Block) -> Callable[[Any], Any]:
    return lambda t: m.above_min_mw[t]


def _limit(m: pyo.Block, segment: Any, width: float) -> Callable[[Any, Any], Any]:
    return lambda _, t: segment[t] <= width * m.online_count[t]


def _limit_tightly(
    m: pyo.Block, steps: Steps, name: str, segment: Any, width: float, lost: tuple[float, float], units: Units
) -> None:
    at_start, at_stop = lost
    # A unit that may stop right after its start loses the larger of both, not their sum.
    together = (at_start, at_stop) if units.up_steps > 1 else (at_start, _positive(at_stop - at_start))
    m.add_component(f"{name}_limit", pyo.Constraint(steps.later_hours, rule=_limit_before(m, segment, width, *together)))
    if units.up_steps == 1 and at_stop:
        other = _limit_before(m, segment, width, _positive(at_start - at_stop), at_stop)
        m.add_component(f"{name}_limit_before_stop", pyo.Constraint(steps.later_hours, rule=other))
    last = steps.clock.power.last
    closing = width * m.online_count[last] - at_start * m.start_count[last] if at_start else width * m.online_count[last]
    m.add_component(f"{name}_limit_at_the_end", pyo.Constraint(expr=segment[last] <= closing))


def _positive(mw: float) -> float:
    return mw if mw > ROUNDED_MW else 0.0


def _limit_before(m: pyo.Block, segment: Any, width: float, at_start: float, at_stop: float) -> Callable[[Any, Any], Any]:
    """The limit on the step before ``t``, which looks at a stop in ``t``."""

    def rule(_: Any, t: Any) -> Any:
        allowed = width * m.online_count[t - 1]
        if at_start:
            allowed = allowed - at_start * m.start_count[t - 1]
        if at_stop:
            allowed = allowed - at_stop * m.stop_count[t]
        return segment[t - 1] <= allowed

    return rule
