"""Coal supply: one rail corridor that brings the coal of one origin to a hub."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import pyomo.environ as pyo
from pydantic import Field, model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.carry_law import carry, limit_total, note_round
from yuqian.models.clock import Clock, Floats, Horizon, Rhythm, Steps
from yuqian.models.commitment_law import Commitment
from yuqian.models.kind import CoalTo, Example, Kind, NonNegative, Positive, SeriesNeed
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port
from yuqian.models.storage_law import audit_closing, close_stock
from yuqian.models.units import HOURS_PER_DAY, HOURS_PER_YEAR

Days = Annotated[int, Field(ge=0)]


class CoalSupply(Kind):
    """Coal bought at a delivered price, up to so many trains a day and so many tonnes a year.

    The year's limit counts in proportion over a horizon that is not a year. Trains may be part-loaded, unless a commitment
    asks for whole ones. A corridor may be closed, or open in part.

    With a lead time, trains that leave on a day can be unloaded ``lead_time_days`` later and not sooner; coal is paid for when
    it leaves. What has left and is not unloaded is on the way: a stock with the shared law of stocks, that begins with
    ``opening_transit_t`` (spread evenly over the lead time) and ends with no less, or no less than ``closing_transit_t``;
    without an opening it ends as it began, day by day. A day unloads at most ``unloading_max_t_per_day``, or as much as may
    leave in a day; what waits to be unloaded costs ``waiting_cost_yuan_per_t`` a day. A train that is late has left, and its
    coal is held on the way for so many days more.
    """

    title_en: ClassVar[str] = "Coal supply by rail"
    title_zh: ClassVar[str] = "铁路来煤通道"
    series: ClassVar = {
        "open_fraction": SeriesNeed("rail", Rhythm.WATER, high=1.0, otherwise=1.0),
        "held_t": SeriesNeed("late_trains", Rhythm.WATER, otherwise=0.0),
        "left_t": SeriesNeed("trains_left", Rhythm.WATER, otherwise=0.0),
    }

    coal_hub: CoalTo
    train_t: Positive
    trains_max_per_day: NonNegative
    price_yuan_per_t: NonNegative
    annual_max_t: NonNegative
    lead_time_days: Days = 0
    unloading_max_t_per_day: Positive | None = None
    opening_transit_t: NonNegative | None = None
    closing_transit_t: NonNegative | None = None
    waiting_cost_yuan_per_t: NonNegative = 0.0
    commitment: Commitment | None = None
    late_due: tuple[dt.date, ...] = ()
    late_days: tuple[int, ...] = ()
    late_train_count: tuple[Positive, ...] = ()
    closed_from: tuple[dt.date, ...] = ()
    closed_until: tuple[dt.date, ...] = ()

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if not len(self.late_due) == len(self.late_days) == len(self.late_train_count):
            raise ValueError("each late delivery needs the day it was due, the days that it is late and the number of trains")
        if any(days < 1 for days in self.late_days):
            raise ValueError(f"a late train is late by one day or more; got {self.late_days}")
        if len(self.closed_from) != len(self.closed_until):
            raise ValueError("each closure needs its first day and the day of opening again")
        if any(end <= begin for begin, end in zip(self.closed_from, self.closed_until, strict=True)):
            raise ValueError("a corridor opens again later than it closes")
        most = self.train_t * self.trains_max_per_day * self.lead_time_days
        if self.opening_transit_t is not None and self.opening_transit_t > most:
            raise ValueError(
                f"at most {most:g} t can be on the way within the lead time; the opening is {self.opening_transit_t:g} t"
            )
        if self.closing_transit_t is not None and self.opening_transit_t is None:
            raise ValueError("a closing of what is on the way needs an opening too")
        return self

    @property
    def has_transit(self) -> bool:
        """Whether coal may be on the way at the end of a day."""
        return bool(self.lead_time_days or self.unloading_max_t_per_day is not None or self.late_due)

    def lead_steps(self, clock: Clock) -> int:
        """The lead time in water steps, rounded."""
        return round(self.lead_time_days * HOURS_PER_DAY / float(clock.water.hours[0]))

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        by_trains = self.train_t * self.trains_max_per_day / HOURS_PER_DAY
        if self.has_transit:
            self._send(m, ledger, steps, by_trains)
            sent: Any = m.dispatch_t_per_h
        else:
            m.delivery_t_per_h = pyo.Var(steps.days, dense=False, bounds=(0, by_trains))
            sent = m.delivery_t_per_h
        contracted = self.annual_max_t * steps.clock.year_hours() / HOURS_PER_YEAR
        unloaded = by_trains if self.unloading_max_t_per_day is None else self.unloading_max_t_per_day / HOURS_PER_DAY

        def bought(d: int) -> Any:
            return steps.length_h(Rhythm.WATER, d) * sent[d]

        limit_total(m, steps, Rhythm.WATER, "annual_limit", "contract_t", bought, contracted)

        @m.Constraint(steps.days)
        def open(m: pyo.Block, d: int) -> object:
            return m.delivery_t_per_h[d] <= unloaded * m.open_fraction[d]

        if self.commitment is not None:
            domain = pyo.NonNegativeIntegers if self.commitment is Commitment.INTEGER else pyo.NonNegativeReals
            m.train_count = pyo.Var(steps.days, dense=False, domain=domain, bounds=(0, None))

            @m.Constraint(steps.days)
            def trains(m: pyo.Block, d: int) -> object:
                return steps.length_h(Rhythm.WATER, d) * sent[d] == self.train_t * m.train_count[d]

        price = self.price_yuan_per_t
        ledger.enter(self.coal_hub, self.id, "delivery", t_per_h=m.delivery_t_per_h)
        ledger.cost(self.id, "coal", rhythm=Rhythm.WATER, yuan_per_h=lambda d: price * sent[d])

    def _send(self, m: pyo.Block, ledger: Ledger, steps: Steps, by_trains: float) -> None:
        lead, count = self.lead_steps(steps.clock), steps.clock.water.count
        m.past_and_days = pyo.Set(initialize=range(-lead, count))
        m.dispatch_t_per_h = pyo.Var(m.past_and_days, dense=False, bounds=(0, by_trains))
        m.delivery_t_per_h = pyo.Var(steps.days, dense=False, bounds=(0, None))
        m.transit_t = pyo.Var(steps.day_ends, dense=False, bounds=(0, None))

        @m.Constraint(steps.days)
        def transit(m: pyo.Block, d: int) -> object:
            gained = m.dispatch_t_per_h[d] - m.delivery_t_per_h[d]
            return m.transit_t[d] == m.transit_t[d - 1] + steps.length_h(Rhythm.WATER, d) * gained

        def waiting(d: Any) -> Any:
            under_way = sum(m.dispatch_t_per_h[d - k] for k in range(lead)) if lead else 0.0
            return m.transit_t[d] - steps.length_h(Rhythm.WATER, d) * under_way

        @m.Constraint(steps.days)
        def not_yet_here(m: pyo.Block, d: int) -> object:
            return waiting(d) >= m.held_t[d]

        if self.waiting_cost_yuan_per_t:
            price = self.waiting_cost_yuan_per_t / HOURS_PER_DAY
            ledger.cost(self.id, "waiting trains", rhythm=Rhythm.WATER, yuan_per_h=lambda d: price * waiting(d))

        if self.late_due:

            @m.Constraint(steps.days)
            def has_left(m: pyo.Block, d: int) -> object:
                return steps.length_h(Rhythm.WATER, d) * m.dispatch_t_per_h[d] >= m.left_t[d]

        span = self.train_t * self.trains_max_per_day * (self.lead_time_days + 1)
        opening, closing = self.opening_transit_t, self.closing_transit_t
        close_stock(m, steps, Rhythm.WATER, "transit_t", m.transit_t.__getitem__, span, opening, closing)
        self._begin(m, steps, lead)

    def _begin(self, m: pyo.Block, steps: Steps, lead: int) -> None:
        """What left before the horizon: evenly what is on the way, or, without an opening, what leaves at the end."""
        if not lead:
            return
        past = range(-lead, 0)
        evenly = None if self.opening_transit_t is None else self.opening_transit_t / (lead * float(steps.clock.water.hours[0]))
        given = None if evenly is None else [evenly] * lead
        sent = m.dispatch_t_per_h.__getitem__
        carry(m, steps, Rhythm.WATER, "dispatch_t_per_h", sent, past, opening=given, comes_round=evenly is None)
        if steps.horizon is Horizon.WHOLE and evenly is not None:
            m.past = pyo.Set(initialize=past)

            @m.Constraint(m.past)
            def sent_before(m: pyo.Block, d: int) -> object:
                return m.dispatch_t_per_h[d] == evenly

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        lead = self.lead_steps(clock) if self.has_transit else 0
        sent: Floats = answer.dispatch_t_per_h if self.has_transit else answer.delivery_t_per_h
        now = sent[lead:]
        book.within(self.id, "trains a day", sent * 24 / self.train_t, 0.0, self.trains_max_per_day)
        bought = (now * clock.water.hours).sum(keepdims=True)
        book.within(self.id, "contract", bought, None, self.annual_max_t * clock.water.hours.sum() / 8760)
        unloaded = self.unloading_max_t_per_day
        most = self.train_t * self.trains_max_per_day if unloaded is None else unloaded
        book.within(self.id, "unloading", answer.delivery_t_per_h * 24, 0.0, most * answer.open_fraction)
        if self.has_transit:
            self._audit_transit(answer, book, clock, lead)
        if self.commitment is not None:
            book.equal(self.id, "trains", answer.train_count * self.train_t, now * clock.water.hours)
        if self.commitment is Commitment.INTEGER:
            book.equal(self.id, "whole trains", answer.train_count, np.round(answer.train_count))
        book.enter(self.coal_hub, answer.delivery_t_per_h)
        book.cost(now * self.price_yuan_per_t, Rhythm.WATER)

    def _audit_transit(self, answer: Answer, book: Book, clock: Clock, lead: int) -> None:
        sent, transit, hours = answer.dispatch_t_per_h, answer.transit_t, clock.water.hours
        book.equal(self.id, "coal on the way", np.diff(transit), (sent[lead:] - answer.delivery_t_per_h) * hours)
        if self.late_due:
            book.within(self.id, "late trains have left", sent[lead:] * hours, answer.left_t, None)
        recent = np.array([sent[d + 1 : d + 1 + lead].sum() for d in range(clock.water.count)])
        book.within(self.id, "not unloaded before it is here", transit[1:], recent * hours + answer.held_t, None)
        book.cost((transit[1:] - recent * hours) * self.waiting_cost_yuan_per_t / 24, Rhythm.WATER)
        audit_closing(book, self.id, "transit_t", answer, transit, self.opening_transit_t, self.closing_transit_t)
        before = sent[:lead]
        if not lead:
            return
        if book.horizon is Horizon.WINDOW:
            given = getattr(answer, "opening_dispatch_t_per_h", before)
            book.equal(self.id, "sent before the window", before, given)
            if self.opening_transit_t is None:
                note_round(book, self.id, "dispatch_t_per_h", sent, lead)
        elif self.opening_transit_t is None:
            book.equal(self.id, "sent before as at the end", before, sent[clock.water.count :][:lead])
        else:
            book.equal(self.id, "sent before", before * hours[0] * lead, self.opening_transit_t)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="corridor", coal_hub="hub", train_t=3000.0, trains_max_per_day=6.0, price_yuan_per_t=760.0, annual_max_t=5e6
        )  # fmt: skip
        series = {"open_fraction": 1.0, "held_t": 0.0, "left_t": 0.0}
        return Example(asset, ports=(Port.market("hub", "t_per_h", 1e4, 800.0),), series=series)
