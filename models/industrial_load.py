"""Industrial load: works that draw the same power in every hour, such as a smelter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
import pyomo.environ as pyo
from pydantic import model_validator

from yuqian.models.adequacy import Adequacy
from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.kind import Bus, Example, Kind, NonNegative, Positive
from yuqian.models.ledger import Exposure, Ledger
from yuqian.models.port import Port
from yuqian.models.tier_law import RisingPrices, Shares, Tiers
from yuqian.models.units import HOURS_PER_YEAR, KWH_PER_MWH


class IndustrialLoad(Kind):
    """A flat demand: the year's production times the energy of each tonne; at a price it may be shed, tier by tier."""

    title_en: ClassVar[str] = "Flat industrial load"
    title_zh: ClassVar[str] = "平稳工业负荷"

    bus: Bus
    production_t_per_year: NonNegative
    energy_kwh_per_t: Positive
    shed_share_fraction: Shares
    shed_price_yuan_per_mwh: RisingPrices

    @model_validator(mode="after")
    def _tiers_match(self) -> Self:
        self.tiers()
        return self

    def tiers(self) -> Tiers:
        """Its tiers of shedding."""
        return Tiers("mw", self.shed_share_fraction, self.shed_price_yuan_per_mwh)

    def demand_mw(self) -> float:
        """The flat demand."""
        return self.production_t_per_year * self.energy_kwh_per_t / (KWH_PER_MWH * HOURS_PER_YEAR)

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        tiers, demand = self.tiers(), self.demand_mw()
        tiers.declare(m, steps.hours, lambda t: demand)
        ledger.enter(self.bus, self.id, "served", sign=-1, mw=lambda t: demand - tiers.shed(m, t))
        tiers.enter_costs(m, ledger, self.id, Rhythm.POWER)
        ledger.expose(Exposure.LOAD, self.id, lambda t: demand)

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        demand = np.full(clock.power.count, self.production_t_per_year * self.energy_kwh_per_t / 1000 / 8760)
        shed = self.tiers().audit(self.id, answer, book, demand, Rhythm.POWER)
        book.expose(Exposure.LOAD, demand)
        book.enter(self.bus, shed - demand)

    def adequacy(self, series: Mapping[str, Floats], clock: Clock) -> Adequacy:
        return Adequacy(demand_mw=self.demand_mw())

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="smelter", bus="bus", production_t_per_year=340_000.0, energy_kwh_per_t=13_500.0,
            shed_share_fraction=(0.08, 0.92), shed_price_yuan_per_mwh=(5e3, 20e3),
        )  # fmt: skip
        return Example(asset, ports=(Port.market("bus", "mw", 10e3, 300.0),))
