"""A tiny region whose every figure can be worked out by hand, written into a temporary folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no reason to fail.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

REGION = """\
region:
  id: tiny
  name: {en: Tiny, zh: 小区}
  scopes: {district: {en: District, zh: 区}, wansheng: {en: Next door, zh: 邻区}}
  targets:
    power_mw: {value: 100, source: plan, confidence: plan}
    water_hm3_per_year: {value: 40, source: plan, confidence: plan}
    people_persons: {value: 50000, source: plan, confidence: plan}
    guarantee_town_fraction: {value: 0.6, source: plan, confidence: plan}
"""

SOURCES = """\
sources:
  plan: {title: The plan, publisher: The district, date: 2026-01-31}
  guess: {title: Assumption of this catalogue}
"""

SCENARIO = """\
id: now
name: {en: Now, zh: 现状}
region: tiny
year: 2030
select:
  rungs: [operating, building, committed]
  in_service_by: 2030-12-31
"""


def facts(**values: object) -> str:
    return "".join(f"    {name}: {{value: {value}, source: plan, confidence: plan}}\n" for name, value in values.items())


def asset(
    asset_id: str, kind: str, numbers: str = "", *, status: str = "operating", scope: str = "district", **plain: object
) -> str:
    """One asset; ``plain`` are references and other parts without a source."""
    rest = "".join(f"    {name}: {value}\n" for name, value in plain.items())
    return (
        f"  - id: {asset_id}\n    kind: {kind}\n    name: {{en: {asset_id}, zh: 甲}}\n    status: {status}\n"
        f"    scope: {scope}\n    evidence: {{source: plan}}\n{rest}{numbers}"
    )


def plant(asset_id: str, power_max_mw: float, **identity: object) -> str:
    numbers = facts(
        power_max_mw=power_max_mw, full_load_hours_h_per_year=8760, co2_t_per_mwh=0.5, variable_cost_yuan_per_mwh=100
    )
    return asset(asset_id, "baseload_plant", numbers, bus="main_bus", **identity)  # type: ignore[arg-type]


def power() -> str:
    """Plants of 40, 5 captive, 7 next door, 3 that do not count, 20 building, 11 committed, 9 in study; a battery of 10 MW."""
    exchange = facts(
        power_export_max_mw=0, power_import_max_mw=500, price_mean_yuan_per_mwh=400, price_swing_fraction=0.2,
        wheeling_yuan_per_mwh=50,
    )  # fmt: skip
    battery = facts(
        power_max_mw=10, energy_max_mwh=20, soc_min_fraction=0.1, soc_max_fraction=0.9, efficiency_charge_fraction=0.95,
        efficiency_discharge_fraction=0.95, cycles_max_per_day=1, variable_cost_yuan_per_mwh=10,
    )  # fmt: skip
    smelter = facts(
        production_t_per_year=8760, energy_kwh_per_t=200000, shed_share_fraction=[1], shed_price_yuan_per_mwh=[4000]
    )
    return "assets:\n" + "".join(
        [
            asset("main_bus", "bus", facts(voltage_kv=220)),
            asset("grid", "grid_exchange", exchange, bus="main_bus"),
            plant("waste", 40),
            plant("works_own", 5, captive="true"),
            plant("over_there", 7, scope="wansheng"),
            plant("mobile", 3, counts_towards_nameplate="false"),
            plant("rising", 20, status="building", in_service="2029-06-30"),
            plant("agreed", 11, status="committed", in_service="2030-06-30"),
            plant("dreamt", 9, status="study"),
            asset("store", "battery", battery, bus="main_bus"),
            asset("smelter", "industrial_load", smelter, bus="main_bus"),
        ]
    )


def water() -> str:
    """A lake that feeds a town of 57 600 heads (0.125 m3/s at the tap) through works, and a factory (1 m3/s) by canal."""
    tiers = {"shortage_share_fraction": [1], "shortage_price_yuan_per_m3": [60]}
    lake = facts(
        curve_level_m=[300, 350, 380], curve_storage_hm3=[0, 60, 200], curve_area_km2=[0.2, 2, 6], level_dead_m=330,
        level_flood_limit_m=366, level_normal_m=375, level_max_m=378, opening_storage_fraction=0.5,
        seepage_fraction_per_year=0.0, catchment_km2=1000, runoff_depth_mm_per_year=500, ecological_dry_fraction=0.1,
        ecological_wet_fraction=0.1, ecological_shortage_price_yuan_per_m3=5, flood_excess_price_yuan_per_m3_day=1,
    )  # fmt: skip
    works = facts(
        capacity_m3_per_day=20000, own_use_fraction=0.0, leakage_fraction=0.2, energy_kwh_per_m3=0.5, cost_yuan_per_m3=0.5
    )
    town = facts(
        population_persons=57600, norm_l_per_person_day=150, public_use_fraction=0.25, summer_share_per_c=0,
        return_fraction=0.8, **tiers,
    )  # fmt: skip
    ditch = facts(flow_max_m3_per_s=8, loss_of_inflow_fraction=0.1, cost_yuan_per_m3=0.05)
    factory = facts(demand_hm3_per_year=31.536, return_fraction=0.5, **{**tiers, "shortage_price_yuan_per_m3": [15]})
    catchment = facts(area_km2=1000, runoff_depth_mm_per_year=500)
    season = {"flood_season_start": '"05-01"', "flood_season_end": '"09-01"', "refill_end": '"10-11"'}
    outlet = facts(flow_min_m3_per_s=0, shortage_price_yuan_per_m3=1)
    return "assets:\n" + "".join(
        [
            asset("river", "river_node"),
            asset("hills", "catchment", catchment, node="lake"),
            asset("lake", "reservoir", lake, downstream="river", **season),  # type: ignore[arg-type]
            asset("mouth", "outlet", outlet, node="river"),
            asset("works", "waterworks", works, node_from="lake", node_to="network", bus="main_bus"),
            asset("network", "water_node"),
            asset("town", "town", town, node="network", user_class="town", served_region="home", return_to="river"),
            asset("canal_head", "water_node"),
            asset("ditch", "canal", ditch, node_from="lake", node_to="canal_head"),
            asset("factory", "industry", factory, node="canal_head", user_class="industry", return_to="river"),
        ]
    )


def _write_region(folder: Path, power: str | None = power(), water: str | None = water()) -> Path:
    """Write the region with its scenario into ``folder``; a part that is None is left out. Gives the scenario's file."""
    (folder / "tiny").mkdir(exist_ok=True)
    for name, text in (("region", REGION), ("sources", SOURCES), ("power", power), ("water", water)):
        if text is not None:
            (folder / "tiny" / f"{name}.yaml").write_text(text, encoding="utf-8")
    scenario = folder / "now.yaml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    return scenario


@pytest.fixture(scope="session")
def write_region() -> Callable[..., Path]:
    """Writes a tiny region: ``write_region(folder, power=..., water=...)``."""
    return _write_region


@pytest.fixture(scope="session")
def tiny_scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scenario of the whole tiny region; not to be changed."""
    return _write_region(tmp_path_factory.mktemp("tiny"))
