"""Reclamation plant: used water made fit for use again."""

from __future__ import annotations

from typing import ClassVar

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import Bus, Example, Kind, NonNegative, Positive, WaterFrom, WaterTo
from yuqian.models.ledger import Ledger
from yuqian.models.operation import Conveyance, Operation
from yuqian.models.port import Port
from yuqian.models.units import KWH_PER_MWH, M3_PER_HM3, SECONDS_PER_DAY, SECONDS_PER_HOUR
from yuqian.models.water_quality import WaterQuality


class ReclamationPlant(Kind):
    """Cleans return water and hands it on without loss. Power is drawn evenly over the day.

    Whoever uses the water counts it as allocated under the own class; how much of that was reclaimed is this plant's
    "reclaimed water" in the ledger.
    """

    title_en: ClassVar[str] = "Water reclamation plant"
    title_zh: ClassVar[str] = "再生水厂"
    is_water_source: ClassVar[bool] = True

    node_from: WaterFrom
    node_to: WaterTo
    bus: Bus
    capacity_m3_per_day: Positive
    energy_kwh_per_m3: NonNegative
    cost_yuan_per_m3: NonNegative

    water_quality: WaterQuality = WaterQuality.RECLAIMED

    def gives_quality(self) -> WaterQuality:
        return self.water_quality

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.flow_m3_per_s = pyo.Var(steps.days, dense=False, bounds=(0, self.capacity_m3_per_day / SECONDS_PER_DAY))
        power = self.energy_kwh_per_m3 * SECONDS_PER_HOUR / KWH_PER_MWH
        price = self.cost_yuan_per_m3 * SECONDS_PER_HOUR
        ledger.enter(self.node_from, self.id, "used water", sign=-1, m3_per_s=m.flow_m3_per_s)
        ledger.enter(self.node_to, self.id, "reclaimed water", m3_per_s=m.flow_m3_per_s)
        if power:
            ledger.enter(
                self.bus, self.id, "treatment", sign=-1, rhythm=Rhythm.WATER, mw=lambda d: power * m.flow_m3_per_s[d]
            )  # fmt: skip
        ledger.cost(self.id, "operation", rhythm=Rhythm.WATER, yuan_per_h=lambda d: price * m.flow_m3_per_s[d])

    def operate(self, operation: Operation) -> None:
        operation.conveyances.append(
            Conveyance(
                self.id,
                self.node_from,
                self.node_to,
                self.capacity_m3_per_day / SECONDS_PER_DAY,
                1.0,
                effort_yuan_per_m3=self.cost_yuan_per_m3,
                energy_mwh_per_hm3=self.energy_kwh_per_m3 * M3_PER_HM3 / KWH_PER_MWH,
            )
        )

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.within(self.id, "capacity", answer.flow_m3_per_s * 86_400, 0.0, self.capacity_m3_per_day)
        book.enter(self.node_from, -answer.flow_m3_per_s)
        book.enter(self.node_to, answer.flow_m3_per_s)
        book.enter(self.bus, -answer.flow_m3_per_s * 3.6 * self.energy_kwh_per_m3, Rhythm.WATER)
        book.cost(answer.flow_m3_per_s * 3600 * self.cost_yuan_per_m3, Rhythm.WATER)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="reclamation", node_from="sewer", node_to="park", bus="bus", capacity_m3_per_day=20_000.0,
            energy_kwh_per_m3=0.8, cost_yuan_per_m3=1.2,
        )  # fmt: skip
        ports = (
            Port.market("sewer", "m3_per_s", 1e5, 0.0), Port.market("park", "m3_per_s", 5e6, 3e6),
            Port.market("bus", "mw", 500.0, 300.0),
        )  # fmt: skip
        return Example(asset, ports)
