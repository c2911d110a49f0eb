"""Line: a power line or a transformer between two buses."""

from __future__ import annotations

from typing import ClassVar, Self

import pyomo.environ as pyo
from pydantic import model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Steps
from yuqian.models.kind import Bus, Example, Fraction, Kind, Positive
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port


class Line(Kind):
    """Carries power both ways up to its limit, as a transport model: no voltage angles.

    The loss is a share of the power that enters, whichever way it flows. A line without loss is one signed flow, from
    ``bus_from`` to ``bus_to``; one with loss needs a flow each way, which is several times dearer to solve over a year. Power
    sent both ways at once would only lose more, so it pays only where power has no value.
    """

    title_en: ClassVar[str] = "Line or transformer"
    title_zh: ClassVar[str] = "输电线路或变压器"

    bus_from: Bus
    bus_to: Bus
    power_max_mw: Positive
    loss_fraction: Fraction

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if self.bus_from == self.bus_to:
            raise ValueError(f"a line needs two different buses; both ends are '{self.bus_from}'")
        return self

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        if not self.loss_fraction:
            m.flow_mw = pyo.Var(steps.hours, dense=False, bounds=(-self.power_max_mw, self.power_max_mw))
            ledger.enter(self.bus_from, self.id, "sent", sign=-1, mw=m.flow_mw)
            ledger.enter(self.bus_to, self.id, "received", mw=m.flow_mw)
            return
        m.forward_mw = pyo.Var(steps.hours, dense=False, bounds=(0, self.power_max_mw))
        m.backward_mw = pyo.Var(steps.hours, dense=False, bounds=(0, self.power_max_mw))
        kept = 1.0 - self.loss_fraction
        ledger.enter(self.bus_from, self.id, "sent", sign=-1, mw=m.forward_mw)
        ledger.enter(self.bus_to, self.id, "received", mw=lambda t: kept * m.forward_mw[t])
        ledger.enter(self.bus_to, self.id, "sent", sign=-1, mw=m.backward_mw)
        ledger.enter(self.bus_from, self.id, "received", mw=lambda t: kept * m.backward_mw[t])

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        if not self.loss_fraction:
            book.within(self.id, "limit", answer.flow_mw, -self.power_max_mw, self.power_max_mw)
            book.enter(self.bus_from, -answer.flow_mw)
            book.enter(self.bus_to, answer.flow_mw)
            return
        book.within(self.id, "limit forward", answer.forward_mw, 0.0, self.power_max_mw)
        book.within(self.id, "limit backward", answer.backward_mw, 0.0, self.power_max_mw)
        book.enter(self.bus_from, answer.backward_mw * (1 - self.loss_fraction) - answer.forward_mw)
        book.enter(self.bus_to, answer.forward_mw * (1 - self.loss_fraction) - answer.backward_mw)

    @classmethod
    def example(cls) -> Example:
        asset = cls(id="line", bus_from="plain", bus_to="hill", power_max_mw=400.0, loss_fraction=0.01)
        return Example(asset, ports=(Port.market("plain", "mw", 300.0, 250.0), Port.market("hill", "mw", 500.0, 400.0)))
