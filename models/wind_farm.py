"""Wind farm: power up to what the wind allows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pyomo.environ as pyo

from yuqian.models.adequacy import Adequacy
from yuqian.models.available_power_law import UpToAvailable
from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.kind import (
    Bus,
    Capacity,
    CapacityGroup,
    Example,
    Fraction,
    Kind,
    NonNegative,
    Positive,
    ReserveTo,
    SeriesNeed,
)
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port


class WindFarm(Kind):
    """Wind turbines at one site. What the wind offers and the grid does not take is curtailed at no cost."""

    title_en: ClassVar[str] = "Wind farm"
    title_zh: ClassVar[str] = "风电场"
    series: ClassVar = {"available_fraction": SeriesNeed("wind", Rhythm.POWER, high=1.0)}

    bus: Bus
    power_max_mw: Positive
    hub_height_m: Positive
    wind_mean_m_per_s: Positive
    weibull_shape: Positive
    air_density_kg_per_m3: Positive
    power_curve: str
    loss_fraction: Fraction
    latitude_deg: float
    longitude_deg: float
    elevation_m: float
    variable_cost_yuan_per_mwh: NonNegative
    reserves: tuple[ReserveTo, ...] = ()

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        self._law().declare(m, ledger, steps, lambda t: self.power_max_mw * m.available_fraction[t])

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        self._law().audit(answer, book, "wind", answer.available_fraction * self.power_max_mw)

    def _law(self) -> UpToAvailable:
        return UpToAvailable(self.id, self.bus, self.variable_cost_yuan_per_mwh, self.reserves)

    def capacity(self) -> Capacity:
        return Capacity(self.power_max_mw, CapacityGroup.GENERATION)

    def adequacy(self, series: Mapping[str, Floats], clock: Clock) -> Adequacy:
        return Adequacy(profile_mw=self.power_max_mw * series["available_fraction"])

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="wind", bus="bus", power_max_mw=50.0, hub_height_m=100.0, wind_mean_m_per_s=5.8, weibull_shape=1.95,
            air_density_kg_per_m3=1.07, power_curve="vestas_v126_3300", loss_fraction=0.13, latitude_deg=28.7,
            longitude_deg=106.6, elevation_m=1200.0, variable_cost_yuan_per_mwh=5.0,
        )  # fmt: skip
        return Example(asset, ports=(Port.market("bus", "mw", 500.0, 300.0),), series={"available_fraction": 0.4})
