"""Catchment: natural flow that reaches a node."""

from __future__ import annotations

from typing import ClassVar

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import Example, Kind, Positive, SeriesNeed, WaterTo
from yuqian.models.ledger import Ledger
from yuqian.models.operation import Given, Inflow, Operation
from yuqian.models.port import Port


class Catchment(Kind):
    """The land between a node and the next ones upstream: its natural flow, before anybody's use, enters at the node.

    Catchments add up along the river, so each counts only its own increment.
    """

    title_en: ClassVar[str] = "Catchment"
    title_zh: ClassVar[str] = "集水区间"
    series: ClassVar = {"inflow_m3_per_s": SeriesNeed("river", Rhythm.WATER)}

    node: WaterTo
    area_km2: Positive
    runoff_depth_mm_per_year: Positive

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        ledger.enter(self.node, self.id, "natural inflow", m3_per_s=m.inflow_m3_per_s)

    def operate(self, operation: Operation) -> None:
        operation.inflows.append(Inflow(self.node, Given(self.id, "inflow_m3_per_s")))

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.enter(self.node, answer.inflow_m3_per_s)

    @classmethod
    def example(cls) -> Example:
        asset = cls(id="catchment", node="river", area_km2=1200.0, runoff_depth_mm_per_year=540.0)
        ports = (Port.market("river", "m3_per_s", 1e5, 0.0),)
        return Example(asset, ports, series={"inflow_m3_per_s": 20.5})
