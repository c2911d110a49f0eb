"""The three promises counted by hand on a tiny region."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from yuqian.assets.scenario import load_region
from yuqian.models.ledger import Account
from yuqian.reports.study import RunResult, Study
from yuqian.reports.tables import run_as_data, targets_table
from yuqian.reports.targets import Verdict, count_capacity, count_targets

HM3_PER_YEAR = 31.536
"""Volume of 1 m3/s over a year."""


def test_capacity_by_hand(tiny_run: RunResult) -> None:
    capacity = tiny_run.targets.capacity
    assert capacity.counted_mw == 40 + 20 + 11
    assert capacity.by_rung_mw == {"operating": 40, "building": 20, "committed": 11, "preliminary": 0, "study": 0}
    assert capacity.ladder_mw == {**capacity.by_rung_mw, "study": 9}
    assert (capacity.battery_mw, capacity.captive_mw) == (10, 5)
    assert capacity.by_scope_mw == {"district": 40 + 5 + 3 + 20 + 11 + 10, "wansheng": 7}
    assert (capacity.target_mw, capacity.verdict) == (100, Verdict.FAILS)
    assert capacity.assumed == ()


@pytest.mark.parametrize(
    ("switch", "counted_mw"),
    [
        ("targets.count_captive=true", 71 + 5),
        ("targets.count_battery=true", 71 + 10),
        ("targets.power_scopes=[district, wansheng]", 71 + 7),
        ("mobile.counts_towards_nameplate=true", 71 + 3),
        ("select.add=[dreamt]", 71 + 9),
        ("select.in_service_by=2029-12-31", 71 - 11),
        ("waste.power_max_mw=69", 100),
    ],
)
def test_switches_of_the_count(tiny_scenario: Path, switch: str, counted_mw: float) -> None:
    region = load_region(tiny_scenario, [switch])
    capacity = count_capacity(region.catalogue, region)
    assert capacity.counted_mw == counted_mw
    assert capacity.verdict is (Verdict.HOLDS if counted_mw >= 100 else Verdict.FAILS)


def test_water_by_hand(tiny_run: RunResult) -> None:
    """Factory 1 m3/s; town 57 600 heads x 150 L x 1.25 a day = 0.125 m3/s at the tap, a fifth of the works' output leaks."""
    water = tiny_run.targets.water
    at_tap = water.by_class_hm3["town"]
    assert at_tap == pytest.approx(0.125 * HM3_PER_YEAR, rel=0.02)
    assert water.by_class_hm3 == pytest.approx({"industry": HM3_PER_YEAR, "town": at_tap, "leakage": at_tap / 4})
    assert water.demand_hm3 == pytest.approx(HM3_PER_YEAR + at_tap)
    assert water.allocated_hm3 == water.total_hm3 == pytest.approx(HM3_PER_YEAR + 1.25 * at_tap)
    assert {k: v for k, v in water.by_source_hm3.items() if v > 1e-9} == pytest.approx({"lake": water.allocated_hm3})
    assert water.verdict is Verdict.OPEN


def test_users_of_other_scopes_are_apart(tiny_run: RunResult, tiny_scenario: Path) -> None:
    region = load_region(tiny_scenario, ["factory.scope=wansheng"])
    study = dataclasses.replace(tiny_run.study, region=region)
    water = count_targets(region, tiny_run.ledger, study.demands(), study.clock).water
    assert "industry" not in water.by_class_hm3
    assert water.total_hm3 - water.allocated_hm3 == pytest.approx(HM3_PER_YEAR)


def test_people_by_hand(tiny_run: RunResult) -> None:
    """Two days of two without failure are 2/3 by m/(n+1)."""
    people = tiny_run.targets.people
    (town,) = people.towns
    assert (town.asset, town.persons, town.downstream, town.counted) == ("town", 57_600, False, True)
    assert town.guarantee_fraction == pytest.approx(2 / 3)
    assert people.supplied_persons == 57_600
    assert people.days == 2
    assert people.verdict is Verdict.OPEN


@pytest.mark.parametrize(("switches", "supplied"), [((), 57_600), (("targets.count_downstream=false",), 0)])
def test_towns_downstream(tiny_run: RunResult, tiny_scenario: Path, switches: tuple[str, ...], supplied: float) -> None:
    region = load_region(tiny_scenario, ["town.scope=wansheng", *switches])
    study = dataclasses.replace(tiny_run.study, region=region)
    people = count_targets(region, tiny_run.ledger, study.demands(), study.clock).people
    assert people.towns[0].downstream
    assert people.supplied_persons == supplied


