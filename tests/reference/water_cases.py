"""Small water regions for the reference cases: a dam, a river, and users whose demand is a plain number by day."""

from __future__ import annotations

from typing import Any

from yuqian.models.canal import Canal
from yuqian.models.catchment import Catchment
from yuqian.models.industry import Industry
from yuqian.models.kind import UserClass
from yuqian.models.outlet import Outlet
from yuqian.models.reservoir import Reservoir
from yuqian.models.river_node import RiverNode

HM3_PER_DAY = 1e6 / 86_400
"""m3/s that bring one hm3 a day."""
SHORT_YUAN_PER_M3 = 60.0
LAKE = {
    "downstream": "river", "curve_level_m": (0.0, 100.0), "curve_storage_hm3": (0.0, 1000.0),
    "curve_area_km2": (0.0, 100.0), "level_dead_m": 0.0, "level_flood_limit_m": 100.0, "level_normal_m": 100.0,
    "level_max_m": 100.0, "flood_season_start": "05-01", "flood_season_end": "09-01", "refill_end": "10-11",
    "seepage_fraction_per_year": 0.0, "catchment_km2": 1000.0, "runoff_depth_mm_per_year": 500.0,
    "ecological_dry_fraction": 0.0, "ecological_wet_fraction": 0.0, "ecological_shortage_price_yuan_per_m3": 5.0,
    "flood_excess_price_yuan_per_m3_day": 1.0, "closing_storage_fraction": 0.0,
}  # fmt: skip


def lake(storage_hm3: float | None, **fields: Any) -> Reservoir:
    """A dam of 1000 hm3 whose level is a tenth of its storage and its surface as well, that may end empty."""
    opening = None if storage_hm3 is None else storage_hm3 / 1000.0
    return Reservoir(**{"id": "lake", **LAKE, "opening_storage_fraction": opening, **fields})


def river() -> list[Any]:
    """What flows on from the dam leaves the region."""
    return [RiverNode(id="river"), Outlet(id="mouth", node="river", flow_min_m3_per_s=0.0, shortage_price_yuan_per_m3=0.0)]


def user(name: str, node: str, user_class: UserClass = UserClass.INDUSTRY, **fields: Any) -> Industry:
    """A user whose demand is given by day; short at one price."""
    given = {
        "demand_hm3_per_year": 1.0, "shortage_share_fraction": (1.0,), "return_fraction": 0.0,
        "shortage_price_yuan_per_m3": (SHORT_YUAN_PER_M3,),
    }  # fmt: skip
    return Industry(**{"id": name, "node": node, "user_class": user_class, **given, **fields})


def canal(name: str, node_from: str, node_to: str, **fields: Any) -> Canal:
    """A canal that is wide, free and does not leak."""
    given = {"flow_max_m3_per_s": 1e4, "loss_of_inflow_fraction": 0.0, "cost_yuan_per_m3": 0.0}
    return Canal(**{"id": name, "node_from": node_from, "node_to": node_to, **given, **fields})


def hills(node: str) -> Catchment:
    """Natural inflow at a node."""
    return Catchment(id="hills", node=node, area_km2=1.0, runoff_depth_mm_per_year=1.0)
