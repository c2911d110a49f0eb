"""Control section: a place of a river at which a flow must be kept."""

from __future__ import annotations

from typing import ClassVar

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.ecological_rule import enter_ecological_shortage
from yuqian.models.kind import Example, SeriesNeed, WaterFrom, WaterTo
from yuqian.models.ledger import Account, Ledger
from yuqian.models.operation import Channel, Given, Operation, Owed
from yuqian.models.outlet import Outlet
from yuqian.models.owes_flow import OwesFlow
from yuqian.models.port import Port


class ControlSection(OwesFlow):
    """Passes water on from one river node to the next and asks for the ecological flow in it, except at a price.

    The required flow follows the same rules as below a dam.
    """

    title_en: ClassVar[str] = "Ecological control section"
    title_zh: ClassVar[str] = "生态流量控制断面"
    catalogued: ClassVar[bool] = True
    series: ClassVar = {"ecological_flow_m3_per_s": SeriesNeed("ecological_flow", Rhythm.WATER)}

    node_from: WaterFrom
    node_to: WaterTo

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.flow_m3_per_s = pyo.Var(steps.days, dense=False, bounds=(0, None))
        m.ecological_shortage_m3_per_s = pyo.Var(steps.days, dense=False, bounds=(0, None))

        @m.Constraint(steps.days)
        def ecological_flow(m: pyo.Block, d: int) -> object:
            return m.flow_m3_per_s[d] + m.ecological_shortage_m3_per_s[d] >= m.ecological_flow_m3_per_s[d]

        ledger.enter(self.node_from, self.id, "passing the section", sign=-1, m3_per_s=m.flow_m3_per_s)
        ledger.enter(self.node_to, self.id, "passing the section", m3_per_s=m.flow_m3_per_s)
        enter_ecological_shortage(m, ledger, self.id, self.ecological_shortage_price_yuan_per_m3)

    def operate(self, operation: Operation) -> None:
        operation.channels.append(Channel(self.id, self.node_from, self.node_to, (0.0,), (1.0,), 1.0))
        operation.owed.append(Owed(self.id, self.node_from, Given(self.id, "ecological_flow_m3_per_s")))

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        flow, short = answer.flow_m3_per_s, answer.ecological_shortage_m3_per_s
        book.within(self.id, "flow", flow, 0.0, None)
        book.within(self.id, "ecological shortage", short, 0.0, None)
        book.within(self.id, "ecological flow", flow + short, answer.ecological_flow_m3_per_s, None)
        book.enter(self.node_from, -flow)
        book.enter(self.node_to, flow)
        book.cost(short * 3600 * self.ecological_shortage_price_yuan_per_m3, Rhythm.WATER)
        book.account(Account.SHORTAGE, short, Rhythm.WATER)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="section", node_from="upper", node_to="lower", catchment_km2=4000.0, runoff_depth_mm_per_year=500.0,
            ecological_dry_fraction=0.1, ecological_wet_fraction=0.2, ecological_shortage_price_yuan_per_m3=5.0,
        )  # fmt: skip
        outlet = Outlet(id="outlet", node="lower", flow_min_m3_per_s=0.0, shortage_price_yuan_per_m3=5.0)
        ports = (Port.market("upper", "m3_per_s", 1e6, 0.0), Port.market("lower", "m3_per_s", 2e6, 0.0), outlet)
        return Example(asset, ports, series={"ecological_flow_m3_per_s": 6.0})
