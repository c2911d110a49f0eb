"""Pumped pipe: a pipe with a pumping station at its head."""

from __future__ import annotations

from typing import ClassVar

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Steps
from yuqian.models.conduit import Conduit
from yuqian.models.head_law import Efficiency, audit_power_of_flow, tie_power_to_flow
from yuqian.models.kind import Bus, Example, Positive
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port
from yuqian.models.units import HM3_PER_M3_PER_S_HOUR, MW_PER_M3_PER_S_M


class PumpedPipe(Conduit):
    """Lifts water for power: ``P = rho g Q H / eta``, with rho g = 9.81 kN/m3 and H the lift with its friction.

    All that enters is lifted, also what is lost on the way. The day's flow is pumped in whichever hours
    power is cheap, with at most the power that the largest flow needs: tanks at both ends level it out within the day.
    """

    title_en: ClassVar[str] = "Pumped pipe"
    title_zh: ClassVar[str] = "提水泵站及管道"
    catalogued: ClassVar[bool] = True

    bus: Bus
    lift_m: Positive
    pump_efficiency_fraction: Efficiency

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        super().contribute(m, ledger, steps)
        mw_per_m3_per_s = self._mw_per_m3_per_s()
        m.pump_mw = pyo.Var(steps.hours, dense=False, bounds=(0, self.flow_max_m3_per_s * mw_per_m3_per_s))
        tie_power_to_flow(m, steps, m.pump_mw, m.flow_m3_per_s, mw_per_m3_per_s)
        ledger.enter(self.bus, self.id, "pumping", sign=-1, mw=m.pump_mw)

    def energy_mwh_per_hm3(self) -> float:
        return self._mw_per_m3_per_s() / HM3_PER_M3_PER_S_HOUR

    def _mw_per_m3_per_s(self) -> float:
        return MW_PER_M3_PER_S_M * self.lift_m / self.pump_efficiency_fraction

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        # kN/m3 times m3/s times m is kW
        mw_per_m3_per_s = 9.81 * self.lift_m / self.pump_efficiency_fraction / 1000
        super().audit(answer, book, clock)
        book.within(self.id, "pump power", answer.pump_mw, 0.0, mw_per_m3_per_s * self.flow_max_m3_per_s)
        audit_power_of_flow(book, self.id, clock, answer.pump_mw, answer.flow_m3_per_s, mw_per_m3_per_s)
        book.enter(self.bus, -answer.pump_mw)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="pipe", node_from="low", node_to="high", bus="bus", flow_max_m3_per_s=2.0, lift_m=120.0,
            pump_efficiency_fraction=0.75, loss_of_inflow_fraction=0.03, cost_yuan_per_m3=0.1,
        )  # fmt: skip
        ports = (
            Port.market("low", "m3_per_s", 1e4, 0.0), Port.market("high", "m3_per_s", 1e6, 5e5),
            Port.market("bus", "mw", 500.0, 300.0),
        )  # fmt: skip
        return Example(asset, ports)
