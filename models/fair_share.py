"""Fair share: a class of water users shares its shortage evenly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import Example, Kind, Member, Positive, UserClass
from yuqian.models.ledger import Ledger, Published
from yuqian.models.port import Port
from yuqian.models.units import SECONDS_PER_HOUR


class FairShare(Kind):
    """Makes the largest share that any user of a class is short by, in a step, as small as it can be.

    ``largest[d] >= shortage[d] / demand[d]`` for each user, at a price for each m3 of the class's demand that this share is of.
    The price orders nothing but the members of the class; keep it far below the prices of shortage.
    """

    title_en: ClassVar[str] = "Fair sharing of a shortage"
    title_zh: ClassVar[str] = "同级用户公平分担"

    user_class: UserClass
    price_yuan_per_m3: Positive

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.largest_fraction = pyo.Var(steps.days, dense=False, bounds=(0, 1))

    @classmethod
    def contribute_together(cls, members: Sequence[Member[Self]], m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        for member in members:
            users, block = ledger.published.get(member.asset._topic, []), member.block
            for user in users:
                m.add_component(f"{member.asset.id}_{user.owner}", pyo.Constraint(steps.days, rule=_shared(block, user)))
            member.asset._price(block, ledger, users)

    @property
    def _topic(self) -> str:
        return f"shortage.{self.user_class.value}"

    def _price(self, m: pyo.Block, ledger: Ledger, users: Sequence[Published]) -> None:
        price = self.price_yuan_per_m3 * SECONDS_PER_HOUR
        for user in users:
            ledger.cost(self.id, "unevenness", rhythm=Rhythm.WATER, yuan_per_h=_priced(m, user, price))

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.within(self.id, "largest share", answer.largest_fraction, 0.0, 1.0)

    @classmethod
    def audit_together(cls, members: Sequence[Self], answers: Mapping[str, Answer], book: Book, clock: Clock) -> None:
        for rule in members:
            largest, total = answers[rule.id].largest_fraction, np.zeros(clock.water.count)
            for owner, values in book.published.get(rule._topic, []):
                demand = values["demand_m3_per_s"]
                total = total + demand
                book.within(rule.id, f"share of {owner}", values["shortage_m3_per_s"], None, largest * demand)
            book.cost(largest * total * rule.price_yuan_per_m3 * 3600, Rhythm.WATER)

    @classmethod
    def example(cls) -> Example:
        asset = cls(id="fair_share", user_class=UserClass.INDUSTRY, price_yuan_per_m3=0.01)
        user = _ShortUser(id="user", demand_m3_per_s=2.0, shortage_m3_per_s=0.5)
        return Example(asset, ports=(Port.market("network", "m3_per_s", 1e6, 0.0), user))


class _ShortUser(Kind):
    """A user of industry in an example: asks for the same in every step and is short by the same."""

    title_en: ClassVar[str] = "User that is short"
    title_zh: ClassVar[str] = "缺水用户"
    catalogued: ClassVar[bool] = False

    demand_m3_per_s: Positive
    shortage_m3_per_s: Positive

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        demand, short = self.demand_m3_per_s, self.shortage_m3_per_s
        ledger.publish("shortage.industry", self.id, shortage_m3_per_s=lambda d: short, demand_m3_per_s=lambda d: demand)

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        demand, short = (np.full(clock.water.count, flow) for flow in (self.demand_m3_per_s, self.shortage_m3_per_s))
        book.publish("shortage.industry", self.id, shortage_m3_per_s=short, demand_m3_per_s=demand)


def _shared(block: pyo.Block, user: Published) -> Callable[[Any, Any], Any]:
    short, demand = user.terms["shortage_m3_per_s"], user.terms["demand_m3_per_s"]
    return lambda _, d: short(d) <= demand(d) * block.largest_fraction[d]


def _priced(block: pyo.Block, user: Published, price: float) -> Callable[[Any], Any]:
    demand = user.terms["demand_m3_per_s"]
    return lambda d: price * demand(d) * block.largest_fraction[d]
