"""Coal transfer: a conveyor or a short railway from a base or hub to a yard."""

from __future__ import annotations

from typing import ClassVar, Self

import pyomo.environ as pyo
from pydantic import model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import CoalFrom, CoalTo, Example, Kind, NonNegative, Positive
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port
from yuqian.models.units import HOURS_PER_DAY


class CoalTransfer(Kind):
    """Carries coal one way within the day, without loss."""

    title_en: ClassVar[str] = "Coal transfer"
    title_zh: ClassVar[str] = "煤炭转运线路"

    coal_from: CoalFrom
    coal_to: CoalTo
    flow_max_t_per_day: Positive
    cost_yuan_per_t: NonNegative

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if self.coal_from == self.coal_to:
            raise ValueError(f"a transfer needs two different ends; both are '{self.coal_from}'")
        return self

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.flow_t_per_h = pyo.Var(steps.days, dense=False, bounds=(0, self.flow_max_t_per_day / HOURS_PER_DAY))
        price = self.cost_yuan_per_t
        ledger.enter(self.coal_from, self.id, "sent", sign=-1, t_per_h=m.flow_t_per_h)
        ledger.enter(self.coal_to, self.id, "received", t_per_h=m.flow_t_per_h)
        ledger.cost(self.id, "transport", rhythm=Rhythm.WATER, yuan_per_h=lambda d: price * m.flow_t_per_h[d])

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.within(self.id, "capacity", answer.flow_t_per_h * 24, 0.0, self.flow_max_t_per_day)
        book.enter(self.coal_from, -answer.flow_t_per_h)
        book.enter(self.coal_to, answer.flow_t_per_h)
        book.cost(answer.flow_t_per_h * self.cost_yuan_per_t, Rhythm.WATER)

    @classmethod
    def example(cls) -> Example:
        asset = cls(id="conveyor", coal_from="base", coal_to="yard", flow_max_t_per_day=12_000.0, cost_yuan_per_t=8.0)
        return Example(asset, ports=(Port.market("base", "t_per_h", 760.0, 0.0), Port.market("yard", "t_per_h", 1e4, 800.0)))
