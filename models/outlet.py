"""Outlet: where a river leaves the region."""

from __future__ import annotations

from typing import ClassVar

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import Example, Kind, NonNegative, UserClass, WaterFrom
from yuqian.models.ledger import Account, Ledger
from yuqian.models.operation import Given, Operation, Outfall, Owed
from yuqian.models.port import Port
from yuqian.models.units import SECONDS_PER_HOUR


class Outlet(Kind):
    """Takes all the water that is left at a node. Less than the flow owed downstream is short, at a price.

    That price is the flow's place among the classes in the optimisation. Rules without foresight know no prices: with
    ``users_give_way`` they set the flow aside before all classes, as far as it comes by nature, and call on dams for the rest
    in the turn of the ecological class; without, the river meets it by what users leave.
    """

    title_en: ClassVar[str] = "Outlet of the region"
    title_zh: ClassVar[str] = "出境断面"

    node: WaterFrom
    flow_min_m3_per_s: NonNegative
    shortage_price_yuan_per_m3: NonNegative
    users_give_way: bool = True

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.outflow_m3_per_s = pyo.Var(steps.days, dense=False, bounds=(0, None))
        m.shortage_m3_per_s = pyo.Var(steps.days, dense=False, bounds=(0, None))

        @m.Constraint(steps.days)
        def owed_downstream(m: pyo.Block, d: int) -> object:
            return m.outflow_m3_per_s[d] + m.shortage_m3_per_s[d] >= self.flow_min_m3_per_s

        price = self.shortage_price_yuan_per_m3 * SECONDS_PER_HOUR
        ledger.enter(self.node, self.id, "outflow", sign=-1, m3_per_s=m.outflow_m3_per_s)
        ledger.cost(self.id, "shortage", rhythm=Rhythm.WATER, yuan_per_h=lambda d: price * m.shortage_m3_per_s[d])
        ecological = UserClass.ECOLOGICAL.value
        ledger.account(Account.SHORTAGE, self.id, ecological, rhythm=Rhythm.WATER, m3_per_s=m.shortage_m3_per_s)

    def operate(self, operation: Operation) -> None:
        operation.outfalls.append(Outfall(self.id, self.node))
        if self.users_give_way:
            operation.owed.append(Owed(self.id, self.node, Given(self.id, "owed_m3_per_s", self.flow_min_m3_per_s)))

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.within(self.id, "outflow", answer.outflow_m3_per_s, 0.0, None)
        book.within(self.id, "shortage", answer.shortage_m3_per_s, 0.0, None)
        counted = answer.outflow_m3_per_s + answer.shortage_m3_per_s
        book.within(self.id, "flow owed downstream", counted, self.flow_min_m3_per_s, None)
        book.enter(self.node, -answer.outflow_m3_per_s)
        book.cost(answer.shortage_m3_per_s * 3600 * self.shortage_price_yuan_per_m3, Rhythm.WATER)
        book.account(Account.SHORTAGE, answer.shortage_m3_per_s, Rhythm.WATER)

    @classmethod
    def example(cls) -> Example:
        asset = cls(id="outlet", node="river", flow_min_m3_per_s=11.0, shortage_price_yuan_per_m3=5.0)
        return Example(asset, ports=(Port.market("river", "m3_per_s", 1e5, 0.0),))
