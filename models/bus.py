"""Bus: a point of the grid where power must balance in every hour."""

from __future__ import annotations

from typing import ClassVar

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import Example, Kind, Positive
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port


class Bus(Kind):
    """A busbar. What is generated, imported and discharged equals what is used, exported and charged, hour by hour."""

    title_en: ClassVar[str] = "Bus"
    title_zh: ClassVar[str] = "母线"
    opens: ClassVar = {"": "mw"}

    voltage_kv: Positive

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        ledger.open(self.id, "mw", Rhythm.POWER)

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.open(self.id, Rhythm.POWER)

    @classmethod
    def example(cls) -> Example:
        return Example(cls(id="bus", voltage_kv=220.0), ports=(Port.to_open("bus", "mw"),))
