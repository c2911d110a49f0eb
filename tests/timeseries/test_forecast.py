"""Forecasts."""

from __future__ import annotations

import numpy as np
import pytest

from yuqian.timeseries.forecast import Forecaster, Quantity
from yuqian.timeseries.streams import Streams


def forecaster(quantity: Quantity, truth: np.ndarray, name: str = "x") -> Forecaster:
    return Forecaster(quantity, truth, Streams(1), name)


def test_error_grows_with_lead_to_its_size_a_day_ahead() -> None:
    wind = forecaster(Quantity.WIND, np.full(20_000, 0.5))
    errors = np.array([wind.issue(start, 48) - 0.5 for start in range(0, 19_000, 50)])
    spread = errors.std(axis=0)
    assert spread[0] < spread[6] < spread[23] < spread[47]
    assert spread[23] == pytest.approx(0.11, rel=0.15)
    assert wind.size(np.array([24.0]))[0] == pytest.approx(0.11)


def test_forecasts_run_again_alike_and_streams_are_apart() -> None:
    truth = np.linspace(100.0, 200.0, 500)
    first, again = forecaster(Quantity.LOAD, truth), forecaster(Quantity.LOAD, truth)
    assert np.array_equal(first.issue(10, 24), again.issue(10, 24))
    assert not np.array_equal(first.issue(10, 24), forecaster(Quantity.LOAD, truth, "y").issue(10, 24))
    assert np.abs(first.issue(10, 24) / truth[10:34] - 1.0).max() < 0.1


def test_no_sun_is_forecast_at_night_and_nothing_below_nought() -> None:
    truth = np.maximum(np.sin(2 * np.pi * (np.arange(2400) - 6) / 24.0), 0.0)
    sun = forecaster(Quantity.SUN, truth)
    guess = sun.issue(0, 2400)
    assert np.all(guess[truth == 0] == 0.0)
    assert guess.min() >= 0.0
    assert guess.max() <= 1.0


def test_inflow_errs_by_a_factor_without_bias() -> None:
    truth = np.full(50_000, 20.0)
    flow = Forecaster(Quantity.INFLOW, truth, Streams(2), "river", step_h=24.0)
    guess = np.concatenate([flow.issue(start, 5) for start in range(0, 49_000, 10)])
    assert guess.min() > 0.0
    assert guess.mean() == pytest.approx(20.0, rel=0.03)


def test_it_ends_with_the_series_and_starts_within() -> None:
    wind = forecaster(Quantity.WIND, np.full(100, 0.5))
    assert wind.issue(90, 24).shape == (10,)
    with pytest.raises(ValueError, match="starts within"):
        wind.issue(100, 24)
