"""Reads real files: EPW, TMY3, PVGIS csv, NetCDF (ERA5-like, CF), CSV and Parquet, all to one form with one set of checks."""

from __future__ import annotations

import enum
import importlib.util
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from yuqian.models.units import SECONDS_PER_HOUR
from yuqian.timeseries.measured import (
    Card,
    Measured,
    MeasuredError,
    convert,
    digest,
    quantities,
    quantity_named,
    side_car,
)
from yuqian.timeseries.plausible import problems

OWN_ZONE_H = 8.0
ACCUMULATED = ("ssrd", "tp", "surface_solar_radiation_downwards", "total_precipitation")
"""ERA5 variables that hold the sum over the hour before their stamp."""


class FileForm(enum.Enum):
    """Forms of measured files."""

    EPW = "EPW"
    TMY3 = "TMY3"
    PVGIS = "PVGIS"
    NETCDF = "NetCDF"
    CSV = "CSV"
    PARQUET = "Parquet"


def form_of(path: Path) -> FileForm:
    """Form of a file, by its ending and, for text, its first lines.

    Raises:
        MeasuredError: if there is no such file, or it has an unknown ending.
    """
    if not path.is_file():
        raise MeasuredError(path, [f"there is no file {path}"])
    by_ending = {".epw": FileForm.EPW, ".nc": FileForm.NETCDF, ".parquet": FileForm.PARQUET, ".pq": FileForm.PARQUET}
    if path.suffix.lower() in by_ending:
        return by_ending[path.suffix.lower()]
    if path.suffix.lower() != ".csv":
        raise MeasuredError(path, [f"unknown ending '{path.suffix}'; .epw, .csv, .nc and .parquet are read"])
    with path.open(encoding="utf-8", errors="replace") as text:
        head = [text.readline() for _ in range(2)]
    if head[0].startswith("Latitude (decimal degrees)"):
        return FileForm.PVGIS
    return FileForm.TMY3 if head[1].startswith("Date (MM/DD/YYYY)") else FileForm.CSV


def read_measured(path: Path, card: Card | None = None, place: tuple[float, float] | None = None) -> Measured:
    """Read and check a measured file.

    Args:
        path: the file.
        card: where it comes from; the side-car beside the file when None.
        place: latitude and longitude, to choose the nearest point of a grid.

    Raises:
        MeasuredError: with everything that is wrong with it.
    """
    form = form_of(path)
    card = card or side_car(path)
    found = digest(path)
    if card.sha256 and card.sha256 != found:
        raise MeasuredError(path, [f"its sha256 is {found}, its side-car says {card.sha256}: it is not the file described"])
    try:
        measured = _READERS[form](path, card, place)
    except MeasuredError:
        raise
    except (ValueError, KeyError, OSError, IndexError) as error:
        raise MeasuredError(path, [f"cannot be read as {form.value}: {error}"]) from error
    wrong = problems(measured)
    if wrong:
        raise MeasuredError(path, wrong)
    source = ", ".join(part for part in (card.title, card.publisher, card.date) if part)
    attrs = {"source": source, "sha256": found, "file": path.name, "form": form.value}
    return replace(measured, dataset=measured.dataset.assign_attrs(attrs))


