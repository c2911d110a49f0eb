"""Emission budget: what may be emitted over the whole horizon."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.carry_law import limit_total
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import Example, Kind, NonNegative
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port


class EmissionBudget(Kind):
    """A limit on the sum of what plants emit into it, in tonnes of one gas; with a price more may be emitted.

    It opens a balance in t/h that plants enter their emissions into; what takes them away is bounded over the horizon. The
    dual of that limit is the price of a tonne.
    """

    title_en: ClassVar[str] = "Emission budget"
    title_zh: ClassVar[str] = "排放总量限额"
    opens: ClassVar = {"": "t_per_h"}

    emission_max_t: float
    excess_price_yuan_per_t: NonNegative | None = None

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        ledger.open(self.id, "t_per_h", Rhythm.WATER)
        m.emitted_t_per_h = pyo.Var(steps.days, dense=False)
        ledger.enter(self.id, self.id, "emitted", sign=-1, t_per_h=m.emitted_t_per_h)
        price = self.excess_price_yuan_per_t
        if price is not None:
            m.excess_t_per_h = pyo.Var(steps.days, dense=False, bounds=(0, None))
            ledger.cost(self.id, "excess", rhythm=Rhythm.WATER, yuan_per_h=lambda d: price * m.excess_t_per_h[d])

        def used(d: int) -> Any:
            within = m.emitted_t_per_h[d] if price is None else m.emitted_t_per_h[d] - m.excess_t_per_h[d]
            return steps.length_h(Rhythm.WATER, d) * within

        limit_total(m, steps, Rhythm.WATER, "budget", "budget_t", used, self.emission_max_t)

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.open(self.id, Rhythm.WATER)
        book.enter(self.id, -answer.emitted_t_per_h)
        emitted = answer.emitted_t_per_h
        if self.excess_price_yuan_per_t is not None:
            book.within(self.id, "excess", answer.excess_t_per_h, 0.0, None)
            book.cost(self.excess_price_yuan_per_t * answer.excess_t_per_h, Rhythm.WATER)
            emitted = emitted - answer.excess_t_per_h
        book.within(self.id, "budget", np.array([(emitted * clock.water.hours).sum()]), None, self.emission_max_t)

    @classmethod
    def example(cls) -> Example:
        asset = cls(id="budget", emission_max_t=2400.0, excess_price_yuan_per_t=60.0)
        return Example(asset, ports=(Port.to_open("budget", "t_per_h", buy_yuan=-50.0, sell_yuan=-1e3),))
