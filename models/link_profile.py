"""Link by profile: a controllable way for power between two buses, with limits of every hour given as data."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import pyomo.environ as pyo
from pydantic import model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.kind import Bus, Example, Kind, NonNegative, Positive, SeriesNeed, table
from yuqian.models.ledger import Ledger
from yuqian.models.mesh_law import Branch
from yuqian.models.port import Port

ANY = -float("inf")


class LinkProfile(Kind):
    """A converter, a direct-current line, or anything that turns power at one bus into power at another.

    Of what it takes at ``bus_from`` it gives ``efficiency_ratio`` at ``bus_to``; the ratio may be above one (a heat pump).
    Where the lowest power is negative it also runs backwards by the same line, so that only a ratio of one makes sense. It may
    give to ``more_buses`` too, each at its ratio, or, at a negative one, take from them. ``efficiency_by_step_ratio`` holds
    instead of these ratios: that of ``bus_to`` and those of ``more_buses``, step after step.
    """

    title_en: ClassVar[str] = "Link by profile"
    title_zh: ClassVar[str] = "给定功率范围的可控联络元件"
    series: ClassVar = {
        "lowest_mw": SeriesNeed("given", Rhythm.POWER, low=ANY),
        "highest_mw": SeriesNeed("given", Rhythm.POWER, low=ANY),
        "price_yuan_per_mwh": SeriesNeed("given", Rhythm.POWER, low=ANY),
    }

    bus_from: Bus
    bus_to: Bus
    rated_mw: NonNegative
    efficiency_ratio: Positive = 1.0
    more_buses: tuple[Bus, ...] = ()
    more_efficiency_ratio: tuple[float, ...] = ()
    efficiency_by_step_ratio: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if self.bus_from == self.bus_to:
            raise ValueError(f"a link needs two different buses; both ends are '{self.bus_from}'")
        if len(self.more_buses) != len(self.more_efficiency_ratio):
            raise ValueError("each of more_buses needs its more_efficiency_ratio")
        return self

    def _ratios(self, clock: Clock) -> Floats:
        """Of every bus that it gives to, by step, shape (steps, buses)."""
        count, steps = 1 + len(self.more_buses), clock.power.count
        if not self.efficiency_by_step_ratio:
            return np.tile([self.efficiency_ratio, *self.more_efficiency_ratio], (steps, 1))
        if len(self.efficiency_by_step_ratio) != count * steps:
            raise ValueError(
                f"efficiency_by_step_ratio of '{self.id}' gives {len(self.efficiency_by_step_ratio)} values for {steps} steps "
                f"of {count} buses"
            )
        return np.array(self.efficiency_by_step_ratio).reshape(steps, count)

    def branch(self) -> Branch:
        return Branch(self.id, self.bus_from, self.bus_to, None, 0.0, self.rated_mw, self.rated_mw, {"flow_mw": 1.0})

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.flow_mw = pyo.Var(steps.hours, dense=False)

        @m.Constraint(steps.hours)
        def at_least(m: pyo.Block, t: int) -> object:
            return m.flow_mw[t] >= m.lowest_mw[t]

        @m.Constraint(steps.hours)
        def at_most(m: pyo.Block, t: int) -> object:
            return m.flow_mw[t] <= m.highest_mw[t]

        ledger.enter(self.bus_from, self.id, "taken", sign=-1, mw=m.flow_mw)
        for k, (bus, ratio) in enumerate(zip((self.bus_to, *self.more_buses), self._ratios(steps.clock).T, strict=True)):
            if self.efficiency_by_step_ratio:
                table(m, f"given_{k}_ratio", steps.hours, ratio)
                ledger.enter(bus, self.id, "given", mw=_by_step(m.component(f"given_{k}_ratio"), m.flow_mw))
            else:
                ledger.enter(bus, self.id, "given", mw=_steady(float(ratio[0]), m.flow_mw))
        ledger.cost(
            self.id, "operation", rhythm=Rhythm.POWER, yuan_per_h=lambda t: m.price_yuan_per_mwh[t] * m.flow_mw[t]
        )  # fmt: skip

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        flow = answer.flow_mw
        book.within(self.id, "power within its profile", flow, answer.lowest_mw, answer.highest_mw)
        book.enter(self.bus_from, -flow)
        for bus, ratio in zip((self.bus_to, *self.more_buses), self._ratios(clock).T, strict=True):
            book.enter(bus, flow * ratio)
        book.cost(flow * answer.price_yuan_per_mwh, Rhythm.POWER)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="converter", bus_from="plain", bus_to="hill", rated_mw=300.0, efficiency_ratio=0.97, more_buses=("plain",),
            more_efficiency_ratio=(-0.01,),
        )  # fmt: skip
        ports = (Port.market("plain", "mw", 300.0, 250.0), Port.market("hill", "mw", 500.0, 400.0))
        return Example(asset, ports, series={"lowest_mw": 0.0, "highest_mw": 280.0, "price_yuan_per_mwh": 5.0})


def _steady(ratio: float, flow: Any) -> Any:
    return lambda t: ratio * flow[t]


def _by_step(ratio: Any, flow: Any) -> Any:
    return lambda t: ratio[t] * flow[t]
