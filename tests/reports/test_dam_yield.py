"""The best yield of a dam of a region, alone with its catchments, and its verb."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from yuqian.assets.scenario import load_region
from yuqian.cli import main
from yuqian.optimise.best_yield import YieldError
from yuqian.reports.dam_yield import dam_yield
from yuqian.timeseries.long_series import LongPlan

PLAN = LongPlan(years=3)


def test_more_failing_years_yield_more_and_shallow_ones_less(tiny_scenario: Path) -> None:
    region = load_region(tiny_scenario)
    firm, once, shallow = (dam_yield(region, "lake", PLAN, failing, depth) for failing, depth in ((0, 1.0), (1, 1.0), (1, 0.1)))
    assert 0.0 < firm.yield_hm3 <= shallow.yield_hm3 * (1 + 1e-6)
    assert shallow.yield_hm3 <= once.yield_hm3 * (1 + 1e-6)
    assert firm.yield_hm3 < firm.inflow_hm3
    assert (firm.found.failing_years, firm.guarantee_fraction) == ((), 3 / 4)
    assert len(once.found.failing_years) <= 1
    assert once.bound_hm3 >= once.yield_hm3 * (1 - 1e-9)
    lake = region.asset("lake").model
    assert firm.active_hm3 == pytest.approx(lake.storage_hm3_at(375.0) - lake.storage_hm3_at(330.0))  # type: ignore[attr-defined]


@pytest.mark.parametrize(("dam", "words"), [("works", "there are lake"), ("nobody", "is no dam")])
def test_what_is_no_dam_is_refused(tiny_scenario: Path, dam: str, words: str) -> None:
    with pytest.raises(YieldError, match=words):
        dam_yield(load_region(tiny_scenario), dam, PLAN, 0)


def test_the_verb_tells_yield_bound_and_years(tiny_scenario: Path) -> None:
    arguments = ["best-yield", "lake", str(tiny_scenario), "--years", "3", "--failing", "1"]
    found = CliRunner().invoke(main, [*arguments, "--json"])
    assert found.exit_code == 0, found.output
    data = json.loads(found.stdout)
    assert data["bound_hm3_per_year"] >= data["yield_hm3_per_year"] * (1 - 1e-9)
    assert "no operating rule" in data["foresight"]
    assert CliRunner().invoke(main, [*arguments, "--failing", "3"]).exit_code == 2
    assert CliRunner().invoke(main, ["best-yield", "works", str(tiny_scenario), "--years", "3"]).exit_code == 2
