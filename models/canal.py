"""Canal: a gravity canal, tunnel or pipe."""

from __future__ import annotations

from typing import ClassVar, Self

import pyomo.environ as pyo
from pydantic import model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import Example, Fraction, NonNegative, Positive, WaterFrom, WaterTo
from yuqian.models.ledger import Ledger
from yuqian.models.licensed import Licensed
from yuqian.models.loss_law import arriving, check_losses
from yuqian.models.operation import Conveyance, Operation
from yuqian.models.port import Port
from yuqian.models.units import SECONDS_PER_HOUR
from yuqian.models.water_quality import WaterQuality


class Canal(Licensed):
    """Carries water downhill without power, losing a share of what enters or of what arrives.

    A quota (取水许可) limits what enters from each of its dates to the next, every year.
    """

    title_en: ClassVar[str] = "Canal or gravity pipe"
    title_zh: ClassVar[str] = "输水渠道(自流)"
    catalogued: ClassVar[bool] = True

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

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.flow_m3_per_s = pyo.Var(steps.days, dense=False, bounds=(0, self.flow_max_m3_per_s))
        kept = arriving(self.loss_of_inflow_fraction, self.loss_of_delivery_fraction)
        self.hold_to_quota(m, steps, m.flow_m3_per_s.__getitem__)
        price = self.cost_yuan_per_m3 * SECONDS_PER_HOUR
        ledger.enter(self.node_from, self.id, "inflow of canal", sign=-1, m3_per_s=m.flow_m3_per_s)
        ledger.enter(self.node_to, self.id, "outflow of canal", m3_per_s=lambda d: kept * m.flow_m3_per_s[d])
        ledger.cost(self.id, "operation", rhythm=Rhythm.WATER, yuan_per_h=lambda d: price * m.flow_m3_per_s[d])

    def operate(self, operation: Operation) -> None:
        kept = arriving(self.loss_of_inflow_fraction, self.loss_of_delivery_fraction)
        operation.conveyances.append(
            Conveyance(
                self.id, self.node_from, self.node_to, self.flow_max_m3_per_s, kept, effort_yuan_per_m3=self.cost_yuan_per_m3,
                quota=self.quota(),
            )
        )  # fmt: skip

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.within(self.id, "capacity", answer.flow_m3_per_s, 0.0, self.flow_max_m3_per_s)
        book.enter(self.node_from, -answer.flow_m3_per_s)
        book.enter(
            self.node_to, answer.flow_m3_per_s * (1 - self.loss_of_inflow_fraction) / (1 + self.loss_of_delivery_fraction)
        )
        book.cost(answer.flow_m3_per_s * 3600 * self.cost_yuan_per_m3, Rhythm.WATER)
        self.audit_quota(answer, answer.flow_m3_per_s, book, clock)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="canal", node_from="source", node_to="field", flow_max_m3_per_s=8.0, loss_of_inflow_fraction=0.1,
            cost_yuan_per_m3=0.05,
        )  # fmt: skip
        return Example(asset, ports=(Port.market("source", "m3_per_s", 1e4, 0.0), Port.market("field", "m3_per_s", 1e6, 5e5)))
