"""Small water networks whose days can be worked out by hand. Flows are given in hm3 a day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import pytest

from yuqian.models.canal import Canal
from yuqian.models.catchment import Catchment
from yuqian.models.clock import Clock
from yuqian.models.control_section import ControlSection
from yuqian.models.industry import Industry
from yuqian.models.irrigation_district import IrrigationDistrict
from yuqian.models.kind import Kind, UserClass
from yuqian.models.outlet import Outlet
from yuqian.models.reach import Reach
from yuqian.models.reservoir import Reservoir
from yuqian.models.river_node import RiverNode
from yuqian.models.town import ServedRegion, Town
from yuqian.models.water_node import WaterNode
from yuqian.optimise.simulate import Calendar, Engine, Keep, Simulation, simulate

FLOW = 1e6 / 86_400
"""m3/s that bring 1 hm3 a day."""


@dataclass
class Builder:
    """Puts a network together."""

    days: int
    start: dt.date = dt.date(2030, 1, 1)
    assets: list[Kind] = field(default_factory=list)
    series: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)

    def flows(self, values: object) -> np.ndarray:
        values = np.asarray(values, dtype=float) * FLOW
        return np.full(self.days, values) if values.ndim == 0 else values

    def river(self, name: str, inflow: object = None) -> None:
        self.assets.append(RiverNode(id=name))
        if inflow is not None:
            self.catchment(name, inflow)

    def catchment(self, node: str, inflow: object) -> None:
        self.assets.append(Catchment(id=f"{node}_hills", node=node, area_km2=1.0, runoff_depth_mm_per_year=1.0))
        self.series[f"{node}_hills", "inflow_m3_per_s"] = self.flows(inflow)

    def reach(self, start: str, end: str, lags: tuple[float, ...] = (1.0,), loss: float = 0.0) -> None:
        self.assets.append(
            Reach(id=f"{start}_{end}", node_from=start, node_to=end, lag_share_fraction=lags, loss_of_inflow_fraction=loss)
        )

    def canal(self, start: str, end: str, capacity: float = 1e3, loss: float = 0.0, cost: float = 0.0, **more: object) -> None:
        self.assets.append(
            Canal(
                id=f"canal_{start}_{end}",
                node_from=start,
                node_to=end,
                flow_max_m3_per_s=capacity * FLOW,
                loss_of_inflow_fraction=loss,
                cost_yuan_per_m3=cost,
                **more,  # type: ignore[arg-type]
            )
        )

    def section(self, start: str, end: str, flow: object) -> None:
        self.assets.append(
            ControlSection(
                id="section",
                node_from=start,
                node_to=end,
                catchment_km2=1.0,
                runoff_depth_mm_per_year=1.0,
                ecological_dry_fraction=0.1,
                ecological_wet_fraction=0.1,
                ecological_shortage_price_yuan_per_m3=1.0,
            )
        )
        self.series["section", "ecological_flow_m3_per_s"] = self.flows(flow)

    def supply(self, name: str) -> None:
        self.assets.append(WaterNode(id=name))

    def outlet(self, node: str, owed: float = 0.0) -> None:
        self.assets.append(Outlet(id="mouth", node=node, flow_min_m3_per_s=owed * FLOW, shortage_price_yuan_per_m3=1.0))

    def lake(
        self, name: str, downstream: str, size: float, opening: float | None, inflow: object = None, ecological: object = 0.0,
        evaporation_mm: object = 0.0, area: tuple[float, float] = (1.0, 1.0 + 1e-9), dead: float = 0.0, **more: object,
    ) -> None:  # fmt: skip
        """A reservoir whose level in metres is its storage in hm3."""
        levels: dict[str, object] = {
            "level_dead_m": dead, "level_flood_limit_m": size, "level_normal_m": size, "level_max_m": size,
            "flood_season_start": "05-01", "flood_season_end": "09-01", "refill_end": "10-01",
        }  # fmt: skip
        self.assets.append(
            Reservoir.model_validate(
                {
                    "id": name,
                    "downstream": downstream,
                    "curve_level_m": (0.0, size),
                    "curve_storage_hm3": (0.0, size),
                    "curve_area_km2": area,
                    "seepage_fraction_per_year": 0.0,
                    "catchment_km2": 1.0,
                    "opening_storage_fraction": None if opening is None else (opening - dead) / (size - dead),
                    "runoff_depth_mm_per_year": 1.0,
                    "ecological_dry_fraction": 0.0,
                    "ecological_wet_fraction": 0.0,
                    "ecological_shortage_price_yuan_per_m3": 0.5,
                    "flood_excess_price_yuan_per_m3_day": 1.0,
                    **levels,
                    **more,
                }
            )
        )
        self.series[name, "ecological_flow_m3_per_s"] = self.flows(ecological)
        depth = np.asarray(evaporation_mm, dtype=float)
        self.series[name, "evaporation_mm_per_day"] = np.full(self.days, depth) if depth.ndim == 0 else depth
        if inflow is not None:
            self.catchment(name, inflow)

    def town(
        self, name: str, node: str, demand: object, return_to: str | None = None, returned: float = 0.0, lag: int = 0
    ) -> None:  # fmt: skip
        self.assets.append(
            Town(
                id=name,
                node=node,
                user_class=UserClass.TOWN,
                population_persons=1.0,
                norm_l_per_person_day=1.0,
                public_use_fraction=0.0,
                summer_share_per_c=0.0,
                shortage_share_fraction=(1.0,),
                shortage_price_yuan_per_m3=(50.0,),
                return_fraction=returned,
                return_to=return_to,
                return_lag_count=lag,
                served_region=ServedRegion.HOME,
            )
        )
        self.series[name, "demand_m3_per_s"] = self.flows(demand)

    def factory(self, name: str, node: str, demand: object) -> None:
        self.assets.append(
            Industry(
                id=name,
                node=node,
                user_class=UserClass.INDUSTRY,
                demand_hm3_per_year=1.0,
                shortage_share_fraction=(1.0,),
                shortage_price_yuan_per_m3=(10.0,),
                return_fraction=0.0,
            )
        )
        self.series[name, "demand_m3_per_s"] = self.flows(demand)

    def fields(self, name: str, node: str, demand: object, return_to: str | None = None, returned: float = 0.0) -> None:
        self.assets.append(
            IrrigationDistrict(
                id=name,
                node=node,
                area_mu=1.0,
                quota_net_m3_per_mu_year=1.0,
                canal_efficiency_fraction=1.0,
                month_share_fraction=(1.0, *(0.0,) * 11),
                shortage_share_fraction=(1.0,),
                shortage_price_yuan_per_m3=(1.0,),
                return_fraction=returned,
                return_to=return_to,
            )
        )
        self.series[name, "demand_m3_per_s"] = self.flows(demand)

    @property
    def clock(self) -> Clock:
        return Clock.of_days(self.start, self.days)

    def run(self, rules: object = None, keep: Keep = Keep.STEP, engine: Engine = Engine.NUMPY, **more: object) -> Simulation:
        calendar = more.pop("calendar", None) or Calendar.of(self.clock)
        return simulate(self.assets, self.series, calendar, rules, keep=keep, engine=engine, **more)  # type: ignore[arg-type]


@pytest.fixture
def network() -> type[Builder]:
    """Makes small networks: ``network(days=5)``."""
    return Builder