def _read_epw(path: Path, card: Card, place: tuple[float, float] | None) -> Measured:
    import pvlib

    frame, meta = pvlib.iotools.read_epw(str(path))
    columns = {"ghi": "ghi", "dni": "dni", "dhi": "dhi", "temp_air": "temp_air", "wind_speed": "wind_speed"}
    rain = np.asarray(frame["liquid_precipitation_depth"], dtype=float)
    if np.any(rain > 0) and np.all(rain < 999.0):
        columns["liquid_precipitation_depth"] = "tp"
    values = {target: np.asarray(frame[source], dtype=float) for source, target in columns.items()}
    year = int(frame.index[len(frame) // 2].year)
    stamps = _typical_stamps(len(frame), year)
    where = replace(card, latitude_deg=meta["latitude"], longitude_deg=meta["longitude"], elevation_m=meta["altitude"])
    zoned = _own_zone(stamps, replace(card, zone_h=float(meta["TZ"]), stamps_end=False))
    return replace(_measured(_named(values), zoned, where), typical=True)


def _read_tmy3(path: Path, card: Card, place: tuple[float, float] | None) -> Measured:
    import pvlib

    frame, meta = pvlib.iotools.read_tmy3(str(path), map_variables=True)
    values = {name: np.asarray(frame[name], dtype=float) for name in ("ghi", "dni", "dhi", "temp_air", "wind_speed")}
    stamps = _typical_stamps(len(frame), int(frame.index[0].year))
    where = replace(card, latitude_deg=meta["latitude"], longitude_deg=meta["longitude"], elevation_m=meta["altitude"])
    zoned = _own_zone(stamps, replace(card, zone_h=float(meta["TZ"]), stamps_end=False))
    return replace(_measured(_named(values), zoned, where), typical=True)


def _read_pvgis(path: Path, card: Card, place: tuple[float, float] | None) -> Measured:
    import pvlib

    with path.open(encoding="utf-8", errors="replace") as text:
        typical = any(text.readline().startswith("month,year") for _ in range(6))
    reader = pvlib.iotools.read_pvgis_tmy if typical else pvlib.iotools.read_pvgis_hourly
    frame, meta = reader(str(path), pvgis_format="csv", map_variables=True)
    inputs = meta["inputs"]
    if not typical and float(str(inputs.get("Slope", "0")).split()[0]) != 0.0:
        raise MeasuredError(path, [f"its irradiance is on a plane of slope {inputs['Slope']}; download it for slope 0"])
    values = {str(name): np.asarray(frame[name], dtype=float) for name in frame.columns if quantity_named(str(name))}
    parts = [name for name in ("poa_direct", "poa_sky_diffuse", "poa_ground_diffuse") if name in frame.columns]
    if "ghi" not in values and parts:
        values["ghi"] = np.asarray(frame[parts].sum(axis=1), dtype=float)
    # PVGIS stamps some minutes into the hour, in UTC; the hour is meant
    hours = np.asarray(frame.index.tz_convert(None).values).astype("datetime64[h]")
    stamps = hours.astype("datetime64[s]") + np.timedelta64(int(OWN_ZONE_H * SECONDS_PER_HOUR), "s")
    where = replace(
        card,
        latitude_deg=float(inputs["latitude"]),
        longitude_deg=float(inputs["longitude"]),
        elevation_m=float(inputs["elevation"]),
    )
    if typical:
        stamps, values = _rolled(stamps, values)
    return replace(_measured(_named(values), stamps, where), typical=typical)


def _read_netcdf(path: Path, card: Card, place: tuple[float, float] | None) -> Measured:
    with xr.open_dataset(path, engine="h5netcdf") as opened:
        dataset = opened.load()
    dataset = dataset.rename({"valid_time": "time"}) if "valid_time" in dataset.dims else dataset
    spot = place or (card.latitude_deg, card.longitude_deg)
    for axis, want in zip(("latitude", "longitude"), spot, strict=True):
        if axis in dataset.dims:
            if want is None:
                raise MeasuredError(path, [f"it holds a grid; give {axis}_deg in the side-car, or a place"])
            dataset = dataset.sel({axis: want}, method="nearest")
    variables: dict[str, np.ndarray] = {}
    columns: dict[str, tuple[str, str]] = {}
    for key, variable in dataset.data_vars.items():
        name, standard = str(key), str(variable.attrs.get("standard_name", ""))
        quantity = card.columns.get(name) or quantity_named(name) or quantity_named(standard)
        if quantity:
            values = np.asarray(variable.values, dtype=float)
            if name in ACCUMULATED:
                values = np.concatenate((values[1:], values[-1:]))
            variables[name], columns[name] = values, (quantity, str(variable.attrs.get("units", "")))
    if {"u10", "v10"} <= set(dataset.data_vars):
        speed = np.hypot(dataset["u10"].values, dataset["v10"].values)
        variables["u10"], columns["u10"] = speed, ("wind_m_per_s", str(dataset["u10"].attrs.get("units", "")))
    zone_h = card.zone_h if card.zone_h != OWN_ZONE_H else 0.0
    stamps = _own_zone(np.asarray(dataset["time"].values).astype("datetime64[s]"), replace(card, zone_h=zone_h))
    where = replace(
        card,
        latitude_deg=float(dataset["latitude"]) if "latitude" in dataset.coords else card.latitude_deg,
        longitude_deg=float(dataset["longitude"]) if "longitude" in dataset.coords else card.longitude_deg,
    )
    named = {}
    for name, (quantity, unit) in columns.items():
        unit = card.units.get(quantity, unit) or quantities()[quantity].unit
        named[quantity] = np.maximum(convert(variables[name], unit, quantity), quantities()[quantity].low)
    return _measured(named, stamps, where)


def _read_csv(path: Path, card: Card, place: tuple[float, float] | None) -> Measured:
    import pandas as pd  # type: ignore[import-untyped]

    return _from_frame(path, pd.read_csv(path), card)


def _read_parquet(path: Path, card: Card, place: tuple[float, float] | None) -> Measured:
    import pandas as pd

    if importlib.util.find_spec("pyarrow") is None:
        raise MeasuredError(path, ["reading Parquet needs the package 'pyarrow'; install it, or give the series as CSV"])
    return _from_frame(path, pd.read_parquet(path), card)


def _from_frame(path: Path, frame: Any, card: Card) -> Measured:
    """A table with a column ``time`` and one column a quantity, by its own name or by the card's ``columns``."""
    import pandas as pd

    if "time" not in frame.columns:
        raise MeasuredError(path, [f"it has no column 'time'; it has {', '.join(map(str, frame.columns))}"])
    unknown = [name for name in card.columns if name not in frame.columns]
    if unknown:
        raise MeasuredError(path, [f"the side-car names columns that are not there: {', '.join(unknown)}"])
    values = {}
    for name in frame.columns:
        quantity = card.columns.get(str(name)) or quantity_named(str(name))
        if quantity and name != "time":
            values[quantity] = np.asarray(pd.to_numeric(frame[name], errors="coerce"), dtype=float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        times = pd.to_datetime(frame["time"])
    if times.dt.tz is not None:
        stamps = np.asarray(times.dt.tz_convert("UTC").dt.tz_localize(None).values).astype("datetime64[s]")
        return _measured(_in_own_units(values, card), _own_zone(stamps, replace(card, zone_h=0.0)), card)
    return _measured(_in_own_units(values, card), _own_zone(np.asarray(times.values).astype("datetime64[s]"), card), card)


def _in_own_units(values: dict[str, np.ndarray], card: Card) -> dict[str, np.ndarray]:
    return {name: convert(array, card.units.get(name, quantities()[name].unit), name) for name, array in values.items()}


def _named(values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """By the quantity that each name stands for, which is already in its unit."""
    return {quantity: array for name, array in values.items() if (quantity := quantity_named(name)) is not None}


def _own_zone(stamps: np.ndarray, card: Card) -> np.ndarray:
    """Stamps as the beginning of the hour in UTC+8."""
    shift_s = (OWN_ZONE_H - card.zone_h - (1.0 if card.stamps_end else 0.0)) * SECONDS_PER_HOUR
    moved: np.ndarray = stamps + np.timedelta64(int(shift_s), "s")
    return moved


def _typical_stamps(count: int, year: int) -> np.ndarray:
    """Hours of a typical year, whose months may stem from different years, shape (count,)."""
    year = year if count % 8784 == 0 or year % 4 else 2025
    return np.datetime64(f"{year}-01-01", "s") + np.arange(count) * np.timedelta64(3600, "s")


def _rolled(stamps: np.ndarray, values: dict[str, np.ndarray]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """A typical year in UTC, turned so that it begins at midnight of 1 January in UTC+8."""
    hours = int(OWN_ZONE_H)
    return _typical_stamps(len(stamps), 2025), {name: np.roll(array, hours) for name, array in values.items()}


def _measured(values: dict[str, np.ndarray], stamps: np.ndarray, card: Card) -> Measured:
    variables = {
        name: ("time", array, {"units": quantities()[name].unit, "long_name": quantities()[name].title})
        for name, array in sorted(values.items())
        if name not in card.leave_out
    }
    spots = {name: getattr(card, name) for name in ("latitude_deg", "longitude_deg", "elevation_m")}
    attrs = {name: float(value) for name, value in spots.items() if value is not None}
    return Measured(xr.Dataset(variables, {"time": stamps.astype("datetime64[ns]")}, attrs))


_READERS = {
    FileForm.EPW: _read_epw,
    FileForm.TMY3: _read_tmy3,
    FileForm.PVGIS: _read_pvgis,
    FileForm.NETCDF: _read_netcdf,
    FileForm.CSV: _read_csv,
    FileForm.PARQUET: _read_parquet,
}
