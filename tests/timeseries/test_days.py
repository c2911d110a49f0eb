"""The calendar."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from yuqian.models.clock import Clock
from yuqian.timeseries.days import Days, lunar_new_year, to_days


def test_leap_day_shares_a_position() -> None:
    days = Days(2028)
    assert days.count == 366
    assert days.positions[58] == days.positions[59] == 58
    assert days.positions[-1] == 364
    assert Days(2030).positions.tolist() == list(range(365))


def test_repeats_count_years_through() -> None:
    days = Days(2030, 2).repeated(3)
    assert days.count == 3 * 730 + 0
    assert days.years_run[[0, 364, 365, 729, 730, -1]].tolist() == [0, 0, 1, 1, 2, 5]
    assert days.civil_years[730] == 2030


def test_weekdays_and_new_year() -> None:
    days = Days(2030)
    assert dt.date(2030, 1, 1).weekday() == days.weekdays[0]
    assert lunar_new_year(2030) == dt.date(2030, 2, 3)
    assert lunar_new_year(2018) == dt.date(2018, 2, 16)
    assert days.from_new_year[33] == 0


def test_cut_refuses_parts_of_days_and_other_years() -> None:
    days = Days(2030)
    of_days, of_hours = days.cut(Clock.of_days(dt.date(2030, 2, 1), 3))
    assert (of_days.start, of_days.stop, of_hours.start, of_hours.stop) == (31, 34, 744, 816)
    with pytest.raises(ValueError, match="outside"):
        days.cut(Clock.of_year(2031))


def test_days_keep_the_mean_of_each_month() -> None:
    table = np.array([7.9, 10.4, 15.0, 19.4, 22.7, 25.4, 29.2, 29.2, 24.6, 19.0, 14.4, 9.1])
    days = Days(2030)
    daily = to_days(table, days.positions)
    means = [daily[days.months == month].mean() for month in range(1, 13)]
    assert means == pytest.approx(table)
    assert np.abs(np.diff(daily)).max() < 0.5


def test_day_lists_need_a_year() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Days(2030, 0)
