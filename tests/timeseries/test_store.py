"""Series on disk."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from yuqian.models.clock import Clock
from yuqian.timeseries.describe import bars, summary
from yuqian.timeseries.make import make_series
from yuqian.timeseries.series import SeriesError
from yuqian.timeseries.store import read, write
from yuqian.timeseries.weather import WeatherPlan

YEAR = Clock.of_year(2030)


def test_netcdf_round_trip(tmp_path: Path, assets: list[SimpleNamespace]) -> None:
    made = make_series(assets, YEAR, WeatherPlan(years=2))
    path = write(made, tmp_path / "deep" / "series.nc")
    again = read(path)
    assert list(again.pairs()) == list(made.pairs())
    for asset, name in made.pairs():
        assert again.of(asset, name) == pytest.approx(made.of(asset, name), rel=1e-6, abs=1e-6)
    with xr.open_dataset(path, engine="h5netcdf") as raw:
        assert raw["demand_mw"].dtype == np.float32
        assert raw["demand_mw"].attrs["units"] == "MW"
        assert raw.attrs["fingerprint"] == made.fingerprint
        assert raw.attrs["seed"] == WeatherPlan().seed


def test_same_series_same_bytes(tmp_path: Path, assets: list[SimpleNamespace]) -> None:
    made = make_series(assets, YEAR)
    first, second = write(made, tmp_path / "a.nc"), write(make_series(assets, YEAR), tmp_path / "b.nc")
    assert read(first).fingerprint == read(second).fingerprint


def test_zarr_or_a_clear_word(tmp_path: Path, assets: list[SimpleNamespace]) -> None:
    made = make_series(assets[:2], YEAR)
    if importlib.util.find_spec("zarr") is None:
        with pytest.raises(SeriesError, match="needs the package 'zarr'"):
            write(made, tmp_path / "a.zarr")
    else:
        again = read(write(made, tmp_path / "a.zarr"))
        assert again.of("pv", "available_fraction") == pytest.approx(made.of("pv", "available_fraction"), abs=1e-6)


def test_wrong_files_are_refused(tmp_path: Path, assets: list[SimpleNamespace]) -> None:
    with pytest.raises(SeriesError, match=r"stored as \.nc or \.zarr"):
        write(make_series(assets[:1], YEAR), tmp_path / "a.csv")
    with pytest.raises(SeriesError, match="no file"):
        read(tmp_path / "none.nc")
    xr.Dataset({"x": ("t", [1.0])}).to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    with pytest.raises(SeriesError, match="holds no series"):
        read(tmp_path / "other.nc")


def test_summary(assets: list[SimpleNamespace]) -> None:
    rows = summary(make_series(assets, YEAR), name="inflow_m3_per_s")
    assert [row["asset"] for row in rows] == ["catchment"]
    assert rows[0]["units"] == "m3/s"
    assert len(rows[0]["months"]) == 12
    assert len(bars(rows[0]["months"])) == 12
    assert bars([1.0, 1.0]) == "▁▁"
