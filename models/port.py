"""Port: the rest of the world in an example or a test. Not a kind that a catalogue may hold."""

from __future__ import annotations

from typing import ClassVar, Self

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import Kind
from yuqian.models.ledger import Flow, Ledger, Sense


class Port(Kind):
    """Something to buy from and to sell into, at a balance.

    Prices are in yuan per unit of the flow's total (MWh, hm3, t). A port opens its balance, unless the example's own asset
    does; a requirement only opens one that asks for at least nothing.
    """

    title_en: ClassVar[str] = "Port"
    title_zh: ClassVar[str] = "端口"
    catalogued: ClassVar[bool] = False

    balance: str
    rate: str
    buy_yuan: float
    sell_yuan: float
    opens_balance: bool
    is_requirement: bool
    is_hourly: bool = False

    @classmethod
    def market(cls, balance: str, rate: str, buy_yuan: float, sell_yuan: float) -> Self:
        """Opens the balance, sells to it at ``buy_yuan`` and takes from it at ``sell_yuan``."""
        return cls._of(balance, rate, buy_yuan, sell_yuan, opens_balance=True)

    @classmethod
    def to_open(
        cls, balance: str, rate: str, buy_yuan: float = 1e3, sell_yuan: float = 0.0, *, is_hourly: bool = False
    ) -> Self:  # fmt: skip
        """A market at a balance that the asset itself opens; by the hour where the flow is not usually balanced so."""
        return cls._of(balance, rate, buy_yuan, sell_yuan, opens_balance=False).model_copy(update={"is_hourly": is_hourly})

    @classmethod
    def requirement(cls, balance: str, rate: str) -> Self:
        """Opens a balance that must add up to at least nothing."""
        return cls._of(balance, rate, 0.0, 0.0, opens_balance=True, is_requirement=True)

    @classmethod
    def _of(cls, balance: str, rate: str, buy: float, sell: float, opens_balance: bool, is_requirement: bool = False) -> Self:
        return cls(
            id=f"port_{balance.replace('.', '_')}", balance=balance, rate=rate, buy_yuan=buy, sell_yuan=sell,
            opens_balance=opens_balance, is_requirement=is_requirement,
        )  # fmt: skip

    @property
    def _rhythm(self) -> Rhythm:
        return Rhythm.POWER if self.is_hourly or Flow.of_rate(self.rate) is Flow.POWER else Rhythm.WATER

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        if self.opens_balance:
            ledger.open(self.balance, self.rate, self._rhythm, self._sense)
        if self.is_requirement:
            return
        m.bought = pyo.Var(steps.of(self._rhythm), dense=False, bounds=(0, None))
        m.sold = pyo.Var(steps.of(self._rhythm), dense=False, bounds=(0, None))
        total = Flow.of_rate(self.rate).total_per_rate_hour
        buy, sell = self.buy_yuan * total, self.sell_yuan * total
        ledger.enter(self.balance, self.id, "bought", **{self.rate: m.bought})
        ledger.enter(self.balance, self.id, "sold", sign=-1, **{self.rate: m.sold})
        ledger.cost(
            self.id, "trade", rhythm=self._rhythm, yuan_per_h=lambda t: buy * m.bought[t] - sell * m.sold[t]
        )  # fmt: skip

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        if self.opens_balance:
            book.open(self.balance, self._rhythm, self._sense)
        if self.is_requirement:
            return
        book.within(self.id, "bought", answer.bought, 0.0, None)
        book.within(self.id, "sold", answer.sold, 0.0, None)
        book.enter(self.balance, answer.bought - answer.sold)
        paid = self.buy_yuan * answer.bought - self.sell_yuan * answer.sold
        book.cost(paid * Flow.of_rate(self.rate).total_per_rate_hour, self._rhythm)

    @property
    def _sense(self) -> Sense:
        return Sense.AT_LEAST if self.is_requirement else Sense.EQUAL
