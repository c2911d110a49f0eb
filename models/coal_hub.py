"""Coal hub: a railway node where coal arrives."""

from __future__ import annotations

from typing import ClassVar

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import Example, Kind, Positive
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port
from yuqian.models.units import HOURS_PER_DAY


class CoalHub(Kind):
    """A node without a stock: what the corridors bring in a day is taken on by bases and yards on the same day.

    All corridors together unload at most ``unloading_max_t_per_day``; a corridor with a lead time lets its trains wait.
    """

    title_en: ClassVar[str] = "Coal hub"
    title_zh: ClassVar[str] = "煤炭铁路枢纽"
    opens: ClassVar = {"": "t_per_h"}

    unloading_max_t_per_day: Positive | None = None

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        ledger.open(self.id, "t_per_h", Rhythm.WATER)
        if self.unloading_max_t_per_day is not None:
            ledger.limit_intake(self.id, m, "unloading", self.unloading_max_t_per_day / HOURS_PER_DAY)

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.open(self.id, Rhythm.WATER)
        if self.unloading_max_t_per_day is not None:
            book.limit_intake(self.id, "unloading", self.unloading_max_t_per_day / 24)

    @classmethod
    def example(cls) -> Example:
        return Example(cls(id="hub"), ports=(Port.to_open("hub", "t_per_h"),))
