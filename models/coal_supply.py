"""Coal supply: one rail corridor that brings coal to a hub."""

from __future__ import annotations

from typing import Any, ClassVar

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.carry_law import limit_total
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import CoalTo, Example, Kind, NonNegative, Positive
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port
from yuqian.models.units import HOURS_PER_DAY, HOURS_PER_YEAR


class CoalSupply(Kind):
    """Coal bought at a delivered price, up to so many trains a day and so many tonnes a year.

    The year's limit counts in proportion over a horizon that is not a year. Trains may be part-loaded.
    """

    title_en: ClassVar[str] = "Coal supply by rail"
    title_zh: ClassVar[str] = "铁路来煤通道"

    coal_hub: CoalTo
    train_t: Positive
    trains_max_per_day: NonNegative
    price_yuan_per_t: NonNegative
    annual_max_t: NonNegative

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        by_trains = self.train_t * self.trains_max_per_day / HOURS_PER_DAY
        m.delivery_t_per_h = pyo.Var(steps.days, dense=False, bounds=(0, by_trains))
        contracted = self.annual_max_t * steps.clock.year_hours() / HOURS_PER_YEAR

        def delivered(d: int) -> Any:
            return steps.length_h(Rhythm.WATER, d) * m.delivery_t_per_h[d]

        limit_total(m, steps, Rhythm.WATER, "annual_limit", "contract_t", delivered, contracted)
        price = self.price_yuan_per_t
        ledger.enter(self.coal_hub, self.id, "delivery", t_per_h=m.delivery_t_per_h)
        ledger.cost(self.id, "coal", rhythm=Rhythm.WATER, yuan_per_h=lambda d: price * m.delivery_t_per_h[d])

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        trains = answer.delivery_t_per_h * 24 / self.train_t
        book.within(self.id, "trains a day", trains, 0.0, self.trains_max_per_day)
        delivered = (answer.delivery_t_per_h * clock.water.hours).sum(keepdims=True)
        book.within(self.id, "contract", delivered, None, self.annual_max_t * clock.water.hours.sum() / 8760)
        book.enter(self.coal_hub, answer.delivery_t_per_h)
        book.cost(answer.delivery_t_per_h * self.price_yuan_per_t, Rhythm.WATER)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="corridor", coal_hub="hub", train_t=3000.0, trains_max_per_day=6.0, price_yuan_per_t=760.0, annual_max_t=5e6
        )  # fmt: skip
        return Example(asset, ports=(Port.market("hub", "t_per_h", 1e4, 800.0),))
