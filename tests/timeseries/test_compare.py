"""The generator beside real files. They lie beside the checkout and may be absent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from yuqian.timeseries.compare import Comparison, compare
from yuqian.timeseries.measured import Card, Measured, MeasuredError
from yuqian.timeseries.read import read_measured
from yuqian.timeseries.weather import WeatherPlan

LOW_SUN = "CHN_CQ_Chongqing.Shapingba.575160_CSWD.epw"
HIGH_SUN = "CHN_CQ_Chongqing.575160_TMYx.2009-2023.epw"
PLAN = WeatherPlan(years=10)


@pytest.fixture(scope="module")
def low(shared_data: Path) -> Measured:
    # direct irradiance of this file runs up to 77 kW/m2 at sunset
    return read_measured(shared_data / "weather" / LOW_SUN, Card("CSWD", leave_out=("dni_w_per_m2",)))


@pytest.fixture(scope="module")
def high(shared_data: Path) -> Measured:
    return read_measured(shared_data / "weather" / HIGH_SUN, Card("TMYx 2009-2023"))


def by_name(measured: Measured) -> dict[str, Comparison]:
    return {one.quantity: one for one in compare(measured, PLAN)}


def test_a_known_defect_is_found(shared_data: Path) -> None:
    with pytest.raises(MeasuredError, match=r"dni_w_per_m2 is .*leave_out"):
        read_measured(shared_data / "weather" / LOW_SUN, Card("CSWD"))


def test_real_weather_is_read(low: Measured, high: Measured) -> None:
    assert low.values("ghi_w_per_m2").sum() / 1000 == pytest.approx(848, abs=1.5)
    assert high.values("ghi_w_per_m2").sum() / 1000 == pytest.approx(1215, abs=1.5)
    assert low.values("temperature_c").mean() == pytest.approx(18.46, abs=0.02)
    assert high.values("rain_mm_per_h").sum() == pytest.approx(1338, abs=2)
    assert low.dataset.attrs["sha256"].startswith("b7cb4727")
    assert low.typical
    assert "rain_mm_per_h" not in low.dataset


def test_generated_months_lie_between_the_two(low: Measured, high: Measured) -> None:
    ours = by_name(low)["ghi_w_per_m2"]
    lower, upper = ours.measured, by_name(high)["ghi_w_per_m2"].measured
    inside = (ours.generated >= np.minimum(lower, upper) * 0.98) & (ours.generated <= np.maximum(lower, upper) * 1.02)
    assert inside.all()
    warm, other = by_name(low)["temperature_c"], by_name(high)["temperature_c"]
    middle = (warm.measured + other.measured) / 2
    assert np.abs(warm.generated - middle).max() < 2.0
    assert (warm.day_shape_correlation or 0.0) > 0.99
    assert (other.day_shape_correlation or 0.0) > 0.85
    assert (ours.day_shape_correlation or 0.0) > 0.98


def test_days_hang_together_as_they_do(high: Measured) -> None:
    found = by_name(high)
    assert found["temperature_c"].lag1_generated == pytest.approx(found["temperature_c"].lag1_measured, abs=0.05)
    assert found["ghi_w_per_m2"].lag1_generated == pytest.approx(found["ghi_w_per_m2"].lag1_measured, abs=0.15)


def test_generated_day_of_load_is_that_of_2018(shared_data: Path, tmp_path: Path) -> None:
    table = pd.read_csv(shared_data / "load" / "china_hourly_demand_v2.1_CQ_GZ_SC_2018.csv")
    table["time"] = pd.date_range("2018-01-01", periods=len(table), freq="h").astype(str)
    path = tmp_path / "load.csv"
    table.to_csv(path, index=False)
    measured = read_measured(path, Card("Hourly demand 2018", columns={"Chongqing_MW": "load_mw"}))
    (load,) = compare(measured, PLAN)
    assert (load.day_shape_correlation or 0.0) > 0.97
    assert np.corrcoef(load.measured, load.generated)[0, 1] > 0.75


def test_only_shared_quantities_are_compared(high: Measured) -> None:
    assert set(by_name(high)) == {"ghi_w_per_m2", "temperature_c", "rain_mm_per_h"}
    assert replace(high, typical=False).values("dhi_w_per_m2").sum() / 1000 == pytest.approx(544, abs=1)
