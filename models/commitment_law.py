"""The law of unit commitment: when units are on, and what that allows them to give.

A group of identical units has three decisions a step: how many are online, how many start and how many stop; each between
nothing and all of them. Relaxed and integer commitment are the same rules with another domain of these decisions. For one
unit they are the binary decisions of the literature; a group of several is exact where a unit that stays online may go
anywhere between its lowest and highest power within a step (:attr:`Units.can_be_grouped`), and a relaxation elsewhere.

Power is counted above the lowest power of the units online: ``m.above_min_mw``. The decisions begin in the past, as far back
as the rules look; what happened there is data (``m.start_before_count`` and so on), so that a window of a rolling horizon is
the same structure with other numbers.

Two sets of rules describe the same integer points:

* ``THREE_BINARY``: Morales-España, Latorre and Ramos, "Tight and compact MILP formulation for the thermal unit commitment
  problem" (IEEE Transactions on Power Systems, 2013), in the weaker variant that the library pglib-uc publishes.
* ``TIGHT``: the same with limits that see how far a unit can have ramped since its start or before its stop: Pan and Guan,
  "A polyhedral study of the integrated minimum-up/-down time and ramping polytope" (2016); Damcı-Kurt, Küçükyavuz, Rajan and
  Atamtürk, "A polyhedral study of production ramping" (Mathematical Programming, 2016); Knueven, Ostrowski and Watson, "On
  mixed-integer programming formulations for the unit commitment problem" (INFORMS Journal on Computing, 2020).

Minimum up and down times are those of Rajan and Takriti, "Minimum up/down polytopes of the unit commitment problem with
start-up costs" (IBM research report, 2005).
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np
import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.carry_law import Carried, carry
from yuqian.models.clock import OPENING, Clock, Floats, Rhythm, Steps
from yuqian.models.reserve_law import Offers
from yuqian.models.reserve_product import Direction
from yuqian.models.unit_opening import Opening

ROUNDED_MW = 1e-9
"""A difference of powers up to here is rounding."""


class Commitment(enum.Enum):
    """How far units are units."""

    NONE = "none"
    """Any share of a station may be online in any hour; starts, stops and minimum times are left out."""
    RELAXED = "relaxed"
    """All rules of commitment, of shares of units."""
    INTEGER = "integer"
    """All rules of commitment, of whole units."""


class Formulation(enum.Enum):
    """Which of two sets of rules with the same integer points."""

    THREE_BINARY = "three_binary"
    TIGHT = "tight"


@dataclass(frozen=True)
class Units:
    """A group of identical units, and how they may be switched.

    Attributes:
        count: how many.
        power_min_mw, power_max_mw: of one unit online.
        ramp_up_mw, ramp_down_mw: largest change of one unit's power in a step between two steps online.
        start_power_mw: highest power in the step of a start. At least the lowest power.
        stop_power_mw: highest power in the step before a stop. At least the lowest power.
        up_steps, down_steps: steps that a unit stays online after a start, and off after a stop; at least 1.
        past_steps: how far the decisions reach back; at least as far as any rule looks.
        step_h: length of a step.
        offers: the reserve that they hold: within what units online could ramp to, and for some products started units.
        quick_start_mw: power that a unit at standstill could give in time for such a product; nothing when left out.
    """

    count: int
    commitment: Commitment
    formulation: Formulation
    power_min_mw: float
    power_max_mw: float
    ramp_up_mw: float
    ramp_down_mw: float
    start_power_mw: float
    stop_power_mw: float
    up_steps: int
    down_steps: int
    past_steps: int
    step_h: float
    offers: Offers = field(default_factory=Offers)
    quick_start_mw: float = 0.0

    @property
    def range_mw(self) -> float:
        """From the lowest to the highest power of one unit."""
        return self.power_max_mw - self.power_min_mw

    @property
    def can_be_grouped(self) -> bool:
        """Whether treating several such units as a group loses nothing: ramps never bind between steps online.

        Then the group's power can always be shared among its units: without ramps a unit's limit in a step depends on its
        own start and stop alone; minimum times and start costs pair starts with stops, and any pairing of identical units
        is a possible history.
        """
        return min(self.ramp_up_mw, self.ramp_down_mw) >= self.range_mw

    @property
    def is_tight(self) -> bool:
        return self.formulation is Formulation.TIGHT

    @cached_property
    def start_losses_mw(self) -> tuple[float, ...]:
        """How far below the highest power a unit still is i steps after its start, within the minimum up time."""
        return _losses(self.power_max_mw, self.start_power_mw, self.ramp_up_mw, self.up_steps)

    @cached_property
    def stop_losses_mw(self) -> tuple[float, ...]:
        """How far below the highest power a unit must be i + 1 steps before its stop, within the minimum up time."""
        return _losses(self.power_max_mw, self.stop_power_mw, self.ramp_down_mw, self.up_steps)

    def declare(self, m: pyo.Block, steps: Steps, opening: Opening) -> None:
        """Declare the decisions and all rules of the law on a kind's block."""
        self._declare_decisions(m, steps)
        self._open(m, steps, opening)
        self._switch(m, steps)
        self._limit_power(m, steps)
        self._limit_ramps(m, steps)
        if self.offers.offers:
            self._limit_reserve(m, steps)

    def power(self, m: pyo.Block, t: Any) -> Any:
        """Power of all units together in a step, MW."""
        return self.power_min_mw * m.online_count[t] + m.above_min_mw[t]

    def top(self, m: pyo.Block, t: Any) -> Any:
        """Power above the lowest that the units could be called to, reserve included."""
        return m.above_min_mw[t] + self.offers.up(m, t) if self.offers.has_up else m.above_min_mw[t]

    def bottom(self, m: pyo.Block, t: Any) -> Any:
        """Power above the lowest that is left when all reserve downwards is called."""
        return m.above_min_mw[t] - self.offers.down(m, t) if self.offers.has_down else m.above_min_mw[t]

    def _declare_decisions(self, m: pyo.Block, steps: Steps) -> None:
        domain = pyo.NonNegativeIntegers if self.commitment is Commitment.INTEGER else pyo.NonNegativeReals
        last = steps.clock.power.last
        m.past = pyo.RangeSet(-self.past_steps, OPENING)
        m.past_and_hours = pyo.RangeSet(-self.past_steps, last)
        m.online_count = pyo.Var(steps.hour_ends, dense=False, domain=domain, bounds=(0, self.count))
        m.start_count = pyo.Var(m.past_and_hours, dense=False, domain=domain, bounds=(0, self.count))
        m.stop_count = pyo.Var(m.past_and_hours, dense=False, domain=domain, bounds=(0, self.count))
        m.above_min_mw = pyo.Var(steps.hour_ends, dense=False, bounds=(0, None))
        self.offers.declare(m, steps)

    def _open(self, m: pyo.Block, steps: Steps, opening: Opening) -> None:
        first = -self.past_steps
        m.start_before_count = _past(m.past, first, opening.start_count)
        m.stop_before_count = _past(m.past, first, opening.stop_count)
        _note(m, steps, "start_count", "start_before_count", opening.start_count)
        _note(m, steps, "stop_count", "stop_before_count", opening.stop_count)

        @m.Constraint(m.past)
        def started_before(m: pyo.Block, t: int) -> object:
            return m.start_count[t] == m.start_before_count[t]

        @m.Constraint(m.past)
        def stopped_before(m: pyo.Block, t: int) -> object:
            return m.stop_count[t] == m.stop_before_count[t]

        m.opening = pyo.RangeSet(OPENING, OPENING)
        if opening.online_count is None:
            m.power_before = pyo.Constraint(expr=m.above_min_mw[OPENING] <= self.range_mw * m.online_count[OPENING])
            for name, most in (("online_count", float(self.count)), ("above_min_mw", self.range_mw * self.count)):
                carry(m, steps, Rhythm.POWER, name, m.component(name).__getitem__, range(OPENING, 0), free=(0.0, most))
            return
        m.online_before_count = _past(m.opening, OPENING, (opening.online_count,))
        m.above_min_before_mw = _past(m.opening, OPENING, (opening.above_min_mw,))
        _note(m, steps, "online_count", "online_before_count", (opening.online_count,))
        _note(m, steps, "above_min_mw", "above_min_before_mw", (opening.above_min_mw,))

        @m.Constraint(m.opening)
        def online_before(m: pyo.Block, t: int) -> object:
            return m.online_count[t] == m.online_before_count[t]

        @m.Constraint(m.opening)
        def power_before(m: pyo.Block, t: int) -> object:
            return m.above_min_mw[t] == m.above_min_before_mw[t]

    def _switch(self, m: pyo.Block, steps: Steps) -> None:
        @m.Constraint(steps.hours)
        def switching(m: pyo.Block, t: int) -> object:
            return m.online_count[t] - m.online_count[t - 1] == m.start_count[t] - m.stop_count[t]

        @m.Constraint(steps.hours)
        def up_time(m: pyo.Block, t: int) -> object:
            return sum(m.start_count[t - k] for k in range(self.up_steps)) <= m.online_count[t]

        @m.Constraint(steps.hours)
        def down_time(m: pyo.Block, t: int) -> object:
            return sum(m.stop_count[t - k] for k in range(self.down_steps)) + m.online_count[t] <= self.count

    def _limit_power(self, m: pyo.Block, steps: Steps) -> None:
        last = steps.clock.power.last
        starts, stops = self.start_losses_mw, self.stop_losses_mw
        after_start = starts[: self.up_steps] if self.is_tight else starts[:1]
        before_stop = _pairs(starts, stops, self.up_steps) if self.is_tight else ((), stops[:1])

        def below_start(t: Any) -> Any:
            return self.top(m, t) <= self.range_mw * m.online_count[t] - _summed(m.start_count, t, after_start)

        def below_stop(_: Any, t: Any) -> Any:
            lost = _summed(m.start_count, t - 1, before_stop[0]) + stops[0] * m.stop_count[t]
            return self.top(m, t - 1) <= self.range_mw * m.online_count[t - 1] - lost

        if stops and self.is_tight and (self.up_steps == 1 or len(after_start) <= len(before_stop[0])):
            # The limits on the step before hold these starts already; only the last step has no later one.
            m.power_after_start = pyo.Constraint(expr=below_start(last))
        else:
            m.power_after_start = pyo.Constraint(steps.hours, rule=lambda _, t: below_start(t))
        if not stops:
            return
        if not self.is_tight or self.ramp_down_mw >= self.range_mw:
            # Elsewhere the ramp down into the first step already keeps whole units from stopping at too high a power.
            opening = self.range_mw * m.online_count[OPENING] - stops[0] * m.stop_count[0]
            m.power_before_first_stop = pyo.Constraint(expr=m.above_min_mw[OPENING] <= opening)
        m.power_before_stop = pyo.Constraint(steps.later_hours, rule=below_stop)
        if self.is_tight and self.up_steps == 1 and starts:
            self._limit_short_runs(m, steps)
        if self.is_tight:
            self._limit_before_stops(m, last)

    def _limit_short_runs(self, m: pyo.Block, steps: Steps) -> None:
        """A unit that may stop right after its start: both losses at once count only the larger one."""
        difference = self.start_power_mw - self.stop_power_mw

        @m.Constraint(steps.later_hours)
        def power_between(m: pyo.Block, t: int) -> object:
            lost = self.start_losses_mw[0] * m.start_count[t - 1]
            if difference > ROUNDED_MW:
                lost = lost + difference * m.stop_count[t]
            return self.top(m, t - 1) <= self.range_mw * m.online_count[t - 1] - lost

    def _limit_before_stops(self, m: pyo.Block, last: int) -> None:
        """Ramping down towards stops several steps ahead; of the planned power only, for reserve need not ramp down."""
        stops = self.stop_losses_mw[: self.up_steps]
        ahead = len(stops)
        if ahead < 2 or ahead > last:
            return
        starts = self.start_losses_mw[: max(self.up_steps - ahead, 0)]
        if not starts and self.up_steps == ahead and self.start_losses_mw:
            starts = (max(self.start_losses_mw[0] - stops[-1], 0.0),)
        m.hours_before_stops = pyo.RangeSet(ahead, last)

        @m.Constraint(m.hours_before_stops)
        def power_before_stops(m: pyo.Block, t: int) -> object:
            now = t - ahead
            lost = sum(loss * m.stop_count[now + 1 + i] for i, loss in enumerate(stops)) + _summed(m.start_count, now, starts)
            return m.above_min_mw[now] <= self.range_mw * m.online_count[now] - lost

    def _limit_ramps(self, m: pyo.Block, steps: Steps) -> None:
        up, down = self.ramp_up_mw, self.ramp_down_mw
        at_start = self.start_power_mw - self.power_min_mw - up
        at_stop = self.stop_power_mw - self.power_min_mw - down

        if not self.is_tight:
            at_start, at_stop = max(at_start, 0.0), max(at_stop, 0.0)

        def ramp_up(_: Any, t: Any) -> Any:
            allowed = up * (m.online_count[t] if self.is_tight else self.count)
            return self.top(m, t) - m.above_min_mw[t - 1] <= allowed + _summed(m.start_count, t, (at_start,))

        def ramp_down(_: Any, t: Any) -> Any:
            allowed = down * (m.online_count[t - 1] if self.is_tight else self.count)
            return m.above_min_mw[t - 1] - self.bottom(m, t) <= allowed + _summed(m.stop_count, t, (at_stop,))

        if up < self.range_mw:
            m.ramp_up = pyo.Constraint(steps.hours, rule=ramp_up)
        if down < self.range_mw:
            m.ramp_down = pyo.Constraint(steps.hours, rule=ramp_down)

    def _limit_reserve(self, m: pyo.Block, steps: Steps) -> None:
        """Reserve downwards within what runs, what is fast within its time, and what standstill can serve."""
        offers = self.offers
        if offers.has_down:
            m.reserve_down = pyo.Constraint(steps.hours, rule=lambda m, t: offers.down(m, t) <= m.above_min_mw[t])
        for direction, ramp in ((Direction.UP, self.ramp_up_mw), (Direction.DOWN, self.ramp_down_mw)):
            offers.limit_response(m, steps, direction, _movable(m, ramp / self.step_h))
        if self.quick_start_mw:
            offers.declare_standing(m, steps, lambda t: self.quick_start_mw * self._ready(m, t))

    def _ready(self, m: pyo.Block, t: Any) -> Any:
        """Units that stand still and have done so for long enough to be started."""
        return self.count - m.online_count[t] - sum([m.stop_count[t - k] for k in range(self.down_steps)])

    def audit(self, owner: str, answer: Answer, book: Book, clock: Clock, opening: Opening) -> Floats:
        """Check an answer against the law; returns the power of the units, shape (count of steps,), MW.

        The opening is the given one unless the answer holds numbers for it ("start_before_count" and so on).
        """
        online, before = answer.online_count, self.past_steps
        starts, stops, above = answer.start_count, answer.stop_count, answer.above_min_mw
        for name, found in (("start_before_count", starts[:before]), ("stop_before_count", stops[:before])):
            given = np.array(opening.start_count if name.startswith("start") else opening.stop_count)
            book.equal(owner, name, found, getattr(answer, name, given))
        if opening.online_count is not None:
            book.equal(owner, "online before", online[:1], getattr(answer, "online_before_count", opening.online_count))
            book.equal(owner, "power before", above[:1], getattr(answer, "above_min_before_mw", opening.above_min_mw))
        for name, values in (("online", online), ("starts", starts), ("stops", stops)):
            book.within(owner, f"units, {name}", values, 0.0, self.count)
            if self.commitment is Commitment.INTEGER:
                book.equal(owner, f"whole units, {name}", values, np.round(values))
        book.equal(owner, "switching", np.diff(online), starts[before:] - stops[before:])
        hours = clock.power.count
        book.within(owner, "minimum up time", online[1:] - _in_last(starts, self.up_steps, hours), 0.0, None)
        off = self.count - online[1:]
        book.within(owner, "minimum down time", off - _in_last(stops, self.down_steps, hours), 0.0, None)
        self._audit_power(owner, answer, book)
        power: Floats = above[1:] + self.power_min_mw * online[1:]
        return power

    def _audit_power(self, owner: str, answer: Answer, book: Book) -> None:
        online, above = answer.online_count, answer.above_min_mw
        starts, stops = answer.start_count[self.past_steps :], answer.stop_count[self.past_steps :]
        up, down = self.offers.held(answer, len(starts))
        book.within(owner, "power above the lowest", above, 0.0, None)
        if self.offers.has_down:
            book.within(owner, "reserve downwards", down, None, above[1:])
        top = above[1:] + up
        room = self.power_max_mw - self.power_min_mw
        slow = max(self.power_max_mw - self.start_power_mw, 0.0)
        book.within(owner, "power after a start", top, None, room * online[1:] - slow * starts)
        slow = max(self.power_max_mw - self.stop_power_mw, 0.0)
        if self.commitment is Commitment.INTEGER or self.ramp_down_mw >= room:
            book.within(owner, "power before the first stop", above[:1], None, room * online[:1] - slow * stops[:1])
        book.within(owner, "power before a stop", top[:-1], None, room * online[1:-1] - slow * stops[1:])
        # A start or a stop may move the power by more than the ramp between steps online does.
        if self.ramp_up_mw < room:
            more = max(self.start_power_mw - self.power_min_mw - self.ramp_up_mw, 0.0)
            book.within(owner, "ramp up", top - above[:-1], None, self.ramp_up_mw * self.count + more * starts)
        if self.ramp_down_mw < room:
            more = max(self.stop_power_mw - self.power_min_mw - self.ramp_down_mw, 0.0)
            fall = above[:-1] - above[1:] + down
            book.within(owner, "ramp down", fall, None, self.ramp_down_mw * self.count + more * stops)
        for direction, ramp in ((Direction.UP, self.ramp_up_mw), (Direction.DOWN, self.ramp_down_mw)):
            self.offers.audit_response(owner, answer, book, direction, partial(_moved, ramp / self.step_h, online[1:]))
        if self.quick_start_mw:
            resting = self.count - online[1:] - _in_last(answer.stop_count, self.down_steps, len(starts))
            self.offers.audit_standing(owner, answer, book, self.quick_start_mw * resting)


