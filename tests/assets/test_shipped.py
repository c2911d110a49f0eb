"""The regions and scenarios that come with the package are whole, and agree with sums made by hand."""

from __future__ import annotations

import pytest

from yuqian.assets.asset import Status
from yuqian.assets.catalogue import Catalogue, load_catalogue
from yuqian.assets.locate import region_names
from yuqian.assets.region import NoteCode, Region
from yuqian.assets.scenario import load_region, scenario_names
from yuqian.assets.source import Confidence
from yuqian.models.kind import CapacityGroup


@pytest.fixture(scope="module")
def catalogues() -> dict[str, Catalogue]:
    return {name: load_catalogue(name) for name in region_names()}


@pytest.fixture(scope="module")
def regions() -> dict[str, Region]:
    return {name: load_region(name) for name in scenario_names()}


def test_scenarios_and_regions_are_found() -> None:
    assert set(scenario_names()) >= {"2025-today", "2030-firm", "2030-plan", "2035-vision"}
    assert "qijiang" in region_names()


def test_every_fact_is_whole(catalogues: dict[str, Catalogue]) -> None:
    for catalogue in catalogues.values():
        facts = list(catalogue.facts())
        assert facts
        for asset, name, fact in facts:
            label = f"{asset.id}.{name}"
            assert fact.sources, label
            assert set(fact.sources) <= set(catalogue.sources), label
            assert fact.unit or isinstance(fact.value, str), label
            assert fact.line > 0, label
            assert fact.confidence is not Confidence.ASSUMED or fact.ends() is not None or isinstance(fact.value, str), label


def test_every_asset_has_names_and_evidence(catalogues: dict[str, Catalogue]) -> None:
    for catalogue in catalogues.values():
        for asset in catalogue.assets.values():
            assert asset.name.en, asset.id
            assert asset.name.zh, asset.id
            assert asset.evidence is not None, asset.id
            assert asset.evidence.sources, asset.id
            assert asset.model.id == asset.id


def test_every_scenario_refers_to_what_is_in_service(regions: dict[str, Region]) -> None:
    for region in regions.values():
        serving = {asset.id for asset in region.assets}
        assert [asset.id for asset in region.assets] == sorted(serving)
        for asset in region.assets:
            assert {str(item.value) for item in asset.plain.values()} & {other.id for other in region.left_out} == set()
        assert {note.asset for note in region.notes if note.code is NoteCode.LEFT_OUT} == {a.id for a in region.left_out}


def test_scenarios_differ_and_fingerprints_stay(regions: dict[str, Region]) -> None:
    prints = {name: region.fingerprint() for name, region in regions.items()}
    assert len(set(prints.values())) == len(prints)
    assert load_region("2025-today").fingerprint() == prints["2025-today"]


def counted_mw(region: Region, *statuses: Status, captive: bool = False) -> float:
    """Installed capacity as the targets count it, with or without captive plants."""
    total = 0.0
    for asset in region.assets:
        capacity = asset.model.capacity()
        counts = asset.counts_towards_nameplate and (captive or not asset.captive)
        in_scope = asset.scope in region.targets.power_scopes
        of_status = not statuses or asset.status in statuses
        if capacity is not None and capacity.group is CapacityGroup.GENERATION and counts and in_scope and of_status:
            total += capacity.rated_mw
    return total


def test_installed_capacity_in_service_today(regions: dict[str, Region]) -> None:
    """Pumped storage 4 x 300 and coal 2 x 660; the captive plant adds 2 x 330."""
    today = regions["2025-today"]
    assert counted_mw(today) == pytest.approx(2520)
    assert counted_mw(today, captive=True) == pytest.approx(3180)


def test_the_plan_reaches_its_target_only_with_preliminary_projects(regions: dict[str, Region]) -> None:
    plan = regions["2030-plan"]
    sure = (Status.OPERATING, Status.BUILDING, Status.COMMITTED)
    assert counted_mw(plan, *sure) == pytest.approx(3548)
    assert counted_mw(plan) >= plan.targets.power_mw
    assert counted_mw(regions["2030-firm"]) < plan.targets.power_mw


def test_targets(catalogues: dict[str, Catalogue]) -> None:
    targets = catalogues["qijiang"].targets
    assert (targets.power_mw, targets.water_hm3_per_year, targets.people_persons) == (6000, 500, 3_000_000)
    assert (targets.count_battery, targets.count_captive, targets.count_reclaimed, targets.count_downstream) == (
        False, False, True, True,
    )  # fmt: skip
    assert {fact.confidence for fact in targets.facts.values()} == {Confidence.PLAN}


def test_both_ends_of_every_range_are_values_that_the_kind_takes(catalogues: dict[str, Catalogue]) -> None:
    for catalogue in catalogues.values():
        for asset, name, fact in catalogue.facts():
            for value in fact.ends() or ():
                type(asset.model).model_validate({**asset.model.model_dump(), name: value})
