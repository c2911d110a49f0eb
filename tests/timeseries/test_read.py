"""Measured files: reading, side-cars and checks."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pvlib
import pytest
import xarray as xr

from yuqian.timeseries.measured import Card, MeasuredError, convert, digest
from yuqian.timeseries.plausible import sun_offset_h
from yuqian.timeseries.read import FileForm, form_of, read_measured
from yuqian.timeseries.sky import sky_of

PLACE = (28.97, 106.65, 300.0)
CARD = Card("Mast measurement", "A firm", "2024", latitude_deg=PLACE[0], longitude_deg=PLACE[1], elevation_m=PLACE[2])


def frame(days: int = 40) -> pd.DataFrame:
    """Clear days of January and February, with everything that is measured."""
    clear = sky_of(*PLACE).clear_w_per_m2[:days].reshape(-1)
    hour = np.arange(days * 24) % 24
    return pd.DataFrame(
        {
            "time": pd.date_range("2024-01-01", periods=days * 24, freq="h").strftime("%Y-%m-%d %H:%M"),
            "ghi_w_per_m2": clear * 0.6,
            "temperature_c": 10.0 - 3.0 * np.cos(2 * np.pi * (hour - 3) / 24),
            "rain_mm_per_h": np.where(hour == 5, 1.0, 0.0),
            "load_mw": 100.0 + 20.0 * np.sin(2 * np.pi * (hour - 10) / 24),
        }
    )


def written(folder: Path, table: pd.DataFrame, name: str = "own.csv", card: str | None = "title: Mast\n") -> Path:
    path = folder / name
    table.to_csv(path, index=False)
    if card is not None:
        (folder / f"{name}.source.yaml").write_text(card, encoding="utf-8")
    return path


def refusal(path: Path, card: Card | None = CARD) -> str:
    with pytest.raises(MeasuredError) as caught:
        read_measured(path, card)
    return str(caught.value)


def test_csv_is_read_with_source_hash_and_units(tmp_path: Path) -> None:
    path = written(tmp_path, frame())
    measured = read_measured(path, CARD)
    assert set(measured.dataset.data_vars) == {"ghi_w_per_m2", "temperature_c", "rain_mm_per_h", "load_mw"}
    assert measured.dataset.attrs["source"] == "Mast measurement, A firm, 2024"
    assert measured.dataset.attrs["sha256"] == digest(path)
    assert measured.dataset["rain_mm_per_h"].attrs["units"] == "mm/h"
    assert measured.stamps[0] == np.datetime64("2024-01-01T00:00:00")
    assert abs(sun_offset_h(measured, PLACE)) < 0.2


def test_side_car_is_needed_and_checked(tmp_path: Path) -> None:
    bare = written(tmp_path, frame(), "bare.csv", None)
    assert "there is no side-car 'bare.csv.source.yaml'" in refusal(bare, None)
    told = written(tmp_path, frame(), "told.csv", "title: Mast\ndate: 2024-05-01\n")
    assert read_measured(told).dataset.attrs["source"] == "Mast, 2024-05-01"
    other = written(tmp_path, frame(), "other.csv", "title: Mast\nsha256: abc\n")
    assert "not the file described" in refusal(other, None)
    wrong = written(tmp_path, frame(), "wrong.csv", "titel: Mast\nunits: {warmth: K}\n")
    said = refusal(wrong, None)
    assert "unknown field 'titel'" in said
    assert "'title' is missing" in said
    assert "unknown quantity 'warmth'" in said
    broken = written(tmp_path, frame(), "broken.csv", "title: [\n")
    assert "not valid YAML" in refusal(broken, None)


def test_columns_and_units_by_side_car(tmp_path: Path) -> None:
    table = frame().rename(columns={"temperature_c": "T"})
    table["T"] += 273.15
    card = "title: Mast\ncolumns: {T: temperature_c}\nunits: {temperature_c: K}\nlatitude_deg: 28.97\nlongitude_deg: 106.65\n"
    measured = read_measured(written(tmp_path, table, card=card))
    assert measured.values("temperature_c").mean() == pytest.approx(10.0)


def test_other_zones_and_hour_ends_are_brought_home(tmp_path: Path) -> None:
    table = frame()
    shifted = pd.to_datetime(table["time"]) - pd.Timedelta(hours=8) + pd.Timedelta(hours=1)
    table["time"] = shifted.dt.strftime("%Y-%m-%d %H:%M")
    card = Card("x", zone_h=0.0, stamps_end=True, latitude_deg=PLACE[0], longitude_deg=PLACE[1])
    measured = read_measured(written(tmp_path, table), card)
    assert measured.stamps[0] == np.datetime64("2024-01-01T00:00:00")
    table["time"] = (shifted - pd.Timedelta(hours=1)).dt.strftime("%Y-%m-%d %H:%M+00:00")
    again = read_measured(written(tmp_path, table, "aware.csv"), CARD)
    assert again.stamps[0] == np.datetime64("2024-01-01T00:00:00")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.drop(index=[30, 31]), "2 hours are missing after 2024-01-02T05:00:00"),
        (lambda t: pd.concat([t[:30], t[29:]]), "comes twice"),
        (lambda t: pd.concat([t[:30], t[10:]]), "time goes back"),
        (lambda t: t.assign(time=pd.date_range("2024-01-01", periods=len(t), freq="30min").astype(str)), "average them first"),
        (lambda t: t.assign(temperature_c=t.temperature_c.where(t.index != 7)), "row 8 .*temperature_c is not a number"),
        (lambda t: t.assign(temperature_c=t.temperature_c + 273.15), "looks like kelvin"),
        (lambda t: t.assign(temperature_c=t.temperature_c * 1.8 + 32), "looks like degrees Fahrenheit"),
        (lambda t: t.assign(ghi_w_per_m2=t.ghi_w_per_m2 * 3600), "looks like J/m2"),
        (lambda t: t.assign(ghi_w_per_m2=t.ghi_w_per_m2 / 1000), "looks like kW/m2"),
        (lambda t: t.assign(temperature_c=t.temperature_c.where(t.index != 7, 61.0)), "row 8 .*temperature_c is 61.*leave_out"),
        (lambda t: t.assign(rain_mm_per_h=t.rain_mm_per_h.where(t.index != 7, -1.0)), "rain_mm_per_h is -1"),
        (lambda t: t.assign(ghi_w_per_m2=np.roll(t.ghi_w_per_m2, 1)), "1.0 h too late.*shifted hours"),
        (lambda t: t.assign(ghi_w_per_m2=np.roll(t.ghi_w_per_m2, -8)), "8.0 h too early.*wrong time zone"),
        (lambda t: t[["time", "load_mw"]].assign(load_mw=np.roll(t.load_mw, 8)), "load_mw is lowest at 12 h"),
        (lambda t: t[["time"]], "no known quantity"),
        (lambda t: t.rename(columns={"time": "when"}), "no column 'time'"),
        (lambda t: t[:10], "at least a day"),
        (lambda t: t.assign(time="soon"), "cannot be read as CSV"),
    ],
)  # fmt: skip
def test_wrong_files_are_refused(tmp_path: Path, change: object, said: str) -> None:
    path = written(tmp_path, change(frame()))  # type: ignore[operator]
    with pytest.raises(MeasuredError, match=said):
        read_measured(path, CARD)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    table = frame().drop(index=[30])
    table.loc[50, "temperature_c"] = 90.0
    table.loc[60, "load_mw"] = -1.0
    said = refusal(written(tmp_path, table))
    assert all(part in said for part in ("missing", "temperature_c is 90", "load_mw is -1"))
    left_out = Card("x", leave_out=("temperature_c", "load_mw"), latitude_deg=PLACE[0], longitude_deg=PLACE[1])
    assert "temperature_c" not in refusal(written(tmp_path, table), left_out)


def test_unknown_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_text("x")
    assert "unknown ending '.xlsx'" in refusal(tmp_path / "a.xlsx")
    assert "there is no file" in refusal(tmp_path / "b.csv")
    (tmp_path / "c.epw").write_text("not an epw file\n")
    assert "cannot be read as EPW" in refusal(tmp_path / "c.epw")


def test_era5_like_grid(tmp_path: Path) -> None:
    hours = 30 * 24
    clear = sky_of(*PLACE).clear_w_per_m2[:31].reshape(-1)
    times = np.datetime64("2023-12-31T16:00:00", "ns") + np.arange(hours) * np.timedelta64(3600, "s")
    grid = ("valid_time", "latitude", "longitude")
    light = np.concatenate(([0.0], clear[: hours - 1])) * 3600.0

    def spread(values: np.ndarray) -> np.ndarray:
        return np.broadcast_to(values[:, None, None], (hours, 2, 2)) * np.array([[1.0, 1.0], [1.0, 0.5]])

    dataset = xr.Dataset(
        {
            "ssrd": (grid, spread(light), {"units": "J m**-2"}),
            "t2m": (grid, np.full((hours, 2, 2), 283.15), {"units": "K"}),
            "tp": (grid, np.full((hours, 2, 2), 0.0001), {"units": "m"}),
            "u10": (grid, np.full((hours, 2, 2), 3.0), {"units": "m s**-1"}),
            "v10": (grid, np.full((hours, 2, 2), 4.0), {"units": "m s**-1"}),
        },
        {"valid_time": times, "latitude": [29.0, 28.75], "longitude": [106.5, 106.75]},
    )
    path = tmp_path / "era5.nc"
    dataset.to_netcdf(path, engine="h5netcdf")
    assert "holds a grid" in refusal(path, Card("ERA5"))
    measured = read_measured(path, Card("ERA5"), place=(29.01, 106.52))
    assert measured.place is not None
    assert measured.place[:2] == (29.0, 106.5)
    assert measured.stamps[0] == np.datetime64("2024-01-01T00:00:00")
    assert measured.values("ghi_w_per_m2")[:-1] == pytest.approx(clear[: hours - 1])
    assert measured.values("temperature_c") == pytest.approx(10.0)
    assert measured.values("rain_mm_per_h") == pytest.approx(0.1)
    assert measured.values("wind_m_per_s") == pytest.approx(5.0)


def test_parquet_or_a_clear_word(tmp_path: Path) -> None:
    path = tmp_path / "own.parquet"
    if importlib.util.find_spec("pyarrow") is None:
        path.write_bytes(b"PAR1")
        assert "needs the package 'pyarrow'" in refusal(path)
    else:
        frame().to_parquet(path)
        assert read_measured(path, CARD).values("load_mw").mean() == pytest.approx(100.0)


def test_tmy3_of_pvlib() -> None:
    path = Path(pvlib.__file__).parent / "data" / "723170TYA.CSV"
    assert form_of(path) is FileForm.TMY3
    measured = read_measured(path, Card("TMY3 723170", "NREL"))
    assert measured.typical
    assert measured.place is not None
    assert measured.place[0] == pytest.approx(36.1)
    assert abs(sun_offset_h(measured, measured.place)) < 0.3
    assert measured.values("ghi_w_per_m2").sum() / 1000 == pytest.approx(1562, rel=0.05)


def pvgis_hourly(slope: int) -> str:
    clear = sky_of(*PLACE).clear_w_per_m2[:3].reshape(-1)
    times = pd.date_range("2018-12-31 16:10", periods=72, freq="h").strftime("%Y%m%d:%H%M")
    head = [
        "Latitude (decimal degrees):\t28.970", "Longitude (decimal degrees):\t106.650", "Elevation (m):\t300",
        "Radiation database:\tPVGIS-ERA5", "", f"Slope: {slope} deg.", "Azimuth: 0 deg.",
        "time,Gb(i),Gd(i),Gr(i),H_sun,T2m,WS10m,Int",
    ]  # fmt: skip
    rows = [f"{at},{0.5 * light:.2f},{0.5 * light:.2f},0.0,10.0,8.0,2.0,0.0" for at, light in zip(times, clear, strict=True)]
    return "\n".join([*head, *rows, "", "Gb(i): Beam irradiance", ""])


def test_pvgis_hourly_of_a_flat_plane(tmp_path: Path) -> None:
    path = tmp_path / "pvgis.csv"
    path.write_text(pvgis_hourly(0))
    assert form_of(path) is FileForm.PVGIS
    measured = read_measured(path, Card("PVGIS", "JRC"))
    assert measured.stamps[0] == np.datetime64("2019-01-01T00:00:00")
    assert set(measured.dataset.data_vars) == {"ghi_w_per_m2", "temperature_c", "wind_m_per_s"}
    path.write_text(pvgis_hourly(30))
    assert "plane of slope 30" in refusal(path, Card("PVGIS"))


def test_pvgis_typical_year(tmp_path: Path) -> None:
    clear = np.roll(sky_of(*PLACE).clear_w_per_m2.reshape(-1), -8)
    times = pd.date_range("2007-01-01", periods=8760, freq="h").strftime("%Y%m%d:%H%M")
    head = ["Latitude (decimal degrees): 28.970", "Longitude (decimal degrees): 106.650", "Elevation (m): 300.0", "month,year"]
    months = [f"{month},{2006 + month}" for month in range(1, 13)]
    columns = "time(UTC),T2m,RH,G(h),Gb(n),Gd(h),IR(h),WS10m,WD10m,SP"
    rows = [f"{at},8.0,80.0,{light:.2f},0.0,0.0,300.0,2.0,10.0,98000.0" for at, light in zip(times, clear, strict=True)]
    path = tmp_path / "tmy.csv"
    path.write_text("\n".join([*head, *months, columns, *rows, "T2m: 2-m air temperature (degree Celsius)", ""]))
    measured = read_measured(path, Card("PVGIS", "JRC"))
    assert measured.typical
    assert abs(sun_offset_h(measured, PLACE)) < 0.1
    assert measured.values("ghi_w_per_m2").sum() == pytest.approx(clear.sum(), rel=1e-3)


def test_units_that_cannot_be_turned_are_refused() -> None:
    assert convert(np.array([300.0]), "K", "temperature_c")[0] == pytest.approx(26.85)
    with pytest.raises(ValueError, match="cannot be turned into degC"):
        convert(np.array([1.0]), "furlong", "temperature_c")
