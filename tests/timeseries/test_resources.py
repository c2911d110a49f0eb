"""What holds for every resource, and for making series from them."""

from __future__ import annotations

import datetime as dt
import inspect
import os
import subprocess
import sys
import types
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest

from yuqian.models.clock import Clock, Floats, Rhythm
from yuqian.models.kind import SeriesNeed
from yuqian.models.kinds import known_kinds
from yuqian.timeseries import resources as module
from yuqian.timeseries.dekads import dekad_clock, mean_over_dekads
from yuqian.timeseries.make import make_series
from yuqian.timeseries.resource import Context, Resource, ResourceError, attributes
from yuqian.timeseries.resources import known_resources, resource
from yuqian.timeseries.series import SeriesError
from yuqian.timeseries.weather import WeatherPlan

YEAR = Clock.of_year(2030)
WEEK = Clock.of_days(dt.date(2030, 7, 1), 7)
GIVEN = "given"
"""Resource of series that come with a case, from no weather."""
NEEDED = {
    "wind", "sun", "thermal", "electric_load", "price", "river", "ecological_flow", "evaporation", "town_demand",
    "flat_water_demand", "irrigation",
}  # fmt: skip


def test_resources_are_found() -> None:
    assert set(known_resources()) >= NEEDED


@pytest.mark.parametrize("name", list(known_resources()))
def test_resource_introduces_itself(name: str) -> None:
    found = known_resources()[name]
    assert found.name == name
    assert inspect.getdoc(type(found)) != inspect.getdoc(Resource)
    assert isinstance(found.rhythm, Rhythm)


@pytest.mark.parametrize("name", [name for name in known_resources() if attributes(known_resources()[name].asks)])
def test_lacking_attribute_is_named(name: str, year: Context) -> None:
    with pytest.raises(ResourceError, match=rf"'bare'.*{attributes(resource(name).asks)[-1]}.*'{name}'"):
        resource(name).make(SimpleNamespace(id="bare"), year)


@pytest.mark.parametrize("name", [n for n, k in known_kinds().items() if {s.resource for s in k.series.values()} - {GIVEN}])
def test_every_kind_gets_its_series(name: str) -> None:
    asset = known_kinds()[name].example().asset
    made = make_series([asset], WEEK)
    for series, need in asset.series.items():
        values = made.of(asset.id, series)
        assert values.shape == (WEEK.timeline(need.rhythm).count,)
        assert np.all(values >= need.low)
        assert np.all(values <= need.high)


def test_unknown_resource_is_refused_with_those_there_are() -> None:
    wanted = SimpleNamespace(id="mill", series={"power_mw": SeriesNeed("tide", Rhythm.POWER)})
    with pytest.raises(ResourceError, match=r"no resource 'tide'.*wind"):
        make_series([wanted], WEEK)


def test_wrong_rhythm_is_refused(stand_ins: SimpleNamespace) -> None:
    wanted = stand_ins.wind_farm()
    wanted.series = {"available_fraction": SeriesNeed("wind", Rhythm.WATER)}
    with pytest.raises(ResourceError, match="by day"):
        make_series([wanted], WEEK)


def test_series_that_are_not_finite_are_refused(year: Context) -> None:
    class Broken(Resource[object]):
        name: ClassVar[str] = "broken"
        rhythm: ClassVar[Rhythm] = Rhythm.WATER
        asks: ClassVar[type] = object

        def values(self, asset: object, context: Context) -> Floats:
            return np.full(context.days.count, np.nan)

    with pytest.raises(ResourceError, match="not finite"):
        Broken().make(SimpleNamespace(id="x"), year)


def test_a_module_elsewhere_may_add_one() -> None:
    added = types.ModuleType("added")
    exec(  # a module as an entry point would name it
        "from yuqian.models.clock import Rhythm\n"
        "from yuqian.timeseries.resource import Resource\n"
        "class Tide(Resource):\n"
        "    name, rhythm, asks = 'tide', Rhythm.POWER, object\n"
        "    def values(self, asset, context):\n"
        "        return context.weather.heat\n",
        added.__dict__,
    )
    assert [found.name for found in module.resources_in(added)] == ["tide"]


def test_neither_order_nor_neighbours_nor_horizon_matter(assets: list[SimpleNamespace], stand_ins: SimpleNamespace) -> None:
    whole = make_series(assets, YEAR)
    more = make_series([*reversed(assets), stand_ins.wind_farm("more", 29.3, 107.0), stand_ins.catchment("other")], YEAR)
    week = make_series(assets, WEEK)
    for asset, name in whole.pairs():
        full = whole.of(asset, name)
        assert np.array_equal(full, more.of(asset, name))
        per_day = len(full) // 365
        assert np.array_equal(full[181 * per_day : 188 * per_day], week.of(asset, name))


def test_same_inputs_same_fingerprint(assets: list[SimpleNamespace]) -> None:
    first, second = make_series(assets, WEEK), make_series(assets, WEEK)
    assert first.fingerprint == second.fingerprint
    assert first.fingerprint != make_series(assets, WEEK, WeatherPlan(seed=1)).fingerprint
    assert first.fingerprint != make_series(assets[:-1], WEEK).fingerprint


def test_another_process_makes_the_same_bits() -> None:
    kinds = "[known_kinds()[name].example().asset for name in ('pv_plant', 'wind_farm', 'catchment')]"
    script = (
        "import datetime as dt\n"
        "from yuqian.models.clock import Clock\n"
        "from yuqian.models.kinds import known_kinds\n"
        "from yuqian.timeseries.make import make_series\n"
        f"print(make_series({kinds}, Clock.of_days(dt.date(2030, 7, 1), 7)).fingerprint)\n"
    )
    words = [sys.executable, "-c", script]
    found = set()
    for salt in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": salt}
        found.add(subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(found) == 1


def test_weather_years_are_members(assets: list[SimpleNamespace]) -> None:
    made = make_series(assets, WEEK, WeatherPlan(years=3))
    assert made.members == 3
    assert made.of("wind", "available_fraction").shape == (3, 168)
    assert np.array_equal(made.member(2).of("pv", "available_fraction"), made.of("pv", "available_fraction")[2])
    assert set(made.member(1).as_mapping()) == set(made.pairs())
    with pytest.raises(SeriesError, match="take one"):
        made.as_mapping()


def test_units_source_and_zone_are_said(assets: list[SimpleNamespace]) -> None:
    dataset = make_series(assets, WEEK).dataset
    assert dataset["inflow_m3_per_s"].attrs["units"] == "m3/s"
    assert "river" in dataset["inflow_m3_per_s"].attrs["source"]
    assert "UTC+08:00" in dataset.attrs["zone"]
    assert dataset["hour"].values[0] == np.datetime64("2030-07-01")


def test_a_coarser_clock_gets_means(assets: list[SimpleNamespace]) -> None:
    dekads = make_series(assets, dekad_clock(2030, 1))
    daily = make_series(assets, YEAR)
    assert dekads.of("catchment", "inflow_m3_per_s") == pytest.approx(
        mean_over_dekads(daily.of("catchment", "inflow_m3_per_s"))
    )
    halves = make_series(assets, Clock.of_days(dt.date(2030, 7, 1), 7, hours_per_day=24))
    assert halves.fingerprint == make_series(assets, WEEK).fingerprint


def test_missing_series_is_named(assets: list[SimpleNamespace]) -> None:
    with pytest.raises(SeriesError, match="no series 'inflow_m3_per_s' of asset 'wind'"):
        make_series(assets, WEEK).of("wind", "inflow_m3_per_s")
