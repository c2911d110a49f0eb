"""Fuel supply: a fuel that units burn hour by hour, as much of it as there is."""

from __future__ import annotations

from typing import Any, ClassVar

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.carry_law import limit_total
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import Example, Kind, NonNegative, SeriesNeed
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port


class FuelSupply(Kind):
    """Fuel at a price, up to what is available in each hour and to a quota over the horizon; none of it can be stored.

    Units that burn it name it in ``fuel_from``, for running and for starts. A tonne may stand for whatever the fuel is counted
    in, the same for all that touch it.
    """

    title_en: ClassVar[str] = "Fuel supply"
    title_zh: ClassVar[str] = "燃料供应"
    series: ClassVar = {"available_t_per_h": SeriesNeed("given", Rhythm.POWER)}
    opens: ClassVar = {"": "t_per_h"}

    price_yuan_per_t: NonNegative = 0.0
    quota_t: NonNegative | None = None

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        ledger.open(self.id, "t_per_h", Rhythm.POWER)
        m.drawn_t_per_h = pyo.Var(steps.hours, dense=False, bounds=(0, None))

        @m.Constraint(steps.hours)
        def available(m: pyo.Block, t: int) -> object:
            return m.drawn_t_per_h[t] <= m.available_t_per_h[t]

        def drawn(t: Any) -> Any:
            return steps.length_h(Rhythm.POWER, t) * m.drawn_t_per_h[t]

        if self.quota_t is not None:
            limit_total(m, steps, Rhythm.POWER, "quota", "quota_t", drawn, self.quota_t)
        price = self.price_yuan_per_t
        ledger.enter(self.id, self.id, "drawn", t_per_h=m.drawn_t_per_h)
        if price:
            ledger.cost(self.id, "fuel", rhythm=Rhythm.POWER, yuan_per_h=lambda t: price * m.drawn_t_per_h[t])

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.open(self.id, Rhythm.POWER)
        book.within(self.id, "fuel available", answer.drawn_t_per_h, 0.0, answer.available_t_per_h)
        if self.quota_t is not None:
            total = (answer.drawn_t_per_h * clock.power.hours).sum(keepdims=True)
            book.within(self.id, "quota", total, None, getattr(answer, "opening_quota_t", self.quota_t))
        book.enter(self.id, answer.drawn_t_per_h)
        book.cost(self.price_yuan_per_t * answer.drawn_t_per_h, Rhythm.POWER)

    @classmethod
    def example(cls) -> Example:
        asset = cls(id="gas", price_yuan_per_t=900.0, quota_t=500.0)
        return Example(
            asset, ports=(Port.to_open("gas", "t_per_h", 2000.0, 1000.0, is_hourly=True),), series={"available_t_per_h": 12.0}
        )  # fmt: skip
