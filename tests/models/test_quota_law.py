"""Volumes by date: which holds when, and that the count begins again."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from yuqian.models.clock import Clock
from yuqian.models.quota_law import Quota


def test_a_licence_year_begins_on_its_date() -> None:
    timeline = Clock.of_days(dt.date(2030, 3, 30), 4).water
    volume, runs_on = Quota(("04-01",), (7.0,)).by_step(timeline)
    assert volume == pytest.approx(np.full(4, 7.0))
    assert runs_on == pytest.approx([1, 1, 0, 1])


def test_seasons_follow_one_another_over_the_new_year() -> None:
    timeline = Clock.of_days(dt.date(2030, 1, 1), 730).water
    volume, runs_on = Quota(("04-01", "10-01"), (7.0, 3.0)).by_step(timeline)
    assert (volume[0], volume[89], volume[90], volume[272], volume[273], volume[-1]) == (3.0, 3.0, 7.0, 7.0, 3.0, 3.0)
    assert np.flatnonzero(runs_on == 0.0).tolist() == [90, 273, 455, 638]


def test_the_first_day_begins_the_count_only_on_a_date() -> None:
    assert Quota(("01-01",), (1.0,)).by_step(Clock.of_days(dt.date(2030, 1, 1), 2).water)[1].tolist() == [0.0, 1.0]
    assert Quota(("01-01",), (1.0,)).by_step(Clock.of_days(dt.date(2030, 1, 2), 2).water)[1].tolist() == [1.0, 1.0]


@pytest.mark.parametrize(("start", "volume"), [(("04-01",), (1.0, 2.0)), (("04-01", "01-01"), (1.0, 2.0))])
def test_dates_rise_and_have_a_volume_each(start: tuple[str, ...], volume: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="quota"):
        Quota(start, volume)
