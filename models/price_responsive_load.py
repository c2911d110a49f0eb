"""Price-responsive load: a demand that takes power only while it is worth its bid."""

from __future__ import annotations

from typing import ClassVar

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import Bus, Example, Kind, ReserveTo, SeriesNeed
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port


class PriceResponsiveLoad(Kind):
    """Takes any power up to its demand and pays its bid for each MWh, which counts against the cost.

    The bid may be negative: such a load takes power only where power is worth less than nothing. What is served can be
    cut and so counts towards ``reserve``.
    """

    title_en: ClassVar[str] = "Price-responsive load"
    title_zh: ClassVar[str] = "价格响应负荷"
    series: ClassVar = {
        "demand_mw": SeriesNeed("given", Rhythm.POWER),
        "bid_yuan_per_mwh": SeriesNeed("given", Rhythm.POWER, low=-float("inf")),
    }

    bus: Bus
    reserve: ReserveTo | None = None

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.served_mw = pyo.Var(steps.hours, dense=False, bounds=(0, None))

        @m.Constraint(steps.hours)
        def at_most_all(m: pyo.Block, t: int) -> object:
            return m.served_mw[t] <= m.demand_mw[t]

        ledger.enter(self.bus, self.id, "demand", sign=-1, mw=m.served_mw)
        if self.reserve is not None:
            ledger.enter(self.reserve, self.id, "load that can be cut", mw=m.served_mw)
        ledger.cost(
            self.id, "bid", rhythm=Rhythm.POWER, yuan_per_h=lambda t: -1.0 * m.bid_yuan_per_mwh[t] * m.served_mw[t]
        )  # fmt: skip

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.within(self.id, "served", answer.served_mw, 0.0, answer.demand_mw)
        book.enter(self.bus, -answer.served_mw)
        if self.reserve is not None:
            book.enter(self.reserve, answer.served_mw)
        book.cost(-answer.bid_yuan_per_mwh * answer.served_mw, Rhythm.POWER)

    @classmethod
    def example(cls) -> Example:
        asset = cls(id="bidder", bus="bus", reserve="spinning")
        ports = (Port.market("bus", "mw", 500.0, 300.0), Port.requirement("spinning", "mw"))
        return Example(asset, ports, series={"demand_mw": 80.0, "bid_yuan_per_mwh": 520.0})
