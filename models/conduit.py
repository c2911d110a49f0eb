"""What every kind shares that carries water from one node to another with a capacity and a loss."""

from __future__ import annotations

from typing import ClassVar, Self

import pyomo.environ as pyo
from pydantic import model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import Fraction, NonNegative, Positive, WaterFrom, WaterTo
from yuqian.models.ledger import Ledger
from yuqian.models.licensed import Licensed
from yuqian.models.loss_law import arriving, check_losses
from yuqian.models.operation import Conveyance, Operation
from yuqian.models.units import SECONDS_PER_HOUR
from yuqian.models.water_quality import WaterQuality


class Conduit(Licensed):
    """Base of canals and pipes: carries a flow, losing a share of what enters or of what arrives.

    A quota (取水许可) limits what enters from each of its dates to the next, every year.
    """

    catalogued: ClassVar[bool] = False

    node_from: WaterFrom
    node_to: WaterTo
    flow_max_m3_per_s: Positive
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

    def energy_mwh_per_hm3(self) -> float:
        """Power that a volume takes, for a simulation by rules."""
        return 0.0

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        """``flow_m3_per_s`` by water step: what enters, within the capacity and the quota, in both balances and the cost."""
        m.flow_m3_per_s = pyo.Var(steps.days, dense=False, bounds=(0, self.flow_max_m3_per_s))
        self.hold_to_quota(m, steps, m.flow_m3_per_s.__getitem__)
        kept = self._kept()
        price = self.cost_yuan_per_m3 * SECONDS_PER_HOUR
        ledger.enter(self.node_from, self.id, "inflow", sign=-1, m3_per_s=m.flow_m3_per_s)
        ledger.enter(self.node_to, self.id, "outflow", m3_per_s=lambda d: kept * m.flow_m3_per_s[d])
        ledger.cost(self.id, "operation", rhythm=Rhythm.WATER, yuan_per_h=lambda d: price * m.flow_m3_per_s[d])

    def operate(self, operation: Operation) -> None:
        operation.conveyances.append(
            Conveyance(
                self.id, self.node_from, self.node_to, self.flow_max_m3_per_s, self._kept(),
                effort_yuan_per_m3=self.cost_yuan_per_m3, energy_mwh_per_hm3=self.energy_mwh_per_hm3(), quota=self.quota(),
            )
        )  # fmt: skip

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        """Capacity, quota, both balances and the cost, counted again."""
        flow = answer.flow_m3_per_s
        book.within(self.id, "capacity", flow, 0.0, self.flow_max_m3_per_s)
        book.enter(self.node_from, -flow)
        book.enter(self.node_to, flow * (1 - self.loss_of_inflow_fraction) / (1 + self.loss_of_delivery_fraction))
        book.cost(flow * 3600 * self.cost_yuan_per_m3, Rhythm.WATER)
        self.audit_quota(answer, flow, book, clock)

    def _kept(self) -> float:
        return arriving(self.loss_of_inflow_fraction, self.loss_of_delivery_fraction)
