"""Overlays, selection, forwarding, provenance and fingerprints."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yuqian.assets.asset import Status
from yuqian.assets.catalogue import load_catalogue
from yuqian.assets.locate import find_region, region_names
from yuqian.assets.problems import CatalogueError, Code, Mark, Problems
from yuqian.assets.region import NoteCode
from yuqian.assets.source import Confidence

BASE = """\
id: base
name: {en: Base, zh: 基准}
region: small
year: 2030
select: {rungs: [operating, building, committed], in_service_by: 2030-12-31, remove: [ridge], reason: it is windless}
assets:
  ridge:
    power_max_mw: {value: 60, source: plan, confidence: plan}
    hub_height_m: {value: 90, source: plan, confidence: plan}
"""

OVER = """\
name: {en: Over, zh: 叠加}
base: base
year: 2031
select:
  add: [{id: ridge, reason: it blows}]
assets:
  ridge:
    power_max_mw:
      {value: 70, source: guess, confidence: assumed, range: [60, 80]}
    in_service: 2031-05-01
    status: preliminary
targets:
  count_captive: true
"""


@pytest.fixture
def over(small: Any) -> Any:
    small.add("base.yaml", BASE)
    small.add("over.yaml", OVER)
    return small


def test_the_later_file_wins_value_by_value(over: Any) -> None:
    region = over.load(scenario=over.root / "over.yaml")
    ridge = region.asset("ridge")
    assert (region.scenario, region.name.en, region.year) == ("over", "Over", 2031)
    assert (ridge.facts["power_max_mw"].value, ridge.model.power_max_mw) == (70, 70.0)
    assert ridge.model.hub_height_m == 90.0
    assert ridge.model.wind_mean_m_per_s == 5.5
    assert ridge.status is Status.PRELIMINARY
    assert region.selection.rungs == (Status.OPERATING, Status.BUILDING, Status.COMMITTED)
    assert region.targets.count_captive
    assert not region.targets.count_battery


def test_each_value_knows_file_and_line(over: Any) -> None:
    region = over.load("ridge.hub_height_m=95", scenario=over.root / "over.yaml")

    def place(path: str) -> tuple[str, int]:
        mark = region.provenance(path)
        return Path(mark.file).name, mark.line

    assert place("ridge.power_max_mw") == ("over.yaml", 8)
    assert place("ridge.in_service") == ("over.yaml", 10)
    assert place("ridge.hub_height_m") == ("command line", 0)
    assert place("ridge.wind_mean_m_per_s") == ("power.yaml", 19)
    assert place("ridge.power_curve") == ("power.yaml", 22)
    assert place("ridge.scope") == ("power.yaml", 14)
    assert place("year") == ("over.yaml", 3)
    assert place("select.rungs") == ("base.yaml", 5)
    assert place("select.ridge") == ("over.yaml", 5)
    assert place("targets.count_captive") == ("over.yaml", 13)
    assert place("targets.power_mw") == ("region.yaml", 5)
    files = [Path(mark.file).name for mark in region.history["ridge.hub_height_m"]]
    assert files == ["power.yaml", "base.yaml", "command line"]
    fact = region.asset("ridge").facts["power_max_mw"]
    assert (Path(fact.file).name, fact.line) == ("over.yaml", 8)
    with pytest.raises(KeyError, match=r"did you mean 'ridge.power_max_mw'"):
        region.provenance("ridge.power_mx_mw")


def test_reasons_are_told(over: Any) -> None:
    region = over.load(scenario=over.root / "over.yaml")
    (note,) = [note for note in region.notes if note.code is NoteCode.ADDED]
    assert (note.asset, "it blows" in note.text) == ("ridge", True)
    with pytest.raises(KeyError, match="left out by the scenario"):
        over.load(scenario=over.root / "base.yaml").asset("ridge")
    with pytest.raises(KeyError, match="did you mean 'ridge'"):
        region.asset("rigde")


def test_a_scenario_brings_documents_of_its_own(over: Any) -> None:
    over.add("own.yaml", "name: {en: Own, zh: 自有}\nbase: over\nsources:\n  survey: {title: A survey, date: 2031}\nassets:\n"
             "  ridge:\n    hub_height_m: {value: 99, source: survey, confidence: public}\n")  # fmt: skip
    region = over.load(scenario=over.root / "own.yaml")
    assert region.asset("ridge").facts["hub_height_m"].sources == ("survey",)
    assert (region.sources["survey"].title, region.sources["survey"].date) == ("A survey", "2031")
    assert "survey" not in over.load(scenario=over.root / "over.yaml").sources


def test_a_document_cannot_take_the_place_of_another(over: Any) -> None:
    over.add("today.yaml", "sources:\n  plan: {title: Another plan}\n  nothing: {date: 2031}\n")
    first, second = over.problems()
    assert {(one.code, one.where) for one in (first, second)} == {
        (Code.DUPLICATE_ID, "sources.plan"), (Code.WRONG_TYPE, "sources.nothing")
    }  # fmt: skip


def test_the_command_line_wins(over: Any) -> None:
    region = over.load(
        "ridge.power_max_mw=72", "ridge.power_max_mw=71", "year=2040", "ridge.status=operating", "targets.power_mw=200",
        "select.remove=[ridge]", "rungs=[operating]", "in_service_by=2040", scenario=over.root / "over.yaml",
    )  # fmt: skip
    assert (region.year, region.targets.power_mw, region.selection.rungs) == (2040, 200.0, (Status.OPERATING,))
    assert str(region.selection.in_service_by) == "2040-12-31"
    (ridge,) = [asset for asset in region.left_out if asset.id == "ridge"]
    fact = ridge.facts["power_max_mw"]
    assert (fact.value, fact.sources, fact.confidence, fact.unit) == (71, ("command line",), Confidence.ASSUMED, "MW")
    assert "70" in fact.note
    assert ridge.status is Status.OPERATING
    assert region.targets.facts["power_mw"].sources == ("command line",)


def test_a_list_and_a_choice_on_the_command_line(small: Any) -> None:
    region = small.load("lake.curve_area_km2=[0.3, 2, 5]", "ridge.power_curve=siemens_swt142_3150", "select.add=[lake, ridge]")
    assert region.asset("lake").model.curve_area_km2 == (0.3, 2.0, 5.0)
    assert region.asset("ridge").model.power_curve == "siemens_swt142_3150"


@pytest.mark.parametrize(
    ("override", "served"),
    [
        ("year=2025", False),
        ("in_service_by=2029-06-29", False),
        ("in_service_by=2029-06-30", True),
        ("select.add=[ridge]", True),
        ("ridge.in_service=2025-12-31", True),
    ],
)
def test_day_of_service(small: Any, override: str, served: bool) -> None:
    assert ("ridge" in {asset.id for asset in small.load(override).assets}) is served


@pytest.mark.parametrize(("status", "served"), [("operating", True), ("building", False), ("committed", False)])
def test_a_project_without_a_day_of_service_does_not_serve(small: Any, status: str, served: bool) -> None:
    small.change("small/power.yaml", "    in_service: 2029-06-30\n", "")
    region = small.load(f"ridge.status={status}")
    assert ("ridge" in {asset.id for asset in region.assets}) is served


def test_scopes_select(small: Any) -> None:
    region = small.load("ridge.scope=outside", "scopes=[district]", "in_service_by=2030")
    (note,) = [note for note in region.notes if note.asset == "ridge"]
    assert "scope outside" in note.text
    assert "ridge" in {asset.id for asset in small.load("ridge.scope=outside", "in_service_by=2030").assets}


def test_what_is_given_to_an_absent_reservoir_goes_on_downstream(small: Any) -> None:
    region = small.load()
    ditch = region.asset("ditch")
    assert (ditch.model.node_to, ditch.plain["node_to"].value) == ("river", "river")
    assert region.catalogue.assets["ditch"].model.node_to == "lake"
    (note,) = [note for note in region.notes if note.code is NoteCode.FORWARDED]
    assert note.asset == "ditch"
    assert "river" in note.text
    assert "lake" in note.text
    assert small.load("in_service_by=2030").asset("ditch").model.node_to == "lake"


RESERVE = """\
assets:
  - id: {id}
    kind: reserve_requirement
    name: {{en: Reserve, zh: 备用}}
    status: {status}
    scope: district
    evidence: {{source: plan}}
    requirement_base_mw: {{value: 5, source: plan, confidence: plan}}
