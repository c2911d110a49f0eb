"""Checks of measured series: gaps, duplicates, shifted hours, wrong zone, wrong unit, implausible values."""

from __future__ import annotations

import numpy as np

from yuqian.timeseries.days import STANDARD_YEAR, Days
from yuqian.timeseries.measured import Measured, quantities
from yuqian.timeseries.sky import sky_of

HOUR = np.timedelta64(3600, "s")
SHOWN = 3
SHIFT_H = 0.6
ZONE_SHIFT_H = 1.5
NIGHT_HOURS = (1, 7)


def problems(measured: Measured) -> list[str]:
    """All that is wrong with a measured series, in words; empty where nothing is."""
    if not measured.dataset.data_vars:
        return [f"it holds no known quantity; known are {', '.join(quantities())}"]
    found = _stamps(measured.stamps)
    for name in measured.dataset.data_vars:
        found += _values(str(name), measured.values(str(name)), measured.stamps)
    if not found:
        found += _sun_time(measured) + _load_time(measured)
    return found


def _stamps(stamps: np.ndarray) -> list[str]:
    if len(stamps) < 24:
        return [f"it has {len(stamps)} hours; at least a day is needed"]
    steps, none = np.diff(stamps), np.timedelta64(0, "s")
    twice = np.flatnonzero(steps == none)[:SHOWN]
    back = np.flatnonzero(steps < none)[:SHOWN]
    gaps = np.flatnonzero(steps > HOUR)[:SHOWN]
    short = np.flatnonzero((steps > none) & (steps < HOUR))[:SHOWN]
    return [
        *(f"row {at + 2}: the hour {stamps[at + 1]} comes twice; take one of them out" for at in twice),
        *(f"row {at + 2}: the time goes back from {stamps[at]} to {stamps[at + 1]}; sort the file" for at in back),
        *(f"row {at + 2}: {int(steps[at] / HOUR) - 1} hours are missing after {stamps[at]}; fill or cut there" for at in gaps),
        *(f"row {at + 2}: {steps[at]} after the stamp before; hourly values are needed, average them first" for at in short),
    ]


def _values(name: str, values: np.ndarray, stamps: np.ndarray) -> list[str]:
    quantity = quantities()[name]
    nan = np.flatnonzero(~np.isfinite(values))
    if len(nan):
        return [f"row {nan[0] + 1} ({stamps[nan[0]]}): {name} is not a number, and {len(nan) - 1} more; fill them"]
    unit = _unit(name, values)
    if unit:
        return [unit]
    bad = np.flatnonzero((values < quantity.low) | (values > quantity.high))
    if len(bad):
        row = bad[0]
        return [
            f"row {row + 1} ({stamps[row]}): {name} is {values[row]:g}, and {len(bad) - 1} more; plausible are "
            f"{quantity.low:g} to {quantity.high:g} {quantity.unit}; mend it, or say 'leave_out: [{name}]' in the side-car"
        ]
    return []


def _unit(name: str, values: np.ndarray) -> str | None:
    """Whether the size of the values speaks for another unit."""
    middle, top = float(np.median(values)), float(np.quantile(values, 0.999))
    if name == "temperature_c" and middle > 150.0:
        return f"temperature_c has a median of {middle:g}: this looks like kelvin; say 'units: {{temperature_c: K}}'"
    if name == "temperature_c" and middle > 45.0:
        return f"temperature_c has a median of {middle:g}: this looks like degrees Fahrenheit; convert it first"
    if name.endswith("w_per_m2") and top > 5000.0:
        return f"{name} reaches {top:g}: this looks like J/m2 an hour; say 'units: {{{name}: J m-2}}'"
    if name == "ghi_w_per_m2" and 0.0 < top < 5.0:
        return f"{name} reaches only {top:g}: this looks like kW/m2; say 'units: {{{name}: kW/m2}}'"
    years = max(len(values) / 8760.0, 1.0 / 12.0)
    if name == "rain_mm_per_h" and 0.0 < values.sum() / years < 20.0 and len(values) >= 8760:
        return f"rain_mm_per_h sums to {values.sum() / years:g} a year: this looks like metres; say 'units: {{{name}: m}}'"
    return None


def _sun_time(measured: Measured) -> list[str]:
    """Whether the middle of the light is where the sun says."""
    place = measured.place
    if "ghi_w_per_m2" not in measured.dataset or place is None:
        return []
    offset = sun_offset_h(measured, place)
    if abs(offset) < SHIFT_H:
        return []
    way = "late" if offset > 0 else "early"
    if abs(offset) < ZONE_SHIFT_H:
        return [
            f"ghi_w_per_m2 comes {abs(offset):.1f} h too {way} for the sun: shifted hours; "
            f"say in the side-car whether stamps mark the end of the hour (stamps_end)"
        ]
    return [f"ghi_w_per_m2 comes {abs(offset):.1f} h too {way} for the sun: wrong time zone; set zone_h in the side-car"]


def sun_offset_h(measured: Measured, place: tuple[float, float, float]) -> float:
    """Hours by which the light comes later than the sun, by the mean direction of both round the clock."""
    stamps = measured.stamps
    hour = (stamps - stamps.astype("datetime64[D]")).astype(np.int64) // 3600
    standard = Days(STANDARD_YEAR)
    sky = sky_of(*place)
    months = stamps.astype("datetime64[M]").astype(np.int64) % 12 + 1
    light = measured.values("ghi_w_per_m2")
    offsets = []
    for month in np.unique(months):
        inside = months == month
        seen = np.bincount(hour[inside], weights=light[inside], minlength=24)
        due = sky.clear_w_per_m2[standard.months == month].sum(axis=0)
        if seen.sum() > 0:
            offsets.append((_direction(seen) - _direction(due) + 12.0) % 24.0 - 12.0)
    return float(np.median(offsets)) if offsets else 0.0


def _direction(by_hour: np.ndarray) -> float:
    """Mean hour of the day, round the clock."""
    angle = 2.0 * np.pi * (np.arange(24) + 0.5) / 24.0
    return float(np.arctan2((by_hour * np.sin(angle)).sum(), (by_hour * np.cos(angle)).sum()) * 24.0 / (2.0 * np.pi))


def _load_time(measured: Measured) -> list[str]:
    """Whether load is lowest at night."""
    if "load_mw" not in measured.dataset or len(measured.stamps) < 24 * 28:
        return []
    stamps = measured.stamps
    hour = (stamps - stamps.astype("datetime64[D]")).astype(np.int64) // 3600
    shape = np.bincount(hour, weights=measured.values("load_mw"), minlength=24) / np.bincount(hour, minlength=24)
    lowest = int(shape.argmin())
    if NIGHT_HOURS[0] <= lowest <= NIGHT_HOURS[1]:
        return []
    return [f"load_mw is lowest at {lowest} h: wrong time zone or shifted hours; set zone_h in the side-car"]
