"""Small cases of the test suite of pywr, of which only the numbers are taken: J. E. Tomlinson, J. H. Arnott, J. J. Harou, "A
water resource simulator in Python", Environmental Modelling & Software, 2020. There each day is decided by itself; a case
whose days are not told apart by the optimum of the whole is solved day by day here too."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from yuqian.models.clock import Clock
from yuqian.models.control_section import ControlSection
from yuqian.models.outlet import Outlet
from yuqian.models.river_node import RiverNode
from yuqian.models.surface_law import SurfaceOf
from yuqian.models.water_node import WaterNode

from .water_cases import HM3_PER_DAY, canal, hills, lake, river, user


def dry(count: int) -> dict[tuple[str, str], Any]:
    zero = np.zeros(count)
    return {("lake", "evaporation_mm_per_day"): zero, ("lake", "ecological_flow_m3_per_s"): zero}


def short_hm3(run: Any, name: str) -> np.ndarray:
    return run[name].shed_1_m3_per_s / HM3_PER_DAY


def test_reservoir1_empties_day_by_day(engine: Any) -> None:
    """35 in store, 10 a day asked for: 10, 10, 10, 5, 0."""
    storage, supplied, stored = 35.0, [], []
    for day in range(5):
        clock = Clock.of_days(dt.date(2015, 1, 1 + day), 1)
        series = {**dry(1), ("town", "demand_m3_per_s"): [10 * HM3_PER_DAY]}
        run = engine([lake(storage), *river(), user("town", "lake")], series, clock)
        supplied.append(10.0 - short_hm3(run, "town")[0])
        storage = float(run["lake"].storage_hm3[-1])
        stored.append(storage)
    assert supplied == pytest.approx([10, 10, 10, 5, 0], abs=1e-6)
    assert stored == pytest.approx([25, 15, 5, 0, 0], abs=1e-6)


def test_reservoir1_in_one_piece_is_short_by_the_same(engine: Any) -> None:
    series = {**dry(5), ("town", "demand_m3_per_s"): np.full(5, 10 * HM3_PER_DAY)}
    run = engine([lake(35.0), *river(), user("town", "lake")], series, Clock.of_days(dt.date(2015, 1, 1), 5))
    assert short_hm3(run, "town").sum() == pytest.approx(15.0, abs=1e-6)


@pytest.mark.parametrize(("kept", "supplied"), [(20.0, 80.0), (60.0, 40.0)])
def test_river_mrf1_keeps_its_minimum_flow_first(engine: Any, kept: float, supplied: float) -> None:
    """Of a flow of 100, the user gets what the section below does not need."""
    section = ControlSection(
        id="section", node_from="upper", node_to="lower", catchment_km2=1.0, runoff_depth_mm_per_year=1.0,
        ecological_dry_fraction=0.0, ecological_wet_fraction=0.0, ecological_shortage_price_yuan_per_m3=500.0,
    )  # fmt: skip
    assets = [
        RiverNode(id="upper"), RiverNode(id="lower"), hills("upper"), section, user("town", "upper"),
        Outlet(id="mouth", node="lower", flow_min_m3_per_s=0.0, shortage_price_yuan_per_m3=0.0),
    ]  # fmt: skip
    series = {
        ("hills", "inflow_m3_per_s"): np.full(3, 100.0), ("section", "ecological_flow_m3_per_s"): np.full(3, kept),
        ("town", "demand_m3_per_s"): np.full(3, 1000.0),
    }  # fmt: skip
    run = engine(assets, series, Clock.of_days(dt.date(2015, 1, 1), 3))
    assert 1000.0 - run["town"].shed_1_m3_per_s == pytest.approx(np.full(3, supplied))


@pytest.mark.parametrize(
    ("loss", "needed"), [({"loss_of_delivery_fraction": 0.2}, 12.0), ({"loss_of_inflow_fraction": 0.2}, 12.5)]
)
def test_loss_link_is_of_delivery_or_of_inflow(engine: Any, loss: dict[str, float], needed: float) -> None:
    """Ten delivered take 12 with a fifth lost of what arrives (net), 12.5 with a fifth of what enters (gross)."""
    assets = [lake(500.0), *river(), canal("link", "lake", "town_node", **loss), WaterNode(id="town_node"),
              user("town", "town_node")]  # fmt: skip
    series = {**dry(2), ("town", "demand_m3_per_s"): np.full(2, 10.0)}
    run = engine(assets, series, Clock.of_days(dt.date(2015, 1, 1), 2))
    assert run["link"].flow_m3_per_s == pytest.approx(np.full(2, needed))


def test_a_loss_is_given_one_way() -> None:
    with pytest.raises(ValueError, match="not both"):
        canal("link", "a", "b", loss_of_inflow_fraction=0.1, loss_of_delivery_fraction=0.1)


def test_annual_licence_is_a_plain_sum_that_begins_again(engine: Any) -> None:
    """205 a year at 10 a day: enough for twenty days and a half; the day the licence year begins it is there again."""
    count = 368
    assets = [lake(1000.0, curve_storage_hm3=(0.0, 1e5)), *river(), WaterNode(id="town_node"), user("town", "town_node"),
              canal("licence", "lake", "town_node", quota_start=("01-01",), quota_hm3=(205.0,))]  # fmt: skip
    series = {**dry(count), ("town", "demand_m3_per_s"): np.full(count, 10 * HM3_PER_DAY)}
    run = engine(assets, series, Clock.of_days(dt.date(2015, 1, 1), count))
    supplied = run["licence"].flow_m3_per_s / HM3_PER_DAY
    assert supplied[:365].sum() == pytest.approx(205.0)
    assert supplied[365:] == pytest.approx(np.full(3, 10.0))


def test_annual_licence_taken_as_it_comes(engine: Any) -> None:
    """Day by day, each given what the year has used before it: 10 until day 19, then 5, then nothing, and 10 again."""
    used, supplied = 0.0, {}
    for day in [*range(22), 364, 365]:
        clock = Clock.of_days(dt.date(2015, 1, 1) + dt.timedelta(day), 1)
        fields = {"quota_start": ("01-01",), "quota_hm3": (205.0,), "quota_used_hm3": used}
        assets = [lake(900.0), *river(), WaterNode(id="town_node"), user("town", "town_node"),
                  canal("licence", "lake", "town_node", **fields)]  # fmt: skip
        run = engine(assets, {**dry(1), ("town", "demand_m3_per_s"): [10 * HM3_PER_DAY]}, clock)
        supplied[day] = float(run["licence"].flow_m3_per_s[0]) / HM3_PER_DAY
        used = float(run["licence"].quota_used_hm3[-1])
    wanted = {**dict.fromkeys(range(20), 10.0), 20: 5.0, 21: 0.0, 364: 0.0, 365: 10.0}
    assert supplied == pytest.approx(wanted, abs=1e-6)


def test_reservoir_evaporation_with_the_area_at_the_start_of_the_step(engine: Any) -> None:
    """Full at 1000, 10 a day drawn, and 0.0025 of the storage evaporated: 25 mm off a tenth of a km2 for each hm3."""
    series = {
        ("lake", "evaporation_mm_per_day"): np.full(4, 25.0), ("lake", "ecological_flow_m3_per_s"): np.zeros(4),
        ("town", "demand_m3_per_s"): np.full(4, 10 * HM3_PER_DAY),
    }  # fmt: skip
    dam = lake(1000.0, evaporation_surface=SurfaceOf.OPENING)
    run = engine([dam, *river(), user("town", "lake")], series, Clock.of_days(dt.date(2015, 1, 1), 4))
    wanted = [1000.0, 987.5, 975.03125, 962.59367188, 950.18718770]
    assert run["lake"].storage_hm3 == pytest.approx(wanted, abs=1e-6)
