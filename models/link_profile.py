"""Link by profile: a controllable way for power between two buses, with limits of every hour given as data."""

from __future__ import annotations

from typing import ClassVar, Self

import pyomo.environ as pyo
from pydantic import model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import Bus, Example, Kind, NonNegative, Positive, SeriesNeed
from yuqian.models.ledger import Ledger
from yuqian.models.mesh_law import Branch
from yuqian.models.port import Port

ANY = -float("inf")


class LinkProfile(Kind):
    """A converter, a direct-current line, or anything that turns power at one bus into power at another.

    Of what it takes at ``bus_from`` it gives ``efficiency_ratio`` at ``bus_to``; the ratio may be above one (a heat pump).
    Where the lowest power is negative it also runs backwards by the same line, so that only a ratio of one makes sense.
    """

    title_en: ClassVar[str] = "Link by profile"
    title_zh: ClassVar[str] = "给定功率范围的可控联络元件"
    series: ClassVar = {
        "lowest_mw": SeriesNeed("given", Rhythm.POWER, low=ANY),
        "highest_mw": SeriesNeed("given", Rhythm.POWER, low=ANY),
        "price_yuan_per_mwh": SeriesNeed("given", Rhythm.POWER, low=ANY),
    }

    bus_from: Bus
    bus_to: Bus
    rated_mw: NonNegative
    efficiency_ratio: Positive = 1.0

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if self.bus_from == self.bus_to:
            raise ValueError(f"a link needs two different buses; both ends are '{self.bus_from}'")
        return self

    def branch(self) -> Branch:
        return Branch(self.id, self.bus_from, self.bus_to, None, 0.0, self.rated_mw, self.rated_mw, {"flow_mw": 1.0})

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.flow_mw = pyo.Var(steps.hours, dense=False)
        ratio = self.efficiency_ratio

        @m.Constraint(steps.hours)
        def at_least(m: pyo.Block, t: int) -> object:
            return m.flow_mw[t] >= m.lowest_mw[t]

        @m.Constraint(steps.hours)
        def at_most(m: pyo.Block, t: int) -> object:
            return m.flow_mw[t] <= m.highest_mw[t]

        ledger.enter(self.bus_from, self.id, "taken", sign=-1, mw=m.flow_mw)
        ledger.enter(self.bus_to, self.id, "given", mw=lambda t: ratio * m.flow_mw[t])
        ledger.cost(
            self.id, "operation", rhythm=Rhythm.POWER, yuan_per_h=lambda t: m.price_yuan_per_mwh[t] * m.flow_mw[t]
        )  # fmt: skip

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        flow = answer.flow_mw
        book.within(self.id, "power within its profile", flow, answer.lowest_mw, answer.highest_mw)
        book.enter(self.bus_from, -flow)
        book.enter(self.bus_to, flow * self.efficiency_ratio)
        book.cost(flow * answer.price_yuan_per_mwh, Rhythm.POWER)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="converter", bus_from="plain", bus_to="hill", rated_mw=300.0, efficiency_ratio=0.97
        )  # fmt: skip
        ports = (Port.market("plain", "mw", 300.0, 250.0), Port.market("hill", "mw", 500.0, 400.0))
        return Example(asset, ports, series={"lowest_mw": 0.0, "highest_mw": 280.0, "price_yuan_per_mwh": 5.0})
