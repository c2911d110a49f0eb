"""Baseload plant: a small plant that runs evenly on what it is brought: waste-to-energy, mine gas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

import pyomo.environ as pyo
from pydantic import Field

from yuqian.models.adequacy import Adequacy
from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.kind import Bus, Capacity, CapacityGroup, Example, Kind, NonNegative, Positive
from yuqian.models.ledger import Account, Ledger
from yuqian.models.port import Port
from yuqian.models.units import HOURS_PER_YEAR


class BaseloadPlant(Kind):
    """Offers the same power in every hour: its rating spread over the year by its full-load hours. It may be turned down."""

    title_en: ClassVar[str] = "Baseload plant"
    title_zh: ClassVar[str] = "基荷电站(垃圾焚烧、瓦斯发电等)"

    bus: Bus
    power_max_mw: Positive
    full_load_hours_h_per_year: Annotated[float, Field(gt=0, le=HOURS_PER_YEAR)]
    co2_t_per_mwh: NonNegative
    variable_cost_yuan_per_mwh: NonNegative

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        offered = self.power_max_mw * self.full_load_hours_h_per_year / HOURS_PER_YEAR
        m.power_mw = pyo.Var(steps.hours, dense=False, bounds=(0, offered))
        co2, price = self.co2_t_per_mwh, self.variable_cost_yuan_per_mwh
        ledger.enter(self.bus, self.id, "generation", mw=m.power_mw)
        ledger.account(Account.CO2, self.id, "combustion", rhythm=Rhythm.POWER, t_per_h=lambda t: co2 * m.power_mw[t])
        ledger.cost(self.id, "operation", rhythm=Rhythm.POWER, yuan_per_h=lambda t: price * m.power_mw[t])

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        offered = self.power_max_mw * self.full_load_hours_h_per_year / 8760
        book.within(self.id, "power offered", answer.power_mw, 0.0, offered)
        book.enter(self.bus, answer.power_mw)
        book.account(Account.CO2, answer.power_mw * self.co2_t_per_mwh, Rhythm.POWER)
        book.cost(answer.power_mw * self.variable_cost_yuan_per_mwh, Rhythm.POWER)

    def capacity(self) -> Capacity:
        return Capacity(self.power_max_mw, CapacityGroup.GENERATION)

    def adequacy(self, series: Mapping[str, Floats], clock: Clock) -> Adequacy:
        return Adequacy(profile_mw=self.power_max_mw * self.full_load_hours_h_per_year / HOURS_PER_YEAR)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="waste", bus="bus", power_max_mw=12.0, full_load_hours_h_per_year=5500.0, co2_t_per_mwh=0.4,
            variable_cost_yuan_per_mwh=20.0,
        )  # fmt: skip
        return Example(asset, ports=(Port.market("bus", "mw", 500.0, 300.0),))
