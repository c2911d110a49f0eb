"""Coal base: a large store at a railway hub that serves industry first, and plants with the rest."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import pyomo.environ as pyo
from pydantic import model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.carry_law import limit_total
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.commitment_law import Commitment
from yuqian.models.kind import CoalFrom, Example, Fraction, Kind, NonNegative, Positive
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port
from yuqian.models.storage_law import audit_closing, close_stock
from yuqian.models.units import HOURS_PER_DAY, HOURS_PER_YEAR


class CoalBase(Kind):
    """Receives coal from a hub, stores it, serves a flat industrial demand and sends the rest out through transfers.

    What it receives over the horizon is limited by its yearly turnover, in proportion. Industry goes first because a tonne
    that it lacks is priced far above what a tonne is worth in a power plant. A share of the stock is lost each year. The
    horizon starts from the opening stock, a share of the full one, and ends with no less.

    A price orders only those who pay less: a plant that sheds load would pay more. With ``industry_first`` the order is a
    rule: on a day on which industry lacks coal nothing is sent out (``integer``), or the less the more it lacks (``relaxed``).
    """

    title_en: ClassVar[str] = "Coal reserve base"
    title_zh: ClassVar[str] = "煤炭储备基地"
    opens: ClassVar = {"": "t_per_h"}

    coal_hub: CoalFrom
    stock_max_t: Positive
    turnover_max_t_per_year: NonNegative
    industry_demand_t_per_year: NonNegative
    industry_shortage_price_yuan_per_t: NonNegative
    loss_fraction_per_year: Fraction
    handling_yuan_per_t: NonNegative
    opening_stock_fraction: Fraction
    unloading_max_t_per_day: Positive | None = None
    sending_max_t_per_day: Positive | None = None
    industry_first: Commitment | None = None

    @model_validator(mode="after")
    def _can_hold_back(self) -> Self:
        if self.industry_first is not None and self.sending_max_t_per_day is None:
            raise ValueError("to serve industry first the base must know how much it can send out; give sending_max_t_per_day")
        return self

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        industry = self.industry_demand_t_per_year / HOURS_PER_YEAR
        unloaded = None if self.unloading_max_t_per_day is None else self.unloading_max_t_per_day / HOURS_PER_DAY
        m.receipt_t_per_h = pyo.Var(steps.days, dense=False, bounds=(0, unloaded))
        m.stock_t = pyo.Var(steps.day_ends, dense=False, bounds=(0, self.stock_max_t))
        m.industry_shortage_t_per_h = pyo.Var(steps.days, dense=False, bounds=(0, industry))
        turned_over = self.turnover_max_t_per_year * steps.clock.year_hours() / HOURS_PER_YEAR

        def received(d: int) -> Any:
            return steps.length_h(Rhythm.WATER, d) * m.receipt_t_per_h[d]

        limit_total(m, steps, Rhythm.WATER, "turnover", "turnover_t", received, turned_over)
        opening = self.opening_stock_fraction * self.stock_max_t
        close_stock(m, steps, Rhythm.WATER, "stock_t", m.stock_t.__getitem__, self.stock_max_t, opening)
        self._enter_balances(m, ledger, steps, industry)
        if self.sending_max_t_per_day is not None:
            self._limit_sending(m, steps, industry, self.sending_max_t_per_day / HOURS_PER_DAY)
        handling, short = self.handling_yuan_per_t, self.industry_shortage_price_yuan_per_t
        ledger.cost(self.id, "handling", rhythm=Rhythm.WATER, yuan_per_h=lambda d: handling * m.receipt_t_per_h[d])
        ledger.cost(
            self.id, "industry shortage", rhythm=Rhythm.WATER,
            yuan_per_h=lambda d: short * m.industry_shortage_t_per_h[d],
        )  # fmt: skip

    def _limit_sending(self, m: pyo.Block, steps: Steps, industry: float, most: float) -> None:
        lost = self.loss_fraction_per_year / HOURS_PER_YEAR

        def sent(d: Any) -> Any:
            drawn = (m.stock_t[d - 1] - m.stock_t[d]) / steps.length_h(Rhythm.WATER, d)
            kept = drawn - 0.5 * lost * (m.stock_t[d - 1] + m.stock_t[d]) - (industry - m.industry_shortage_t_per_h[d])
            return m.receipt_t_per_h[d] + kept

        served: Any = None
        if self.industry_first is not None:
            domain = pyo.NonNegativeIntegers if self.industry_first is Commitment.INTEGER else pyo.NonNegativeReals
            served = pyo.Var(steps.days, dense=False, domain=domain, bounds=(0, 1))
            m.industry_served_fraction = served

        @m.Constraint(steps.days)
        def sending(m: pyo.Block, d: int) -> object:
            return sent(d) <= (most if served is None else most * served[d])

        if served is None:
            return

        @m.Constraint(steps.days)
        def industry_goes_first(m: pyo.Block, d: int) -> object:
            return m.industry_shortage_t_per_h[d] + industry * served[d] <= industry

    def _enter_balances(self, m: pyo.Block, ledger: Ledger, steps: Steps, industry: float) -> None:
        lost = self.loss_fraction_per_year / HOURS_PER_YEAR
        ledger.open(self.id, "t_per_h", Rhythm.WATER)
        ledger.enter(self.coal_hub, self.id, "receipt", sign=-1, t_per_h=m.receipt_t_per_h)
        ledger.enter(self.id, self.id, "receipt", t_per_h=m.receipt_t_per_h)
        ledger.enter(
            self.id, self.id, "drawdown",
            t_per_h=lambda d: (m.stock_t[d - 1] - m.stock_t[d]) / steps.length_h(Rhythm.WATER, d),
        )  # fmt: skip
        if lost:
            ledger.enter(
                self.id, self.id, "loss", sign=-1, t_per_h=lambda d: 0.5 * lost * (m.stock_t[d - 1] + m.stock_t[d])
            )  # fmt: skip
        ledger.enter(
            self.id, self.id, "industry", sign=-1, t_per_h=lambda d: industry - m.industry_shortage_t_per_h[d]
        )  # fmt: skip

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        industry = self.industry_demand_t_per_year / 8760
        short, receipt = answer.industry_shortage_t_per_h, answer.receipt_t_per_h
        book.within(self.id, "stock", answer.stock_t, 0.0, self.stock_max_t)
        book.within(self.id, "industry shortage", short, 0.0, industry)
        unloaded = None if self.unloading_max_t_per_day is None else self.unloading_max_t_per_day / 24
        book.within(self.id, "receipt", receipt, 0.0, unloaded)
        received = (receipt * clock.water.hours).sum(keepdims=True)
        book.within(self.id, "turnover", received, None, self.turnover_max_t_per_year * clock.water.hours.sum() / 8760)
        audit_closing(book, self.id, "stock_t", answer, answer.stock_t, self.stock_max_t * self.opening_stock_fraction)
        middle = (answer.stock_t[1:] + answer.stock_t[:-1]) / 2
        drawn = -np.diff(answer.stock_t) / clock.water.hours
        book.open(self.id, Rhythm.WATER)
        book.enter(self.coal_hub, -receipt)
        sent = receipt + drawn - middle * self.loss_fraction_per_year / 8760 - (industry - short)
        book.enter(self.id, sent)
        if self.sending_max_t_per_day is not None:
            most = self.sending_max_t_per_day / 24
            share = np.ones_like(sent) if self.industry_first is None else answer.industry_served_fraction
            book.within(self.id, "sending", sent, None, most * share)
            if self.industry_first is not None:
                book.within(self.id, "industry first", short, None, industry * (1 - share))
                book.within(self.id, "industry served", share, 0.0, 1.0)
            if self.industry_first is Commitment.INTEGER:
                book.equal(self.id, "industry served or not", share, np.round(share))
        book.cost(receipt * self.handling_yuan_per_t, Rhythm.WATER)
        book.cost(short * self.industry_shortage_price_yuan_per_t, Rhythm.WATER)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="base", coal_hub="hub", stock_max_t=600_000.0, turnover_max_t_per_year=3e6, industry_demand_t_per_year=1e6,
            industry_shortage_price_yuan_per_t=5000.0, loss_fraction_per_year=0.005, handling_yuan_per_t=12.0,
            opening_stock_fraction=0.5,
        )  # fmt: skip
        return Example(asset, ports=(Port.market("hub", "t_per_h", 760.0, 0.0), Port.to_open("base", "t_per_h", 1e4, 850.0)))
