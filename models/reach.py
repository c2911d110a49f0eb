"""Reach: a length of river that water takes time to run through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import pyomo.environ as pyo
from pydantic import Field, model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.carry_law import carry, note_round
from yuqian.models.clock import OPENING, Clock, Floats, Horizon, Rhythm, Steps, Timeline
from yuqian.models.kind import Example, Fraction, Kind, NonNegative, Positive, WaterFrom, WaterTo, table
from yuqian.models.ledger import Ledger
from yuqian.models.loss_law import arriving, check_losses
from yuqian.models.operation import Channel, Operation
from yuqian.models.outlet import Outlet
from yuqian.models.port import Port
from yuqian.models.tier_law import Shares
from yuqian.models.units import HOURS_PER_DAY

MUSKINGUM_REST = 1e-6
"""Share of a flood that a simulation by rule lets out all at once in the end."""


class Reach(Kind):
    """A river reach with lag coefficients: ``out[d] = (1 - loss) * sum over k of share[k] * in[d - k]``.

    ``lag_share_fraction[k]`` of what enters leaves k days later; the loss is a share of what enters, or of what arrives. The
    days before the first one are taken from the end of the horizon, so that what is on its way at the end is what was on its
    way at the beginning, and no water is made or lost by being under way. With ``past_inflow_m3_per_s`` (the latest last) they
    are as given, and what is on its way at the end of a horizon that stands alone is worth nothing; a simulation by rule begins
    as if its first day had gone on before.

    In water steps longer than a day (ten-day periods) what enters is taken as even over its step: of a step of L days, the
    share of lag k that leaves in the same step is ``max(0, L - k) / L``, and the rest leaves in the steps after it. Volumes are
    exact. What is lost is the shape of the flow within the step: the mean outflow of a step of L days is off by at most
    ``2 / L * sum over k of k * share[k]`` times the largest difference between a day's inflow and its step's mean, once for
    the water that is still under way at its end and once for that from the step before. Steps shorter than a day count as
    a day each.

    With a travel time ``muskingum_time_h`` (K) and a weight ``muskingum_weight_fraction`` (X) it is routed by the step, of any
    length dt, instead: ``out[t] = C0 in[t] + C1 in[t-1] + C2 out[t-1]`` with ``C0 = (dt - 2KX) / D``, ``C1 = (dt + 2KX) / D``,
    ``C2 = (2K(1-X) - dt) / D``, ``D = 2K(1-X) + dt`` (G. T. McCarthy, "The unit hydrograph and flood routing", 1938). Steps for
    which a coefficient would be negative are refused.
    """

    title_en: ClassVar[str] = "River reach"
    title_zh: ClassVar[str] = "河段"

    node_from: WaterFrom
    node_to: WaterTo
    lag_share_fraction: Shares
    loss_of_inflow_fraction: Fraction
    loss_of_delivery_fraction: NonNegative = 0.0
    muskingum_time_h: Positive | None = None
    muskingum_weight_fraction: Annotated[float, Field(ge=0, le=0.5)] = 0.2
    past_inflow_m3_per_s: tuple[NonNegative, ...] = ()

    @model_validator(mode="after")
    def _one_way_each(self) -> Self:
        check_losses(self.loss_of_inflow_fraction, self.loss_of_delivery_fraction)
        if self.muskingum_time_h is not None and self.lag_share_fraction != (1.0,):
            raise ValueError("a reach is routed by lags or by Muskingum's rule; with muskingum_time_h give lag shares of [1]")
        needed = 1 if self.muskingum_time_h is not None else len(self.lag_share_fraction) - 1
        if self.past_inflow_m3_per_s and len(self.past_inflow_m3_per_s) != needed:
            raise ValueError(
                f"past_inflow_m3_per_s needs one flow for each of the {needed} days before the first that the rule looks back "
                f"to (with Muskingum's rule one, of a steady flow), the latest last; got {len(self.past_inflow_m3_per_s)}"
            )
        return self

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        if self.muskingum_time_h is not None:
            self._route(m, ledger, steps)
            return
        shares, count = self.step_shares(steps.clock), steps.clock.water.count
        longest = len(shares) - 1
        m.past_and_days = pyo.RangeSet(-longest, count - 1)
        m.inflow_m3_per_s = pyo.Var(m.past_and_days, dense=False, bounds=(0, None))
        past = range(-longest, 0)
        self._begin(m, steps, "inflow_m3_per_s", m.inflow_m3_per_s.__getitem__, past)

        kept = arriving(self.loss_of_inflow_fraction, self.loss_of_delivery_fraction)
        weights = [(k, _by_step(m, steps, k, kept * share)) for k, share in enumerate(shares) if np.any(share)]
        ledger.enter(self.node_from, self.id, "inflow of reach", sign=-1, m3_per_s=m.inflow_m3_per_s)
        ledger.enter(
            self.node_to, self.id, "outflow of reach",
            m3_per_s=lambda d: sum(weight(d) * m.inflow_m3_per_s[d - k] for k, weight in weights),
        )  # fmt: skip

    def _begin(self, m: pyo.Block, steps: Steps, name: str, source: Callable[[Any], Any], past: range) -> None:
        """Tie the steps before the first to the end of the horizon, or to what is given."""
        given = self.past_inflow_m3_per_s[len(self.past_inflow_m3_per_s) - len(past) :]
        carry(m, steps, Rhythm.WATER, name, source, past, opening=given or None, comes_round=not given)
        if given and steps.horizon is Horizon.WHOLE:
            for step, flow in zip(past, given, strict=True):
                m.add_component(f"{name}_{-step}_before_as_given", pyo.Constraint(expr=source(step) == flow))

    def step_shares(self, clock: Clock) -> list[Floats]:
        """Share of the mean inflow of the step k before that each step's mean outflow holds, k = 0, 1, ...; (steps,) each."""
        if len(self.lag_share_fraction) == 1:
            return [np.ones(clock.water.count)]
        days = np.maximum(clock.water.hours / HOURS_PER_DAY, 1.0)
        if np.any(days != np.round(days)):
            raise ValueError(f"{self.id} delays water by days; give it water steps of a day, or of whole days")
        longest, count = len(self.lag_share_fraction) - 1, clock.water.count
        # Steps before the first are those at the end, in as many turns as the longest lag asks for.
        turns = 1 + int(np.ceil(longest / days.sum()))
        ends = np.cumsum(np.tile(days, turns + 1))
        begins = ends - np.tile(days, turns + 1)
        own = np.arange(turns * count, (turns + 1) * count)
        shares: list[Floats] = []
        for before in range(turns * count + 1):
            from_begin, from_end = begins[own - before], ends[own - before]
            share = np.zeros(count)
            for lag, part in enumerate(self.lag_share_fraction):
                overlap = np.minimum(ends[own], from_end + lag) - np.maximum(begins[own], from_begin + lag)
                share += part * np.maximum(overlap, 0.0) / days
            if before and not np.any(share) and np.all(from_end + longest <= begins[own]):
                break
            shares.append(share)
        while len(shares) > 1 and not np.any(shares[-1]):
            shares.pop()
        return shares

    def coefficients(self, clock: Clock) -> tuple[float, float, float]:
        """Muskingum's C0, C1 and C2 for the water steps of a clock.

        Raises:
            ValueError: for steps of unlike length, or of one that makes a coefficient negative.
        """
        length, time = float(clock.water.hours[0]), self.muskingum_time_h or 0.0
        if np.any(clock.water.hours != length):
            raise ValueError(f"{self.id} is routed by Muskingum's rule, which needs steps of one length")
        stored, below = 2.0 * time * self.muskingum_weight_fraction, 2.0 * time * (1.0 - self.muskingum_weight_fraction)
        if not stored <= length <= below:
            raise ValueError(
                f"{self.id} is routed by Muskingum's rule with K = {time:g} h, X = {self.muskingum_weight_fraction:g}: steps "
                f"must be {stored:g} to {below:g} h long, they are {length:g} h; divide the reach, or give it lag shares"
            )
        total = below + length
        return (length - stored) / total, (length + stored) / total, (below - length) / total

    def _route(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.inflow_m3_per_s = pyo.Var(steps.day_ends, dense=False, bounds=(0, None))
        m.outflow_m3_per_s = pyo.Var(steps.day_ends, dense=False, bounds=(0, None))
        c0, c1, c2 = self.coefficients(steps.clock)
        past = range(OPENING, 0)
        self._begin(m, steps, "inflow_m3_per_s", m.inflow_m3_per_s.__getitem__, past)
        self._begin(m, steps, "outflow_m3_per_s", m.outflow_m3_per_s.__getitem__, past)

        @m.Constraint(steps.days)
        def routing(m: pyo.Block, d: int) -> object:
            came = c0 * m.inflow_m3_per_s[d] + c1 * m.inflow_m3_per_s[d - 1]
            return m.outflow_m3_per_s[d] == came + c2 * m.outflow_m3_per_s[d - 1]

        kept = arriving(self.loss_of_inflow_fraction, self.loss_of_delivery_fraction)
        ledger.enter(self.node_from, self.id, "inflow of reach", sign=-1, m3_per_s=m.inflow_m3_per_s, rhythm=Rhythm.WATER)
        ledger.enter(self.node_to, self.id, "outflow of reach", m3_per_s=lambda d: kept * m.outflow_m3_per_s[d])

    def operate(self, operation: Operation) -> None:
        kept = arriving(self.loss_of_inflow_fraction, self.loss_of_delivery_fraction)
        lags, shares = self._lags(operation.timeline)
        operation.channels.append(Channel(self.id, self.node_from, self.node_to, lags, shares, kept))

    def _lags(self, timeline: Timeline) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Hours and the shares that take them; Muskingum's rule as its answer to one step of inflow."""
        if self.muskingum_time_h is None:
            return tuple(float(HOURS_PER_DAY * k) for k in range(len(self.lag_share_fraction))), self.lag_share_fraction
        c0, c1, c2 = self.coefficients(Clock(Timeline(Rhythm.POWER, timeline.start, timeline.hours), timeline))
        shares = [c0]
        while sum(shares) < 1.0 - MUSKINGUM_REST:
            shares.append((c1 + c0 * c2) * c2 ** (len(shares) - 1))
        shares[-1] += 1.0 - sum(shares)
        return tuple(float(timeline.hours[0]) * k for k in range(len(shares))), tuple(shares)

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        inflow = answer.inflow_m3_per_s
        book.within(self.id, "inflow", inflow, 0.0, None)
        own, arrived = self._routed(answer, book, clock) if self.muskingum_time_h else self._lagged(answer, book, clock)
        book.enter(self.node_from, -own)
        book.enter(self.node_to, arrived * (1 - self.loss_of_inflow_fraction) / (1 + self.loss_of_delivery_fraction))

    def _lagged(self, answer: Answer, book: Book, clock: Clock) -> tuple[Floats, Floats]:
        inflow = answer.inflow_m3_per_s
        count = clock.water.count
        before = len(inflow) - count
        own = inflow[before:]
        if before and book.horizon is Horizon.WINDOW:
            book.equal(self.id, "past as given", inflow[:before], answer.given("opening_inflow_m3_per_s", inflow[:before]))
        elif before and self.past_inflow_m3_per_s:
            book.equal(self.id, "past as given", inflow[:before], np.array(self.past_inflow_m3_per_s)[-before:])
        elif before:
            turns = np.tile(own, before // count + 1)
            book.equal(self.id, "past as at the end", inflow[:before], turns[len(turns) - before :])
        if not self.past_inflow_m3_per_s:
            note_round(book, self.id, "inflow_m3_per_s", inflow, before)
        days = np.maximum(np.rint(clock.water.hours / 24), 1).astype(int)
        lengths = np.tile(days, before // count + 1)
        by_day = np.repeat(inflow, np.concatenate((lengths[len(lengths) - before :], days)))
        # The full convolution begins with days that still lack their past, and ends after the last day.
        daily = np.convolve(by_day, self.lag_share_fraction)[len(by_day) - days.sum() : len(by_day)]
        return own, np.add.reduceat(daily, np.concatenate(([0], np.cumsum(days)[:-1]))) / days

    def _routed(self, answer: Answer, book: Book, clock: Clock) -> tuple[Floats, Floats]:
        """By the storage between both ends: K (X in + (1 - X) out) changes by what comes less what goes."""
        inflow, outflow = answer.inflow_m3_per_s, answer.outflow_m3_per_s
        book.within(self.id, "outflow", outflow, 0.0, None)
        for name, flow in (("inflow", inflow), ("outflow", outflow)):
            given: Floats | float = np.array(self.past_inflow_m3_per_s) if self.past_inflow_m3_per_s else flow[-1:]
            if book.horizon is Horizon.WINDOW:
                given = answer.given(f"opening_{name}_m3_per_s", flow[:1])
            book.equal(self.id, f"{name} before the first step", flow[:1], given)
            if not self.past_inflow_m3_per_s:
                note_round(book, self.id, f"{name}_m3_per_s", flow, 1)
        share = self.muskingum_weight_fraction
        under_way = (self.muskingum_time_h or 0.0) * (share * inflow + (1 - share) * outflow)
        gained = clock.water.hours * ((inflow[1:] + inflow[:-1]) - (outflow[1:] + outflow[:-1])) / 2
        book.equal(self.id, "water under way", np.diff(under_way), gained)
        return inflow[1:], outflow[1:]

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="reach", node_from="upper", node_to="lower", lag_share_fraction=(0.3, 0.5, 0.2), loss_of_inflow_fraction=0.02
        )
        # A reach has no largest flow, so only a flow owed downstream draws water through it, not a market.
        owed = Outlet(id="outlet", node="lower", flow_min_m3_per_s=5.0, shortage_price_yuan_per_m3=5.0)
        return Example(asset, (Port.market("upper", "m3_per_s", 1e4, 0.0), Port.market("lower", "m3_per_s", 1e6, 0.0), owed))


def _by_step(m: pyo.Block, steps: Steps, lag: int, share: Floats) -> Callable[[Any], Any]:
    """A weight by step: one number where all steps share it, else looked up."""
    if np.all(share == share[0]):
        number = float(share[0])
        return lambda d: number
    weight = table(m, f"lag_{lag}_fraction", steps.days, share)
    return lambda d: weight[d]
