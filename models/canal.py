"""Canal: a gravity canal, tunnel or pipe."""

from __future__ import annotations

from typing import ClassVar

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import Example, Fraction, Kind, NonNegative, Positive, WaterFrom, WaterTo
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port
from yuqian.models.units import SECONDS_PER_HOUR


class Canal(Kind):
    """Carries water downhill without power. The loss is a share of what enters, not of what arrives."""

    title_en: ClassVar[str] = "Canal or gravity pipe"
    title_zh: ClassVar[str] = "输水渠道(自流)"

    node_from: WaterFrom
    node_to: WaterTo
    flow_max_m3_per_s: Positive
    loss_of_inflow_fraction: Fraction
    cost_yuan_per_m3: NonNegative

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.flow_m3_per_s = pyo.Var(steps.days, dense=False, bounds=(0, self.flow_max_m3_per_s))
        kept = 1.0 - self.loss_of_inflow_fraction
        price = self.cost_yuan_per_m3 * SECONDS_PER_HOUR
        ledger.enter(self.node_from, self.id, "inflow of canal", sign=-1, m3_per_s=m.flow_m3_per_s)
        ledger.enter(self.node_to, self.id, "outflow of canal", m3_per_s=lambda d: kept * m.flow_m3_per_s[d])
        ledger.cost(self.id, "operation", rhythm=Rhythm.WATER, yuan_per_h=lambda d: price * m.flow_m3_per_s[d])

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.within(self.id, "capacity", answer.flow_m3_per_s, 0.0, self.flow_max_m3_per_s)
        book.enter(self.node_from, -answer.flow_m3_per_s)
        book.enter(self.node_to, answer.flow_m3_per_s * (1 - self.loss_of_inflow_fraction))
        book.cost(answer.flow_m3_per_s * 3600 * self.cost_yuan_per_m3, Rhythm.WATER)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="canal", node_from="source", node_to="field", flow_max_m3_per_s=8.0, loss_of_inflow_fraction=0.1,
            cost_yuan_per_m3=0.05,
        )  # fmt: skip
        return Example(asset, ports=(Port.market("source", "m3_per_s", 1e4, 0.0), Port.market("field", "m3_per_s", 1e6, 5e5)))
