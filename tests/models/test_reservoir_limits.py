"""The highest ordinary storage through the year, by the day and by longer steps."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from yuqian.models.clock import Clock
from yuqian.models.reservoir import Reservoir
from yuqian.timeseries.dekads import dekad_clock, steps_of_year

EXAMPLE = Reservoir.example().asset.model_dump()


def dam(**changed: str) -> Reservoir:
    return Reservoir(**{**EXAMPLE, **changed})


def test_the_limit_falls_at_once_and_rises_in_a_line() -> None:
    asset = dam(flood_season_start="05-01", flood_season_end="09-01", refill_end="10-11")
    limit = asset.storage_limit_hm3(Clock.of_year(2030).water)
    flood, normal = asset.storage_hm3_at(366.0), asset.storage_hm3_at(375.0)
    first, over, full = (dt.date(2030, *day).timetuple().tm_yday - 1 for day in ((5, 1), (9, 1), (10, 11)))
    assert np.all(limit[:first] == normal)
    assert np.all(limit[first:over] == flood)
    assert np.diff(limit[over - 1 : full]) == pytest.approx((normal - flood) / 41)
    assert np.all(limit[full:] == normal)


@pytest.mark.parametrize("dates", [("05-01", "08-31", "10-10"), ("05-05", "09-14", "10-29")])
def test_ten_day_periods_take_the_limit_of_the_day_they_end_in(dates: tuple[str, str, str]) -> None:
    """In every year of a long series, whichever dates lie inside a period."""
    asset = dam(flood_season_start=dates[0], flood_season_end=dates[1], refill_end=dates[2])
    by_day = asset.storage_limit_hm3(Clock.of_year(2030).water)
    last = np.cumsum(steps_of_year()[0]) - 1
    assert asset.storage_limit_hm3(dekad_clock(2027, 6).water) == pytest.approx(np.tile(by_day[last], 6))


def test_a_period_is_cut_where_the_flood_season_begins() -> None:
    days, dekads = steps_of_year(("05-05", "07-01"))
    assert len(days) == 37
    assert days.sum() == 365
    assert days[12:14].tolist() == [4, 6]
    assert dekads[12:14].tolist() == [12, 12]
    clock = dekad_clock(2028, 2, ("05-05",))
    assert clock.water.stamps[37 + 13] == np.datetime64("2029-05-05")