@pytest.mark.parametrize(
    ("share", "supplied"), [(0.9, True), (0.81, True), (0.79, False), (0.5, False)]
)  # of the demand; the need at the norm is 1 / 1.25 = 0.8 of it
def test_a_person_is_supplied_while_the_need_at_the_norm_is_met(tiny_run: RunResult, share: float, supplied: bool) -> None:
    study = tiny_run.study
    lines = tuple(
        dataclasses.replace(line, values=line.values * share) if line.owner == "town" else line
        for line in tiny_run.ledger.accounts[Account.ALLOCATION]
    )
    ledger = dataclasses.replace(tiny_run.ledger, accounts={**tiny_run.ledger.accounts, Account.ALLOCATION: lines})
    people = count_targets(study.region, ledger, study.demands(), study.clock).people
    assert people.towns[0].guarantee_fraction == pytest.approx(2 / 3 if supplied else 0.0)
    assert people.supplied_persons == (57_600 if supplied else 0)
    assert people.verdict is (Verdict.OPEN if supplied else Verdict.FAILS)


def test_works_that_are_too_small_leave_the_town_short(tiny: Study, tiny_scenario: Path) -> None:
    """Half of 0.15625 m3/s at the outlet is 6750 m3 a day; less than the need, so nobody is supplied."""
    region = load_region(tiny_scenario, ["works.capacity_m3_per_day=6750"])
    targets = dataclasses.replace(tiny, region=region).run().targets
    assert targets.people.supplied_persons == 0
    assert targets.water.by_class_hm3["town"] == pytest.approx(6750 * 0.8 * 365 / 1e6)
    assert not targets.all_met


def test_a_run_as_data_and_as_a_table(tiny_run: RunResult) -> None:
    data = run_as_data(tiny_run)
    assert data["status"] == "optimal"
    assert data["audit"]["passes"]
    assert data["targets"]["capacity"]["margin_mw"] == -29
    assert data["targets"]["people"]["margin_persons"] == 7600
    assert data["targets"]["water"]["allocated_hm3_per_year"] == tiny_run.targets.water.allocated_hm3
    assert targets_table(tiny_run.targets).row_count == 3


@pytest.fixture
def reclaiming(tmp_path: Path, write_region: Callable[..., Path]) -> Path:
    """The tiny region, whose town's used water is cleaned for the factory."""
    scenario = write_region(tmp_path)
    path = tmp_path / "tiny" / "water.yaml"
    head = "    evidence: {source: plan}\n"
    numbers = "".join(
        f"    {name}: {{value: {value}, source: plan, confidence: plan}}\n"
        for name, value in {"capacity_m3_per_day": 50000, "energy_kwh_per_m3": 0.1, "cost_yuan_per_m3": 0.01}.items()
    )
    text = path.read_text(encoding="utf-8").replace(
        "served_region: home\n    return_to: river", "served_region: home\n    return_to: sewer"
    )
    text += (
        f"  - id: sewer\n    kind: water_node\n    name: {{en: Sewer, zh: 甲}}\n    status: operating\n"
        f"    scope: district\n{head}"
        f"  - id: reclaim\n    kind: reclamation_plant\n    name: {{en: Plant, zh: 甲}}\n    status: operating\n"
        f"    scope: district\n{head}    node_from: sewer\n    node_to: canal_head\n    bus: main_bus\n{numbers}"
    )
    path.write_text(text, encoding="utf-8")
    return scenario


def test_reclaimed_water_has_a_line_of_its_own(tiny: Study, reclaiming: Path) -> None:
    targets = dataclasses.replace(tiny, region=load_region(reclaiming)).run().targets
    at_tap = targets.water.by_class_hm3["town"]
    assert targets.water.by_source_hm3["reclaim"] == pytest.approx(0.8 * at_tap)
    assert targets.water.by_source_hm3["lake"] == pytest.approx(HM3_PER_YEAR + 1.25 * at_tap - 0.8 * at_tap)
    assert np.isclose(targets.water.allocated_hm3, HM3_PER_YEAR + 1.25 * at_tap)
