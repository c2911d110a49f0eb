"""Pumped pipe: a pipe with a pumping station at its head."""

from __future__ import annotations

from typing import ClassVar, Self

import pyomo.environ as pyo
from pydantic import model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.head_law import Efficiency, audit_power_of_flow, tie_power_to_flow
from yuqian.models.kind import Bus, Example, Fraction, NonNegative, Positive, WaterFrom, WaterTo
from yuqian.models.ledger import Ledger
from yuqian.models.licensed import Licensed
from yuqian.models.loss_law import arriving, check_losses
from yuqian.models.operation import Conveyance, Operation
from yuqian.models.port import Port
from yuqian.models.units import HM3_PER_M3_PER_S_HOUR, MW_PER_M3_PER_S_M, SECONDS_PER_HOUR
from yuqian.models.water_quality import WaterQuality


class PumpedPipe(Licensed):
    """Lifts water for power: ``P = rho g Q H / eta``, with rho g = 9.81 kN/m3 and H the lift with its friction.

    All that enters is lifted; on the way a share of what enters, or of what arrives, is lost. A quota limits what enters
    from each of its dates to the next. The day's flow is pumped in whichever hours
    power is cheap, with at most the power that the largest flow needs: tanks at both ends level it out within the day.
    """

    title_en: ClassVar[str] = "Pumped pipe"
    title_zh: ClassVar[str] = "提水泵站及管道"
    catalogued: ClassVar[bool] = True

    node_from: WaterFrom
    node_to: WaterTo
    bus: Bus
    flow_max_m3_per_s: Positive
    lift_m: Positive
    pump_efficiency_fraction: Efficiency
    loss_of_inflow_fraction: Fraction
    cost_yuan_per_m3: NonNegative
    loss_of_delivery_fraction: NonNegative = 0.0
    worst_quality: WaterQuality | None = None

    @model_validator(mode="after")
    def _one_loss(self) -> Self:
        check_losses(self.loss_of_inflow_fraction, self.loss_of_delivery_fraction)
        return self

    def takes_quality(self) -> WaterQuality | None:
        return self.worst_quality

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        mw_per_m3_per_s = MW_PER_M3_PER_S_M * self.lift_m / self.pump_efficiency_fraction
        m.flow_m3_per_s = pyo.Var(steps.days, dense=False, bounds=(0, self.flow_max_m3_per_s))
        m.pump_mw = pyo.Var(steps.hours, dense=False, bounds=(0, self.flow_max_m3_per_s * mw_per_m3_per_s))
        tie_power_to_flow(m, steps, m.pump_mw, m.flow_m3_per_s, mw_per_m3_per_s)
        kept = arriving(self.loss_of_inflow_fraction, self.loss_of_delivery_fraction)
        self.hold_to_quota(m, steps, m.flow_m3_per_s.__getitem__)
        price = self.cost_yuan_per_m3 * SECONDS_PER_HOUR
        ledger.enter(self.node_from, self.id, "inflow of pipe", sign=-1, m3_per_s=m.flow_m3_per_s)
        ledger.enter(self.node_to, self.id, "outflow of pipe", m3_per_s=lambda d: kept * m.flow_m3_per_s[d])
        ledger.enter(self.bus, self.id, "pumping", sign=-1, mw=m.pump_mw)
        ledger.cost(self.id, "operation", rhythm=Rhythm.WATER, yuan_per_h=lambda d: price * m.flow_m3_per_s[d])

    def operate(self, operation: Operation) -> None:
        mw_per_m3_per_s = MW_PER_M3_PER_S_M * self.lift_m / self.pump_efficiency_fraction
        kept = arriving(self.loss_of_inflow_fraction, self.loss_of_delivery_fraction)
        operation.conveyances.append(
            Conveyance(
                self.id, self.node_from, self.node_to, self.flow_max_m3_per_s, kept, effort_yuan_per_m3=self.cost_yuan_per_m3,
                energy_mwh_per_hm3=mw_per_m3_per_s / HM3_PER_M3_PER_S_HOUR, quota=self.quota(),
            )
        )  # fmt: skip

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        # kN/m3 times m3/s times m is kW
        mw_per_m3_per_s = 9.81 * self.lift_m / self.pump_efficiency_fraction / 1000
        book.within(self.id, "capacity", answer.flow_m3_per_s, 0.0, self.flow_max_m3_per_s)
        book.within(self.id, "pump power", answer.pump_mw, 0.0, mw_per_m3_per_s * self.flow_max_m3_per_s)
        audit_power_of_flow(book, self.id, clock, answer.pump_mw, answer.flow_m3_per_s, mw_per_m3_per_s)
        book.enter(self.node_from, -answer.flow_m3_per_s)
        book.enter(
            self.node_to, answer.flow_m3_per_s * (1 - self.loss_of_inflow_fraction) / (1 + self.loss_of_delivery_fraction)
        )
        book.enter(self.bus, -answer.pump_mw)
        book.cost(answer.flow_m3_per_s * 3600 * self.cost_yuan_per_m3, Rhythm.WATER)
        self.audit_quota(answer, answer.flow_m3_per_s, book, clock)

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
