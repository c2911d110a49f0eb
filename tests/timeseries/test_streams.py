"""Random streams and the field in space."""

from __future__ import annotations

import numpy as np
import pytest

from yuqian.timeseries.field import Field, correlation
from yuqian.timeseries.streams import Process, Streams, autoregressive, key_of


def test_processes_keep_their_numbers() -> None:
    # a number is part of every seed: a new process goes to the end
    assert [process.value for process in Process] == list(range(len(Process)))
    assert Process.HEAT_SLOW == 0
    assert Process.FORECAST == 15


def test_streams_are_independent_of_order_and_of_each_other() -> None:
    streams = Streams(1)
    first = streams.of(Process.LOAD).standard_normal(5)
    streams.of(Process.RAIN).standard_normal(100)
    assert np.array_equal(first, streams.of(Process.LOAD).standard_normal(5))
    assert not np.array_equal(first, Streams(2).of(Process.LOAD).standard_normal(5))
    assert not np.array_equal(first, Streams(1, 1).of(Process.LOAD).standard_normal(5))
    assert not np.array_equal(first, streams.of(Process.LOAD, 1).standard_normal(5))


def test_known_numbers_stay() -> None:
    numbers = Streams(20_260).of(Process.HEAT_SLOW).standard_normal(2)
    assert numbers.tolist() == Streams(20_260).of(Process.HEAT_SLOW).standard_normal(3)[:2].tolist()
    assert key_of("catchment") == key_of("catchment") != key_of("catchment_2")


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.95])
def test_autoregressive_is_stationary_and_grows_at_its_end(memory: float) -> None:
    long = autoregressive(np.random.Generator(np.random.PCG64(1)), 200_000, memory)
    short = autoregressive(np.random.Generator(np.random.PCG64(1)), 100, memory)
    assert np.array_equal(long[:100], short)
    assert long.std() == pytest.approx(1.0, abs=0.03)
    assert np.corrcoef(long[1:], long[:-1])[0, 1] == pytest.approx(memory, abs=0.02)


def test_field_falls_with_distance_and_knows_no_list_of_sites() -> None:
    field = Field(Streams(3), Process.WIND_DAY, 40_000, 0.3, 150.0)
    here, near, far = field.at(28.7, 106.6), field.at(28.95, 106.78), field.at(29.1, 107.0)
    assert here.std() == pytest.approx(1.0, abs=0.05)
    assert 0.5 < np.corrcoef(here, far)[0, 1] < np.corrcoef(here, near)[0, 1] < 0.9
    again = Field(Streams(3), Process.WIND_DAY, 40_000, 0.3, 150.0)
    assert np.array_equal(again.at(28.7, 106.6), here)


@pytest.mark.parametrize("angle", [0.0, 0.7, 1.5, 2.4])
def test_field_is_near_the_exponential_in_every_direction(angle: float) -> None:
    distance = np.array([10.0, 30.0, 60.0])
    steps = distance[:, None] * np.array([np.cos(angle), np.sin(angle)])
    assert correlation(150.0, steps) == pytest.approx(np.exp(-distance / 150.0), abs=0.08)
