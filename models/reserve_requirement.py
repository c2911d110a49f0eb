"""Reserve requirement: power above the planned that must stand ready in every hour."""

from __future__ import annotations

from typing import ClassVar

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import Example, Kind, NonNegative, SeriesNeed
from yuqian.models.ledger import Ledger, Sense
from yuqian.models.port import Port


class ReserveRequirement(Kind):
    """A requirement that plants count towards with what they hold back; what is missing is short, at a price.

    It opens a balance that must add up to at least nothing: what is held, and what is short, less what is required. Without
    a price nothing may be short. The requirement is ``requirement_base_mw`` in every hour unless a series is given.
    """

    title_en: ClassVar[str] = "Reserve requirement"
    title_zh: ClassVar[str] = "备用要求"
    series: ClassVar = {"requirement_mw": SeriesNeed("reserve", Rhythm.POWER)}
    opens: ClassVar = {"": "mw"}

    requirement_base_mw: NonNegative
    shortage_price_yuan_per_mwh: NonNegative | None = None

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        ledger.open(self.id, "mw", Rhythm.POWER, Sense.AT_LEAST)
        ledger.enter(self.id, self.id, "required", sign=-1, mw=lambda t: m.requirement_mw[t])
        if self.shortage_price_yuan_per_mwh is None:
            return
        m.shortage_mw = pyo.Var(steps.hours, dense=False, bounds=(0, None))

        @m.Constraint(steps.hours)
        def at_most_all(m: pyo.Block, t: int) -> object:
            return m.shortage_mw[t] <= m.requirement_mw[t]

        price = self.shortage_price_yuan_per_mwh
        ledger.enter(self.id, self.id, "shortage", mw=m.shortage_mw)
        ledger.cost(self.id, "shortage", rhythm=Rhythm.POWER, yuan_per_h=lambda t: price * m.shortage_mw[t])

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.open(self.id, Rhythm.POWER, Sense.AT_LEAST)
        book.enter(self.id, -answer.requirement_mw)
        if self.shortage_price_yuan_per_mwh is not None:
            book.within(self.id, "shortage", answer.shortage_mw, 0.0, answer.requirement_mw)
            book.enter(self.id, answer.shortage_mw)
            book.cost(self.shortage_price_yuan_per_mwh * answer.shortage_mw, Rhythm.POWER)

    @classmethod
    def example(cls) -> Example:
        asset = cls(id="spinning", requirement_base_mw=60.0, shortage_price_yuan_per_mwh=3000.0)
        return Example(asset, ports=(Port.to_open("spinning", "mw"),), series={"requirement_mw": 60.0})
