"""Canal: a gravity canal, tunnel or pipe."""

from __future__ import annotations

from typing import ClassVar

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Steps
from yuqian.models.conduit import Conduit
from yuqian.models.kind import Example
from yuqian.models.ledger import Ledger
from yuqian.models.operation import Operation
from yuqian.models.port import Port


class Canal(Conduit):
    """Carries water downhill without power."""

    title_en: ClassVar[str] = "Canal or gravity pipe"
    title_zh: ClassVar[str] = "输水渠道(自流)"
    catalogued: ClassVar[bool] = True

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        self.declare_flow(m, ledger, steps)

    def operate(self, operation: Operation) -> None:
        self.operate_flow(operation)

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        self.audit_flow(answer, book, clock)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="canal", node_from="source", node_to="field", flow_max_m3_per_s=8.0, loss_of_inflow_fraction=0.1,
            cost_yuan_per_m3=0.05,
        )  # fmt: skip
        return Example(asset, ports=(Port.market("source", "m3_per_s", 1e4, 0.0), Port.market("field", "m3_per_s", 1e6, 5e5)))
