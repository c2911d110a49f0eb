"""Water node: a point of a supply network."""

from __future__ import annotations

from typing import ClassVar

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import Example, Kind
from yuqian.models.ledger import Ledger
from yuqian.models.operation import Node, Operation
from yuqian.models.port import Port


class WaterNode(Kind):
    """A point where conveyed water is parted: a canal head, or the clear-water network of a town.

    What is brought equals what is taken, day by day. It is no source of its own: its water comes from what feeds it.
    """

    title_en: ClassVar[str] = "Water supply node"
    title_zh: ClassVar[str] = "供水节点"
    opens: ClassVar = {"": "m3_per_s"}

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        ledger.open(self.id, "m3_per_s", Rhythm.WATER)

    def operate(self, operation: Operation) -> None:
        operation.nodes.append(Node(self.id, is_river=False))

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.open(self.id, Rhythm.WATER)

    @classmethod
    def example(cls) -> Example:
        return Example(cls(id="network"), ports=(Port.to_open("network", "m3_per_s"),))
