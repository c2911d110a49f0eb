"""Fitted rule curves on a region whose lake empties every few years: there, going short early and a little pays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import water
from yuqian.assets.scenario import load_region
from yuqian.optimise.long_simulation import LongRun
from yuqian.reports.fitted_rules import FITTED, IMPROVED, STANDARD, FittedRules, fit_rules, storages_of
from yuqian.reports.long import LongStudy
from yuqian.timeseries.long_series import LongPlan

LEARN = LongRun(years=6, traces=12, by_day=False, first=8)


def _thirsty() -> str:
    """The tiny lake with a ninth of its water, at the same demands."""
    changed = water()
    for old, new in (
        ("catchment_km2: {value: 1000", "catchment_km2: {value: 110"),
        ("area_km2: {value: 1000", "area_km2: {value: 110"),
        ("curve_storage_hm3: {value: [0, 60, 200]", "curve_storage_hm3: {value: [0, 4, 14]"),
        ("curve_area_km2: {value: [0.2, 2, 6]", "curve_area_km2: {value: [0.1, 0.15, 0.6]"),
    ):
        assert changed.count(old) == 1, old
        changed = changed.replace(old, new)
    return changed


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory, write_region: Callable[..., Path]) -> FittedRules:
    region = load_region(write_region(tmp_path_factory.mktemp("thirsty"), water=_thirsty()))
    optimum = LongStudy.of(region, LongPlan(years=6, seed=LEARN.seed, trace=LEARN.first)).run()
    return fit_rules(region, storages_of(optimum), LEARN, apart=12)


def test_improved_curves_beat_the_standard_rule_on_traces_held_apart(fitted: FittedRules) -> None:
    standard, improved = fitted.scores[STANDARD], fitted.scores[IMPROVED]
    assert improved.learnt <= fitted.scores[FITTED].learnt
    assert improved.apart < 0.95 * standard.apart
    assert fitted.chosen == IMPROVED


def test_the_run_goes_by_the_rule_that_was_chosen(fitted: FittedRules) -> None:
    timeline = LEARN.calendar.timeline
    assert fitted.for_run(LEARN).limits == fitted.curves.rules(fitted.storages, timeline, fitted.usual).limits
    assert replace(fitted, chosen=STANDARD).for_run(LEARN).lines == {}
    assert "the run goes by: curves improved" in fitted.lines()
