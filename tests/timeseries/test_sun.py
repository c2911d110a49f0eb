"""Sun."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from yuqian.timeseries.resource import Context
from yuqian.timeseries.sky import hourly_irradiance, sky_of
from yuqian.timeseries.sun import Sun, ac_share, dc_share, plant_share


def test_yield_and_bounds(year: Context, stand_ins: SimpleNamespace) -> None:
    plant = stand_ins.pv_plant()
    dc, ac = dc_share(plant, year), Sun().make(plant, year)
    assert dc.mean() == pytest.approx(0.088, abs=0.004)
    assert ac.mean() == pytest.approx(0.105, abs=0.004)
    assert ac.max() <= 1.0
    zenith = year.weather.site_sky.zenith_deg[year.days.positions].reshape(-1)
    assert np.all(ac[zenith > 90.0] == 0.0)
    hours = np.arange(len(ac)) % 24
    assert np.all(ac[(hours < 5) | (hours > 20)] == 0.0)


def test_the_ac_rating_cuts_off(stand_ins: SimpleNamespace) -> None:
    plant = stand_ins.pv_plant()
    shares = ac_share(plant, np.array([0.0, 0.4, 0.7, 1.0]))
    assert shares[0] == 0.0
    assert 0.9 * 0.48 < shares[1] < 0.48
    assert shares[3] == 1.0


def test_flat_plant_under_clear_sky_follows_the_sun(stand_ins: SimpleNamespace) -> None:
    plant = stand_ins.pv_plant()
    plant.tilt_deg = 0.0
    sky = sky_of(28.97, 106.65, 300.0)
    clear = sky.clear_w_per_m2.reshape(-1)
    air, wind = np.full(8760, 25.0), np.full(8760, 2.0)
    share = plant_share(plant, sky, np.arange(365), clear, air, wind)
    ratio = share.sum() / (clear.sum() / 1000.0)
    assert 0.75 < ratio < 0.86


def test_clear_sky_of_the_year() -> None:
    sky = sky_of(28.97, 106.65, 446.0)
    assert sky.clear_day_kwh_per_m2().sum() == pytest.approx(2272.0, rel=0.01)
    noon = np.argmin(sky.zenith_deg, axis=1)
    assert set(noon.tolist()) <= {12, 13}


def test_days_keep_their_energy() -> None:
    sky = sky_of(28.97, 106.65, 300.0)
    noise = np.random.Generator(np.random.PCG64(1)).standard_normal(8760)
    index = np.linspace(0.05, 0.95, 365)
    hourly = hourly_irradiance(index, noise, sky, np.arange(365), 0.9, 1.08)
    assert hourly.sum(axis=1) / 1000.0 == pytest.approx(index * sky.clear_day_kwh_per_m2(), rel=5e-3)
