"""Load profile: a demand that is given as data, hour by hour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pyomo.environ as pyo

from yuqian.models.adequacy import Adequacy
from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.kind import Bus, Example, Kind, NonNegative, SeriesNeed
from yuqian.models.ledger import Exposure, Ledger
from yuqian.models.port import Port


class LoadProfile(Kind):
    """A demand by hour, from no calendar or weather of ours; at a price it may be shed, without one it must be met.

    With ``surplus_price_yuan_per_mwh`` more than the demand may be put here, at that price: published cases allow a mismatch
    both ways.
    """

    title_en: ClassVar[str] = "Load by profile"
    title_zh: ClassVar[str] = "给定曲线的负荷"
    series: ClassVar = {"demand_mw": SeriesNeed("given", Rhythm.POWER)}

    bus: Bus
    shed_price_yuan_per_mwh: NonNegative | None = None
    surplus_price_yuan_per_mwh: NonNegative | None = None

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        ledger.enter(self.bus, self.id, "demand", sign=-1, mw=lambda t: m.demand_mw[t])
        ledger.expose(Exposure.LOAD, self.id, lambda t: m.demand_mw[t])
        if self.surplus_price_yuan_per_mwh is not None:
            self._take_surplus(m, ledger, steps, self.surplus_price_yuan_per_mwh)
        if self.shed_price_yuan_per_mwh is None:
            return
        m.shed_mw = pyo.Var(steps.hours, dense=False, bounds=(0, None))

        @m.Constraint(steps.hours)
        def at_most_all(m: pyo.Block, t: int) -> object:
            return m.shed_mw[t] <= m.demand_mw[t]

        price = self.shed_price_yuan_per_mwh
        ledger.enter(self.bus, self.id, "shed", mw=m.shed_mw)
        ledger.cost(self.id, "shed", rhythm=Rhythm.POWER, yuan_per_h=lambda t: price * m.shed_mw[t])

    def _take_surplus(self, m: pyo.Block, ledger: Ledger, steps: Steps, price: float) -> None:
        m.surplus_mw = pyo.Var(steps.hours, dense=False, bounds=(0, None))
        ledger.enter(self.bus, self.id, "surplus", sign=-1, mw=m.surplus_mw)
        ledger.cost(self.id, "surplus", rhythm=Rhythm.POWER, yuan_per_h=lambda t: price * m.surplus_mw[t])

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.enter(self.bus, -answer.demand_mw)
        book.expose(Exposure.LOAD, answer.demand_mw)
        if self.surplus_price_yuan_per_mwh is not None:
            book.within(self.id, "surplus", answer.surplus_mw, 0.0, None)
            book.enter(self.bus, -answer.surplus_mw)
            book.cost(self.surplus_price_yuan_per_mwh * answer.surplus_mw, Rhythm.POWER)
        if self.shed_price_yuan_per_mwh is not None:
            book.within(self.id, "shed", answer.shed_mw, 0.0, answer.demand_mw)
            book.enter(self.bus, answer.shed_mw)
            book.cost(self.shed_price_yuan_per_mwh * answer.shed_mw, Rhythm.POWER)

    def adequacy(self, series: Mapping[str, Floats], clock: Clock) -> Adequacy:
        return Adequacy(demand_mw=series["demand_mw"])

    @classmethod
    def example(cls) -> Example:
        asset = cls(id="demand", bus="bus", shed_price_yuan_per_mwh=20e3)
        return Example(asset, ports=(Port.market("bus", "mw", 500.0, 300.0),), series={"demand_mw": 80.0})
