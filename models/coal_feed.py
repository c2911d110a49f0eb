"""Coal feed: takes coal of one heat from its pile to a bunker."""

from __future__ import annotations

from typing import Annotated, ClassVar

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import CoalFrom, Example, Kind, NonNegative, Positive, Refers
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port
from yuqian.models.units import HOURS_PER_DAY

ToBlend = Annotated[str, Refers("t_per_h", suffix=".mass"), Refers("t_per_h", suffix=".heat")]


class CoalFeed(Kind):
    """Reclaims coal from a yard that holds one origin, and gives its mass and its heat to the blend of a bunker."""

    title_en: ClassVar[str] = "Coal feed"
    title_zh: ClassVar[str] = "取煤给料线"

    coal_from: CoalFrom
    bunker: ToBlend
    heat_tce_per_t: Positive
    flow_max_t_per_day: Positive
    cost_yuan_per_t: NonNegative

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.flow_t_per_h = pyo.Var(steps.days, dense=False, bounds=(0, self.flow_max_t_per_day / HOURS_PER_DAY))
        heat, price = self.heat_tce_per_t, self.cost_yuan_per_t
        ledger.enter(self.coal_from, self.id, "reclaimed", sign=-1, t_per_h=m.flow_t_per_h)
        ledger.enter(f"{self.bunker}.mass", self.id, "mass", t_per_h=m.flow_t_per_h)
        ledger.enter(f"{self.bunker}.heat", self.id, "heat", t_per_h=lambda d: heat * m.flow_t_per_h[d])
        if price:
            ledger.cost(self.id, "reclaiming", rhythm=Rhythm.WATER, yuan_per_h=lambda d: price * m.flow_t_per_h[d])

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        flow = answer.flow_t_per_h
        book.within(self.id, "capacity", flow * 24, 0.0, self.flow_max_t_per_day)
        book.enter(self.coal_from, -flow)
        book.enter(f"{self.bunker}.mass", flow)
        book.enter(f"{self.bunker}.heat", flow * self.heat_tce_per_t)
        book.cost(flow * self.cost_yuan_per_t, Rhythm.WATER)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="feed", coal_from="pile", bunker="bunker", heat_tce_per_t=0.8, flow_max_t_per_day=6000.0, cost_yuan_per_t=3.0
        )  # fmt: skip
        ports = (
            Port.market("pile", "t_per_h", 790.0, 0.0),
            Port.market("bunker.mass", "t_per_h", 10.0, 0.0),
            Port.market("bunker.heat", "t_per_h", 2000.0, 1100.0),
        )
        return Example(asset, ports)