def _movable(m: pyo.Block, ramp_mw_per_h: float) -> Callable[[float, Any], Any]:
    return lambda time_h, t: ramp_mw_per_h * time_h * m.online_count[t]


def _moved(ramp_mw_per_h: float, online: Floats, time_h: float) -> Floats:
    return ramp_mw_per_h * time_h * online


def _losses(highest: float, first: float, ramp: float, count: int) -> tuple[float, ...]:
    losses = (highest - first - i * ramp for i in range(count))
    return tuple(itertools.takewhile(lambda loss: loss > 1e-9 * highest, losses))


def _pairs(starts: tuple[float, ...], stops: tuple[float, ...], up_steps: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Losses of past starts and of a stop in the next step that can stand in one limit."""
    if up_steps > 1 or not stops:
        return starts[: up_steps - 1], stops[:1]
    return tuple(excess for excess in (starts[0] - stops[0],) if excess > 0) if starts else (), stops[:1]


def _summed(decisions: Any, t: Any, losses: tuple[float, ...]) -> Any:
    return sum([loss * decisions[t - i] for i, loss in enumerate(losses) if abs(loss) > ROUNDED_MW])


def _past(over: Any, first: int, values: tuple[float, ...]) -> pyo.Param:
    return pyo.Param(over, initialize={first + k: value for k, value in enumerate(values)}, mutable=True)


def _note(m: pyo.Block, steps: Steps, name: str, param: str, opening: tuple[float, ...]) -> None:
    """Note that a Param which stands in every horizon holds the last values of a decision."""
    over = range(-len(opening), 0)
    steps.carried.append(Carried(m.index(), name, (param,), Rhythm.POWER, over, m.component(name).__getitem__, tuple(opening)))


def _in_last(events: Floats, length: int, hours: int) -> Floats:
    """Events within the last ``length`` steps, for each of the last ``hours`` steps."""
    total = np.concatenate(([0.0], np.cumsum(events)))
    ends = np.arange(len(events) - hours, len(events)) + 1
    within: Floats = total[ends] - total[np.maximum(ends - length, 0)]
    return within
