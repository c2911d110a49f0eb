"""The law of a demand for water: what towns, industry and fields share."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

import pyomo.environ as pyo
from pydantic import AfterValidator, Field, model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.delay_law import audit_delay, declare_delay
from yuqian.models.kind import Fraction, UserClass, WaterFrom, WaterTo
from yuqian.models.ledger import Account, Ledger
from yuqian.models.licensed import Licensed
from yuqian.models.operation import Given, Operation, Use
from yuqian.models.tier_law import RisingPrices, Shares, Tiers
from yuqian.models.water_quality import WaterQuality


def one_of(*allowed: UserClass) -> AfterValidator:
    """Narrows a field to some classes of user."""

    def check(given: UserClass) -> UserClass:
        if given not in allowed:
            raise ValueError(f"must be {' or '.join(user.value for user in allowed)}, got {given.value}")
        return given

    return AfterValidator(check)


class WaterDemand(Licensed):
    """A demand by the day that is served as far as its priced shortage tiers leave it.

    What is delivered, ``demand - shortage``, is taken from ``node`` and entered into the account of allocation under the
    class of the user. It is counted where it is taken: from a clear-water network that is behind the works' leakage, which
    the works enter themselves, so that both together are the volume at the works' outlet; from a canal head or a river it is
    the whole draw. A share of it comes back to ``return_to`` on the same day, or ``return_lag_count``
    steps later; the rest is used up, or leaves the region. What
    is not delivered is entered into the account of shortage, by class. A quota limits what is delivered from each of its
    dates to the next.

    A kind of demand is this with a series ``demand_m3_per_s``, a class of user and the fields that its series asks for.
    """

    catalogued: ClassVar[bool] = False

    node: WaterFrom
    shortage_share_fraction: Shares = Field(title="缺水分档比例")
    shortage_price_yuan_per_m3: RisingPrices = Field(title="各档缺水价格")
    return_fraction: Fraction = Field(title="回归水比例")
    return_to: WaterTo | None = None
    return_lag_count: Annotated[int, Field(ge=0)] = Field(default=0, title="回归水滞后时段数")
    worst_quality: WaterQuality | None = None

    @model_validator(mode="after")
    def _tiers_match(self) -> Self:
        self.tiers()
        return self

    def tiers(self) -> Tiers:
        """Priced tiers of shortage."""
        return Tiers("m3_per_s", self.shortage_share_fraction, self.shortage_price_yuan_per_m3)

    def served_as(self) -> UserClass:
        """The class that its water is counted under."""
        raise NotImplementedError

    def gives_quality(self) -> WaterQuality:
        return WaterQuality.USED

    def takes_quality(self) -> WaterQuality | None:
        return self.worst_quality

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        tiers, returned = self.tiers(), self.return_fraction
        tiers.declare(m, steps.days, lambda d: m.demand_m3_per_s[d])

        def delivered(d: int) -> object:
            return m.demand_m3_per_s[d] - tiers.shed(m, d)

        ledger.enter(self.node, self.id, "delivered", sign=-1, m3_per_s=delivered)

        def back(d: Any) -> Any:
            return returned * m.demand_m3_per_s[d] - returned * tiers.shed(m, d)

        if self.return_to is not None and returned:
            arriving = declare_delay(m, steps, back, self.return_lag_count) if self.return_lag_count else back
            ledger.enter(self.return_to, self.id, "return flow", m3_per_s=arriving)
        ledger.account(Account.ALLOCATION, self.id, self.served_as().value, rhythm=Rhythm.WATER, m3_per_s=delivered)
        tiers.enter_costs(m, ledger, self.id, Rhythm.WATER)
        self.hold_to_quota(m, steps, delivered)

        def short(d: int) -> object:
            return tiers.shed(m, d)

        user_class = self.served_as().value
        ledger.account(Account.SHORTAGE, self.id, user_class, rhythm=Rhythm.WATER, m3_per_s=short)
        ledger.publish(f"shortage.{user_class}", self.id, shortage_m3_per_s=short, demand_m3_per_s=m.demand_m3_per_s)

    def operate(self, operation: Operation) -> None:
        asked = Given(self.id, "demand_m3_per_s")
        operation.uses.append(
            Use(
                self.id, self.node, self.served_as(), asked, self.return_fraction, self.return_to, self.quota(),
                self.return_lag_count,
            )
        )  # fmt: skip

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        short = self.tiers().audit(self.id, answer, book, answer.demand_m3_per_s, Rhythm.WATER)
        served = answer.demand_m3_per_s - short
        book.within(self.id, "delivered", served, 0.0, answer.demand_m3_per_s)
        book.enter(self.node, -served)
        if self.return_to is not None:
            back = served * self.return_fraction
            if self.return_lag_count and self.return_fraction:
                back = audit_delay(self.id, answer, book, clock, back, self.return_lag_count)
            book.enter(self.return_to, back)
        book.account(Account.ALLOCATION, served, Rhythm.WATER)
        book.account(Account.SHORTAGE, short, Rhythm.WATER)
        topic = f"shortage.{self.served_as().value}"
        book.publish(topic, self.id, shortage_m3_per_s=short, demand_m3_per_s=answer.demand_m3_per_s)
        self.audit_quota(answer, served, book, clock)
