"""Published reliability test systems, generation only: the IEEE RTS of 1979 and Billinton's RBTS.

Units and load model: IEEE Reliability Test System Task Force, "IEEE Reliability Test System", IEEE Transactions on Power
Apparatus and Systems 98 (1979), pages 2047-2054; Billinton and others, "A reliability test system for educational purposes:
basic data", IEEE Transactions on Power Systems 4 (1989), pages 1238-1244. Results of the RTS: Allan, Billinton and
Abdel-Gawad, "The IEEE Reliability Test System: extensions to and evaluation of the generating system", IEEE Transactions on
Power Systems 1 (1986). Units and load factors were compared, number by number, with three public copies of the 1979 tables, and
the units of the RBTS with the failure and repair rates of its public reliability data.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from yuqian.models.clock import Clock, Floats, Rhythm
from yuqian.models.kind import Kind
from yuqian.models.load_profile import LoadProfile
from yuqian.models.thermal_unit import ThermalUnit
from yuqian.optimise.adequacy_case import AdequacyOptions, Case
from yuqian.optimise.adequacy_indices import Estimate, MemberResults
from yuqian.optimise.capacity_table import convolved
from yuqian.timeseries.series import series_of

WEEK = (
    86.2, 90.0, 87.8, 83.4, 88.0, 84.1, 83.2, 80.6, 74.0, 73.7, 71.5, 72.7, 70.4, 75.0, 72.1, 80.0, 75.4, 83.7, 87.0, 88.0,
    85.6, 81.1, 90.0, 88.7, 89.6, 86.1, 75.5, 81.6, 80.1, 88.0, 72.2, 77.6, 80.0, 72.9, 72.6, 70.5, 78.0, 69.5, 72.4, 72.4,
    74.3, 74.4, 80.0, 88.1, 88.5, 90.9, 94.0, 89.0, 94.2, 97.0, 100.0, 95.2,
)  # fmt: skip
DAY = (93, 100, 98, 96, 94, 77, 75)
HOUR = {
    "winter": (
        (67, 63, 60, 59, 59, 60, 74, 86, 95, 96, 96, 95, 95, 95, 93, 94, 99, 100, 100, 96, 91, 83, 73, 63),
        (78, 72, 68, 66, 64, 65, 66, 70, 80, 88, 90, 91, 90, 88, 87, 87, 91, 100, 99, 97, 94, 92, 87, 81),
    ),
    "summer": (
        (64, 60, 58, 56, 56, 58, 64, 76, 87, 95, 99, 100, 99, 100, 100, 97, 96, 96, 93, 92, 92, 93, 87, 72),
        (74, 70, 66, 65, 64, 62, 62, 66, 81, 86, 91, 93, 93, 92, 91, 91, 92, 94, 95, 95, 100, 93, 88, 80),
    ),
    "between": (
        (63, 62, 60, 58, 59, 65, 72, 85, 95, 99, 100, 99, 93, 92, 90, 88, 90, 92, 96, 98, 96, 90, 80, 70),
        (75, 73, 69, 66, 65, 65, 68, 74, 83, 89, 92, 94, 91, 90, 90, 86, 85, 88, 92, 100, 97, 95, 90, 85),
    ),
}
RTS = ((5, 12, 0.02), (4, 20, 0.10), (6, 50, 0.01), (4, 76, 0.02), (3, 100, 0.04), (4, 155, 0.04), (3, 197, 0.05),
       (1, 350, 0.08), (2, 400, 0.12))  # fmt: skip
RBTS = ((2, 40, 0.03), (1, 20, 0.025), (1, 10, 0.02), (1, 40, 0.02), (4, 20, 0.015), (2, 5, 0.01))


def season(week: int) -> str:
    """Of a week, the first being 1."""
    if week <= 8 or week >= 44:
        return "winter"
    return "summer" if 18 <= week <= 30 else "between"


def load_of(peak_mw: float) -> Floats:
    """364 days by the hour."""
    rows = [
        week_peak / 100 * day / 100 * np.array(HOUR[season(week)][int(d >= 5)]) / 100
        for week, week_peak in enumerate(WEEK, start=1)
        for d, day in enumerate(DAY)
    ]
    return peak_mw * np.concatenate(rows)


def system(groups: tuple[tuple[int, float, float], ...], load: Floats, draws: int = 1, repair_h: float = 50.0) -> Case:
    """The units of a test system against a load, by the hour or by the day."""
    days = 364
    clock = Clock.of_days(dt.date(2030, 1, 1), days, hours_per_day=len(load) // days)
    stamps = {rhythm: clock.timeline(rhythm).stamps for rhythm in Rhythm}
    series = series_of({("load", "demand_mw"): load}, {"demand_mw": Rhythm.POWER}, stamps, {"demand_mw": "published"}, {})
    units: list[Kind] = [
        ThermalUnit(
            id=f"unit_{k}", bus="bus", unit_count=count, power_min_mw=0.0, power_max_mw=mw, ramp_up_mw_per_h=mw,
            ramp_down_mw_per_h=mw, ramp_startup_mw=mw, ramp_shutdown_mw=mw, time_up_minimum_h=1.0, time_down_minimum_h=1.0,
            curve_power_mw=(0.0, mw), curve_cost_yuan_per_h=(0.0, mw), outage_forced_fraction=forced, repair_mean_h=repair_h,
        )
        for k, (count, mw, forced) in enumerate(groups)
    ]  # fmt: skip
    return Case((LoadProfile(id="load", bus="bus"), *units), clock, AdequacyOptions(draws=draws), series)


def test_ieee_rts_of_1979() -> None:
    """9.39418 h and 1176 MWh a year by the hour, 1.36886 days a year by the daily peaks."""
    found = convolved(system(RTS, load_of(2850.0)), 1)
    assert found.lole_h[0] == pytest.approx(9.39418, abs=5e-6)
    assert found.eens_mwh[0] == pytest.approx(1176.3, abs=0.05)
    peaks = load_of(2850.0).reshape(364, 24).max(axis=1)
    assert convolved(system(RTS, peaks), 1).lole_h[0] == pytest.approx(1.36886, abs=5e-6)


def test_rbts() -> None:
    """1.09 h and 9.86 MWh a year by the hour."""
    found = convolved(system(RBTS, load_of(185.0)), 1)
    assert found.lole_h[0] == pytest.approx(1.0919, abs=5e-4)
    assert found.eens_mwh[0] == pytest.approx(9.8613, abs=5e-3)


def test_rts_by_sampling() -> None:
    found = MemberResults.of(system(RTS, load_of(2850.0), draws=150).members(1), 24)
    lole = Estimate.between_years(found.lost_h, np.arange(150))
    assert lole.low < 9.39418 < lole.high
    assert Estimate.between_years(found.unserved_mwh, np.arange(150)).low < 1176.3
