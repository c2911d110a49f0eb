"""Coal hub: a railway node where coal arrives."""

from __future__ import annotations

from typing import ClassVar

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import Example, Kind
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port


class CoalHub(Kind):
    """A node without a stock: what the corridors bring in a day is taken on by bases and yards on the same day."""

    title_en: ClassVar[str] = "Coal hub"
    title_zh: ClassVar[str] = "煤炭铁路枢纽"
    opens: ClassVar = {"": "t_per_h"}

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        ledger.open(self.id, "t_per_h", Rhythm.WATER)

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.open(self.id, Rhythm.WATER)

    @classmethod
    def example(cls) -> Example:
        return Example(cls(id="hub"), ports=(Port.to_open("hub", "t_per_h"),))
