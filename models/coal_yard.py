"""Coal yard: the stock of a power plant."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import pyomo.environ as pyo
from pydantic import model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.kind import Example, Fraction, Kind, NonNegative, Positive, SeriesNeed
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port
from yuqian.models.storage_law import audit_closing, close_stock
from yuqian.models.units import HOURS_PER_DAY, HOURS_PER_YEAR


class CoalYard(Kind):
    """Stores coal at a plant, between nothing and its full stock, and must cover some days of burning at full load.

    What the stock lacks of that cover at the end of a day is short, at a price for each tonne and day. A share of the
    stock is lost each year to wind, rain and slow oxidation. The horizon starts from the opening stock, a share of the
    full one, and ends with no less, or with no less than the closing stock if one is given. In the seasons that are listed
    ("MM-DD", both ends included) the yard must cover more days. What all transfers bring in a day may be limited.
    """

    title_en: ClassVar[str] = "Coal yard"
    title_zh: ClassVar[str] = "电厂煤场"
    series: ClassVar = {"season_days_of_cover_min": SeriesNeed("coal_cover", Rhythm.WATER, otherwise=0.0)}
    opens: ClassVar = {"": "t_per_h"}

    stock_max_t: Positive
    full_burn_t_per_day: NonNegative
    days_of_cover_min: NonNegative
    loss_fraction_per_year: Fraction
    cover_shortage_price_yuan_per_t: NonNegative
    opening_stock_fraction: Fraction
    closing_stock_fraction: Fraction | None = None
    unloading_max_t_per_day: Positive | None = None
    season_first: tuple[str, ...] = ()
    season_last: tuple[str, ...] = ()
    cover_in_season_days: tuple[NonNegative, ...] = ()

    @model_validator(mode="after")
    def _seasons_match(self) -> Self:
        if not len(self.season_first) == len(self.season_last) == len(self.cover_in_season_days):
            raise ValueError("each season needs its first day, its last day and its days of cover")
        for day in (*self.season_first, *self.season_last):
            try:
                np.datetime64(f"2000-{day}", "D")
            except ValueError:
                raise ValueError(f"'{day}' is no day of a year; write it as 'MM-DD'") from None
        return self

    def stock_of(self, answer: Answer) -> Floats:
        """Stock at all instants, t, shape (days + 1,)."""
        return self.full_burn_t_per_day * self.days_of_cover_min + answer.spare_t - answer.shortfall_t

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        cover = self.days_of_cover_min * self.full_burn_t_per_day
        m.spare_t = pyo.Var(steps.day_ends, dense=False, bounds=(0, max(0.0, self.stock_max_t - cover)))
        m.shortfall_t = pyo.Var(steps.day_ends, dense=False, bounds=(0, cover))
        lost = self.loss_fraction_per_year / HOURS_PER_YEAR

        # The stock is counted from the cover upwards and downwards, so that a yard that just keeps its cover rests on two
        # bounds, day by day. A stock free between its limits would chain all hours of the year to one price of coal, and
        # every step of the simplex method would touch them all.
        def stock(d: int) -> Any:
            return cover + m.spare_t[d] - m.shortfall_t[d]

        opening = self.opening_stock_fraction * self.stock_max_t
        closing = opening if self.closing_stock_fraction is None else self.closing_stock_fraction * self.stock_max_t
        close_stock(m, steps, Rhythm.WATER, "stock_t", stock, self.stock_max_t, opening, closing)
        ledger.open(self.id, "t_per_h", Rhythm.WATER)
        if self.unloading_max_t_per_day is not None:
            ledger.limit_intake(self.id, m, "unloading", self.unloading_max_t_per_day / HOURS_PER_DAY)
        ledger.enter(
            self.id, self.id, "drawdown",
            t_per_h=lambda d: (stock(d - 1) - stock(d)) / steps.length_h(Rhythm.WATER, d),
        )  # fmt: skip
        if lost:
            ledger.enter(self.id, self.id, "loss", sign=-1, t_per_h=lambda d: 0.5 * lost * (stock(d - 1) + stock(d)))
        price = self.cover_shortage_price_yuan_per_t / HOURS_PER_DAY
        ledger.cost(self.id, "cover shortage", rhythm=Rhythm.WATER, yuan_per_h=lambda d: price * m.shortfall_t[d])
        if self.season_first:
            self._cover_seasons(m, ledger, steps, price)

    def _cover_seasons(self, m: pyo.Block, ledger: Ledger, steps: Steps, price: float) -> None:
        """What a season asks for beyond the usual cover: spare stock, or a shortage of the same price."""
        burn, usual = self.full_burn_t_per_day, self.days_of_cover_min
        m.season_shortfall_t = pyo.Var(steps.days, dense=False, bounds=(0, None))

        @m.Constraint(steps.days)
        def season_cover(m: pyo.Block, d: int) -> object:
            return m.spare_t[d] + m.season_shortfall_t[d] >= burn * (m.season_days_of_cover_min[d] - usual)

        ledger.cost(
            self.id, "season cover shortage", rhythm=Rhythm.WATER, yuan_per_h=lambda d: price * m.season_shortfall_t[d]
        )  # fmt: skip

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        cover = self.full_burn_t_per_day * self.days_of_cover_min
        stock = self.stock_of(answer)
        book.within(self.id, "stock", stock, 0.0, self.stock_max_t)
        book.within(self.id, "spare stock", answer.spare_t, 0.0, None)
        book.within(self.id, "shortfall", answer.shortfall_t, 0.0, cover)
        closing = self.opening_stock_fraction if self.closing_stock_fraction is None else self.closing_stock_fraction
        opening = self.stock_max_t * self.opening_stock_fraction
        audit_closing(book, self.id, "stock_t", answer, stock, opening, self.stock_max_t * closing)
        middle = (stock[1:] + stock[:-1]) / 2
        book.open(self.id, Rhythm.WATER)
        drawn = -np.diff(stock) / clock.water.hours
        own = drawn - middle * self.loss_fraction_per_year / 8760
        book.enter(self.id, own)
        if self.unloading_max_t_per_day is not None:
            book.limit_intake(self.id, "unloading", self.unloading_max_t_per_day / 24, own)
        if self.season_first:
            lacking = answer.season_shortfall_t
            asked = answer.season_days_of_cover_min * self.full_burn_t_per_day - cover
            book.within(self.id, "season shortfall", lacking, 0.0, None)
            book.within(self.id, "cover of the season", answer.spare_t[1:] + lacking, asked, None)
            book.cost(lacking * self.cover_shortage_price_yuan_per_t / 24, Rhythm.WATER)
        book.cost(answer.shortfall_t[1:] * self.cover_shortage_price_yuan_per_t / 24, Rhythm.WATER)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="yard", stock_max_t=200_000.0, full_burn_t_per_day=12_000.0, days_of_cover_min=10.0,
            loss_fraction_per_year=0.01, cover_shortage_price_yuan_per_t=100.0, opening_stock_fraction=0.5,
        )  # fmt: skip
        series = {"season_days_of_cover_min": 10.0}
        return Example(asset, ports=(Port.to_open("yard", "t_per_h", 800.0, 0.0),), series=series)
