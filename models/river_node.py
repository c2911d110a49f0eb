"""River node: a junction of natural river."""

from __future__ import annotations

from typing import ClassVar

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import Example, Kind
from yuqian.models.ledger import Ledger
from yuqian.models.operation import Node, Operation
from yuqian.models.port import Port
from yuqian.models.water_quality import WaterQuality


class RiverNode(Kind):
    """A point of a river. What flows in equals what flows on and what is withdrawn, day by day; nothing is stored.

    Water that is withdrawn here counts as coming from the river at this point.
    """

    title_en: ClassVar[str] = "River node"
    title_zh: ClassVar[str] = "河道节点"
    opens: ClassVar = {"": "m3_per_s"}
    is_water_source: ClassVar[bool] = True

    water_quality: WaterQuality = WaterQuality.III

    def gives_quality(self) -> WaterQuality:
        return self.water_quality

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        ledger.open(self.id, "m3_per_s", Rhythm.WATER)

    def operate(self, operation: Operation) -> None:
        operation.nodes.append(Node(self.id, is_river=True))

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.open(self.id, Rhythm.WATER)

    @classmethod
    def example(cls) -> Example:
        return Example(cls(id="river"), ports=(Port.to_open("river", "m3_per_s"),))