"""


def test_reserve_is_offered_only_to_requirements_in_service(small: Any) -> None:
    small.change("small/power.yaml", "    bus: main_bus\n", "    bus: main_bus\n    reserves: [upwards, downwards]\n")
    small.add("small/up.yaml", RESERVE.format(id="upwards", status="operating"))
    small.add("small/down.yaml", RESERVE.format(id="downwards", status="study"))
    region = small.load("in_service_by=2030")
    ridge = region.asset("ridge")
    assert (ridge.model.reserves, ridge.plain["reserves"].value) == (("upwards",), ("upwards",))
    (note,) = [note for note in region.notes if note.asset == "ridge" and note.code is NoteCode.FORWARDED]
    assert "leaves out downwards" in note.text


def test_a_reserve_that_is_no_asset_is_refused(small: Any) -> None:
    small.change("small/power.yaml", "    bus: main_bus\n", "    bus: main_bus\n    reserves: [main_bus, nowhere]\n")
    (problem,) = small.problems()
    assert "'nowhere', which is no asset" in problem.found


def lake(name: str, downstream: str, water: str) -> str:
    start = water.index("  - id: lake")
    text = water[start : water.index("  - id: ditch")]
    return text.replace("id: lake", f"id: {name}").replace("downstream: river", f"downstream: {downstream}")


def test_forwarding_goes_past_several(small: Any) -> None:
    water = (small.root / "small" / "water.yaml").read_text(encoding="utf-8")
    small.add("small/more.yaml", "assets:\n" + lake("upper_lake", "lake", water))
    small.change("small/water.yaml", "node_to: lake", "node_to: upper_lake")
    assert small.load().asset("ditch").model.node_to == "river"
    assert small.load("select.add=[lake]").asset("ditch").model.node_to == "lake"


def test_forwarding_in_a_circle_is_refused(small: Any) -> None:
    water = (small.root / "small" / "water.yaml").read_text(encoding="utf-8")
    small.add("small/more.yaml", "assets:\n" + lake("upper_lake", "lake", water))
    problem = small.problem("lake.downstream=upper_lake")
    assert (problem.code, problem.where) == (Code.NOT_IN_SERVICE, "ditch.node_to")


@pytest.mark.parametrize(
    ("file", "old", "new", "where", "absent"),
    [
        (
            "small/water.yaml",
            "node_from: upper\n    node_to: lake",
            "node_from: lake\n    node_to: river",
            "ditch.node_from",
            "lake",
        ),
        ("small/power.yaml", "in_service: 2029-06-30", "in_service: 2024-06-30", "ridge.bus", "main_bus"),
    ],
)
def test_taking_from_what_is_not_there_is_refused(small: Any, file: str, old: str, new: str, where: str, absent: str) -> None:
    small.change(file, old, new)
    problem = small.problem(f"{absent}.status=study")
    assert (problem.code, problem.where) == (Code.NOT_IN_SERVICE, where)
    assert f"'{absent}'" in problem.found
    assert "'today'" in problem.found
    assert f"add '{absent}' or remove '{where.split('.')[0]}'" in problem.next_step
    assert "today.yaml" in problem.next_step


def test_assumed_facts(small: Any) -> None:
    region = small.load("in_service_by=2030", "ridge.power_max_mw=40")
    assumed = {(asset.id, name) for asset, name, _ in region.assumed_facts()}
    assert assumed == {
        ("lake", "curve_storage_hm3"), ("lake", "curve_area_km2"), ("ridge", "hub_height_m"),
        ("ridge", "wind_mean_m_per_s"), ("ridge", "power_max_mw"),
    }  # fmt: skip
    facts = region.asset("lake").facts
    assert facts["curve_storage_hm3"].ends() == ((0.0, 48.0, 160.0), (0.0, 75.0, 250.0))
    assert facts["curve_area_km2"].ends() == ((0.1, 1.5, 5), (0.3, 2.5, 7))
    assert region.asset("ridge").facts["hub_height_m"].ends() == (80, 120)
    assert facts["level_dead_m"].ends() is None


def test_fingerprint_does_not_depend_on_where_things_stand(small: Any) -> None:
    before = small.load().fingerprint()
    small.change("small/power.yaml", "assets:", "# a comment\n\nassets:")
    (small.root / "small" / "power.yaml").rename(small.root / "small" / "zz.yaml")
    small.change("small/zz.yaml", "{value: 50,", "{value: 50.0,")
    assert small.load().fingerprint() == before


@pytest.mark.parametrize(
    "override",
    ["year=2026", "ridge.power_max_mw=51", "ridge.status=study", "targets.count_battery=true", "select.add=[ridge]",
     "ridge.captive=true"],
)  # fmt: skip
def test_fingerprint_depends_on_every_value(small: Any, override: str) -> None:
    assert small.load(override).fingerprint() != small.load().fingerprint()


@given(
    values=st.dictionaries(
        st.sampled_from(["power_max_mw", "hub_height_m", "wind_mean_m_per_s", "variable_cost_yuan_per_mwh"]),
        st.floats(min_value=0.5, max_value=500, allow_nan=False).map(lambda x: round(x, 3)),
        min_size=1,
    ),
    seed=st.integers(0, 1000),
)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_overrides_of_different_values_come_in_any_order(small: Any, values: dict[str, float], seed: int) -> None:
    overrides = [f"ridge.{name}={value}" for name, value in values.items()]
    region = small.load(*overrides)
    random.Random(seed).shuffle(overrides)
    assert small.load(*overrides).fingerprint() == region.fingerprint()
    model = region.catalogue.assets["ridge"].model
    assert {name: getattr(model, name) for name in values} == values


@given(values=st.lists(st.integers(1, 900), min_size=1, max_size=4))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_of_a_chain_of_files_the_last_wins(small: Any, values: list[int]) -> None:
    base = "today"
    for number, value in enumerate(values):
        fact = f"{{value: {value}, source: plan, confidence: plan}}"
        text = f"base: {base}\nassets:\n  ridge:\n    power_max_mw: {fact}\n"
        base = f"layer{number}"
        (small.root / f"{base}.yaml").write_text(text, encoding="utf-8")
    region = small.load(scenario=small.root / f"{base}.yaml")
    assert region.catalogue.assets["ridge"].model.power_max_mw == values[-1]
    assert len(region.history["ridge.power_max_mw"]) == len(values) + 1
    assert region.provenance("ridge.power_max_mw").file.endswith(f"{base}.yaml")


def test_a_region_of_the_package_is_not_taken_from_the_folder_one_stands_in(
    small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = region_names()[0]
    (small.root / "small").rename(small.root / name)
    small.change("today.yaml", "region: small", f"region: {name}")
    monkeypatch.chdir(small.root)
    problems = Problems()
    shipped = find_region(name, None, problems, Mark("x"))
    assert shipped is not None
    assert shipped.label == f"assets/{name}"
    assert load_catalogue(f"./{name}").region.id == "small"
    assert small.load().id == "small"


def test_a_wrong_value_of_a_base_is_refused_even_if_it_is_laid_over(over: Any) -> None:
    over.change("base.yaml", "power_max_mw: {value: 60", "power_max_mw: {value: -60")
    with pytest.raises(CatalogueError, match=r"base\.yaml:8: ridge\.power_max_mw: found -60"):
        over.load(scenario=over.root / "over.yaml")
