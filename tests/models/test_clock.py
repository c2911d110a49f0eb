"""Time: two rhythms that fit into each other, whatever the dates and however long the water steps."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqian.models.clock import OPENING, Clock, Rhythm, Steps, Timeline

dates = st.dates(dt.date(1950, 1, 1), dt.date(2099, 1, 1))
dekad_lengths = st.lists(st.integers(8, 11), min_size=1, max_size=36)
MIDNIGHT = dt.datetime(2030, 2, 11)


def clock_of_periods(start: dt.datetime, days: list[int], inside: int = 24) -> Clock:
    """Water by periods of whole days, each cut into ``inside`` equal power steps."""
    lengths = np.array(days, dtype=float) * 24.0
    return Clock(Timeline(Rhythm.POWER, start, np.repeat(lengths / inside, inside)), Timeline(Rhythm.WATER, start, lengths))


@given(dates, st.integers(1, 800))
def test_a_day_has_24_hours(start: dt.date, days: int) -> None:
    clock = Clock.of_days(start, days)
    assert (clock.power.count, clock.water.count, clock.power_per_water) == (24 * days, days, 24)
    assert np.all(clock.power.hours == 1.0)
    assert np.all(clock.water.hours == 24.0)
    assert clock.year_hours() == 24.0 * days
    assert clock.water.stamps[0] == clock.power.stamps[0] == np.datetime64(start)
    assert np.all(np.diff(clock.power.stamps) == np.timedelta64(1, "h"))
    assert np.all(clock.power.stamps[::24] == clock.water.stamps)
    assert np.all(np.bincount(clock.water_of_power) == 24)


@given(dates, st.integers(1, 800))
def test_months_are_those_of_the_calendar(start: dt.date, days: int) -> None:
    clock = Clock.of_days(start, days)
    wanted = [(start + dt.timedelta(days=k)).month for k in range(days)]
    assert clock.water.months.tolist() == wanted
    assert clock.power.months[::24].tolist() == clock.power.months[23::24].tolist() == wanted


@given(dates, st.integers(1, 800), st.dates(dt.date(2024, 1, 1), dt.date(2024, 12, 31)))
def test_since_a_day_of_the_year(start: dt.date, days: int, mark: dt.date) -> None:
    clock = Clock.of_days(start, days)
    month_day = f"{mark.month:02d}-{mark.day:02d}"
    wanted = [(d.month, d.day) >= (mark.month, mark.day) for d in (start + dt.timedelta(days=k) for k in range(days))]
    assert clock.water.since(month_day).tolist() == wanted
    assert clock.power.since(month_day)[::24].tolist() == wanted


@pytest.mark.parametrize("year", [2025, 2028, 2030, 2100])
def test_a_standard_year_has_8760_hours(year: int) -> None:
    clock = Clock.of_year(year)
    assert (clock.power.count, clock.water.count, clock.year_hours()) == (8760, 365, 8760.0)
    leap = year % 4 == 0 and year % 100 != 0
    assert clock.water.stamps[-1] == np.datetime64(f"{year}-12-{30 if leap else 31}")
    assert float(clock.water.hm3_per_m3_per_s.sum()) == pytest.approx(31.536)


@given(dekad_lengths)
def test_uneven_water_steps_fill_the_time(days: list[int]) -> None:
    """Ten-day periods hold 8 to 11 days; none is lost and none counted twice."""
    clock = clock_of_periods(MIDNIGHT, days)
    assert clock.power_per_water == 24
    assert clock.year_hours() == pytest.approx(24.0 * sum(days))
    begins = [np.datetime64(MIDNIGHT + dt.timedelta(days=sum(days[:k])), "s") for k in range(len(days))]
    assert clock.water.stamps.tolist() == [stamp.item() for stamp in begins]
    assert np.all(clock.power.stamps[::24] == clock.water.stamps)
    assert clock.water.hm3_per_m3_per_s == pytest.approx(0.0864 * np.array(days))
    # The volume of a flow is the same counted by power steps and by water steps.
    flow = np.linspace(1.0, 5.0, clock.power.count)
    by_water = clock.mean_over_water(flow) @ clock.water.hm3_per_m3_per_s
    assert by_water == pytest.approx(flow @ clock.power.hm3_per_m3_per_s)


@given(dekad_lengths)
def test_lengths_of_uneven_steps_are_looked_up(days: list[int]) -> None:
    model = pyo.ConcreteModel()
    steps = Steps(model, clock_of_periods(MIDNIGHT, days))
    for k, count in enumerate(days):
        assert pyo.value(steps.length_h(Rhythm.WATER, k)) == pytest.approx(24.0 * count)
        assert pyo.value(steps.length_h(Rhythm.POWER, 24 * k)) == pytest.approx(count)
        assert pyo.value(steps.hm3_per_m3_per_s[k]) == pytest.approx(0.0864 * count)
        assert pyo.value(steps.day_of_hour[24 * k + 23]) == k


def test_sets_of_steps_and_instants() -> None:
    model = pyo.ConcreteModel()
    steps = Steps(model, Clock.of_days(dt.date(2030, 1, 1), 2))
    assert list(steps.days) == [0, 1]
    assert list(steps.day_ends) == [OPENING, 0, 1]
    assert list(steps.later_days) == [1]
    assert (len(steps.hours), len(steps.hour_ends), len(steps.later_hours)) == (48, 49, 47)
    assert steps.of(Rhythm.POWER) is steps.hours
    assert steps.of(Rhythm.WATER) is steps.days
    assert steps.length_h(Rhythm.WATER, None) == 24.0


def test_mean_over_water_keeps_other_dimensions() -> None:
    clock = Clock.of_days(dt.date(2030, 1, 1), 2)
    members = np.arange(96.0).reshape(2, 48)
    assert clock.mean_over_water(members).tolist() == [[11.5, 35.5], [59.5, 83.5]]


@pytest.mark.parametrize("hours", [[], [1.0, 0.0], [-1.0], [np.nan]])
def test_a_step_without_length_is_refused(hours: list[float]) -> None:
    with pytest.raises(ValueError, match="at least one step"):
        Timeline(Rhythm.POWER, MIDNIGHT, np.array(hours))


def test_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="naive local time"):
        Timeline(Rhythm.POWER, MIDNIGHT.replace(tzinfo=dt.UTC), np.ones(24))


def test_lengths_cannot_be_changed() -> None:
    timeline = Timeline(Rhythm.POWER, MIDNIGHT, np.ones(24))
    with pytest.raises(ValueError, match="read-only"):
        timeline.hours[0] = 2.0


@pytest.mark.parametrize(
    ("power", "water", "later"),
    [
        (np.ones(25), [24.0], 0),
        (np.ones(48), [24.0], 0),
        (np.ones(48), [24.0, 24.0], 1),
        (np.ones(47), [24.0, 23.0], 0),
        (np.ones(18 * 24), [8 * 24.0, 10 * 24.0], 0),
        (np.array([6.0, 18.0]), [24.0], 0),
    ],
    ids=["too long", "too few water steps", "another start", "no whole number", "as many hours in each", "uneven inside"],
)
def test_timelines_that_do_not_fit_are_refused(power: np.ndarray, water: list[float], later: int) -> None:
    with pytest.raises(ValueError, match="water step"):
        Clock(
            Timeline(Rhythm.POWER, MIDNIGHT, power),
            Timeline(Rhythm.WATER, MIDNIGHT + dt.timedelta(days=later), np.array(water)),
        )


@given(st.integers(1990, 2090), st.integers(0, 364), st.lists(st.integers(1, 400), min_size=1, max_size=12))
def test_a_calendar_without_leap_days_has_years_of_365_days(year: int, first: int, days: list[int]) -> None:
    """Each stamp has the day and month that the same position has in a year without 29 February."""
    plain = [dt.date(2025, 1, 1) + dt.timedelta(days=k) for k in range(365)]
    start = plain[first].replace(year=year)
    clock = Clock.of_periods(start, [float(count) for count in days])
    passed = np.concatenate(([0], np.cumsum(days)))
    for stamp, at in zip(clock.water.stamps.tolist(), passed[:-1], strict=True):
        wanted = plain[(first + at) % 365].replace(year=year + (first + int(at)) // 365)
        assert stamp == dt.datetime(wanted.year, wanted.month, wanted.day)
    for day, at in zip(clock.water.last_days.tolist(), passed[1:] - 1, strict=True):
        assert day == plain[(first + at) % 365].replace(year=year + (first + int(at)) // 365)


def test_a_calendar_without_leap_days_keeps_the_hour() -> None:
    hours = Timeline(Rhythm.POWER, dt.datetime(2028, 2, 28, 22), np.full(4, 1.0), drops_leap_days=True)
    assert [str(stamp) for stamp in hours.stamps] == [
        "2028-02-28T22:00:00", "2028-02-28T23:00:00", "2028-03-01T00:00:00", "2028-03-01T01:00:00",
    ]  # fmt: skip


def test_a_calendar_without_leap_days_cannot_begin_on_one() -> None:
    with pytest.raises(ValueError, match="29 February"):
        Clock.of_periods(dt.date(2028, 2, 29), [10.0])


def test_both_timelines_drop_leap_days_or_none() -> None:
    hours = np.full(2, 24.0)
    with pytest.raises(ValueError, match="leap days"):
        Clock(Timeline(Rhythm.POWER, MIDNIGHT, hours, True), Timeline(Rhythm.WATER, MIDNIGHT, hours.copy()))
