"""Hydro plant: turbines at the foot of a reservoir."""

from __future__ import annotations

from typing import Annotated, ClassVar

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.head_law import Efficiency, audit_power_of_flow, tie_power_to_flow
from yuqian.models.kind import (
    Bus,
    Capacity,
    CapacityGroup,
    Example,
    Kind,
    NonNegative,
    Positive,
    Refers,
    WaterTo,
)
from yuqian.models.ledger import Ledger
from yuqian.models.operation import Operation, Turbine
from yuqian.models.port import Port
from yuqian.models.units import HM3_PER_M3_PER_S_HOUR, MW_PER_M3_PER_S_M


class HydroPlant(Kind):
    """A hydro plant at a constant net head: ``P = rho g Q H eta``, with rho g = 9.81 kN/m3.

    Power is by the hour and the turbined flow by the day: the hours of a day share its volume as the grid likes. The
    turbined flow leaves the reservoir beside its release, and counts towards the reservoir's ecological flow.
    """

    title_en: ClassVar[str] = "Hydro plant"
    title_zh: ClassVar[str] = "水电站"

    reservoir: Annotated[str, Refers("m3_per_s"), Refers("m3_per_s", suffix=".ecological")]
    downstream: WaterTo
    bus: Bus
    power_max_mw: Positive
    net_head_m: Positive
    efficiency_fraction: Efficiency
    variable_cost_yuan_per_mwh: NonNegative

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.power_mw = pyo.Var(steps.hours, dense=False, bounds=(0, self.power_max_mw))
        m.turbine_m3_per_s = pyo.Var(steps.days, dense=False, bounds=(0, None))
        mw_per_m3_per_s = MW_PER_M3_PER_S_M * self.net_head_m * self.efficiency_fraction
        tie_power_to_flow(m, steps, m.power_mw, m.turbine_m3_per_s, mw_per_m3_per_s)
        ledger.enter(self.reservoir, self.id, "turbined", sign=-1, m3_per_s=m.turbine_m3_per_s)
        ledger.enter(self.downstream, self.id, "turbined", m3_per_s=m.turbine_m3_per_s)
        ledger.enter(f"{self.reservoir}.ecological", self.id, "turbined", m3_per_s=m.turbine_m3_per_s)
        ledger.enter(self.bus, self.id, "generation", mw=m.power_mw)
        price = self.variable_cost_yuan_per_mwh
        ledger.cost(self.id, "operation", rhythm=Rhythm.POWER, yuan_per_h=lambda t: price * m.power_mw[t])

    def operate(self, operation: Operation) -> None:
        mw_per_m3_per_s = MW_PER_M3_PER_S_M * self.net_head_m * self.efficiency_fraction
        operation.turbines.append(
            Turbine(
                self.id,
                self.reservoir,
                self.downstream,
                self.power_max_mw / mw_per_m3_per_s,
                mw_per_m3_per_s / HM3_PER_M3_PER_S_HOUR,
            )
        )

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.within(self.id, "power", answer.power_mw, 0.0, self.power_max_mw)
        book.within(self.id, "turbined flow", answer.turbine_m3_per_s, 0.0, None)
        # kN/m3 times m3/s times m is kW
        mw_per_m3_per_s = 9.81 * self.net_head_m * self.efficiency_fraction / 1000
        audit_power_of_flow(book, self.id, clock, answer.power_mw, answer.turbine_m3_per_s, mw_per_m3_per_s)
        book.enter(self.reservoir, -answer.turbine_m3_per_s)
        book.enter(self.downstream, answer.turbine_m3_per_s)
        book.enter(f"{self.reservoir}.ecological", answer.turbine_m3_per_s)
        book.enter(self.bus, answer.power_mw)
        book.cost(answer.power_mw * self.variable_cost_yuan_per_mwh, Rhythm.POWER)

    def capacity(self) -> Capacity:
        return Capacity(self.power_max_mw, CapacityGroup.GENERATION)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="hydro", reservoir="lake", downstream="river", bus="bus", power_max_mw=28.0, net_head_m=70.0,
            efficiency_fraction=0.88, variable_cost_yuan_per_mwh=5.0,
        )  # fmt: skip
        ports = (
            Port.market("lake", "m3_per_s", 1e4, 0.0), Port.requirement("lake.ecological", "m3_per_s"),
            Port.market("river", "m3_per_s", 1e5, 0.0), Port.market("bus", "mw", 500.0, 300.0),
        )  # fmt: skip
        return Example(asset, ports)
