"""A run of two days over the tiny region, and the shipped region; each made once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from yuqian.assets.region import Region
from yuqian.assets.scenario import load_region
from yuqian.models.clock import Clock
from yuqian.reports.study import DEFAULT_SCENARIO, RunResult, Study
from yuqian.timeseries.make import make_series

JULY = dt.date(2030, 7, 1)


def _study_of(region: Region, days: int) -> Study:
    clock = Clock.of_days(JULY, days)
    return Study(region, clock, make_series(region.kinds, clock))


@pytest.fixture(scope="session")
def study_of() -> Callable[[Region, int], Study]:
    """Makes the study of a region over some days of July."""
    return _study_of


@pytest.fixture(scope="session")
def tiny(tiny_scenario: Path) -> Study:
    return _study_of(load_region(tiny_scenario), 2)


@pytest.fixture(scope="session")
def tiny_run(tiny: Study, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return tiny.run(runs=tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="session")
def region() -> Region:
    return load_region(DEFAULT_SCENARIO)


@pytest.fixture(scope="session")
def study(region: Region) -> Study:
    return _study_of(region, 3)
