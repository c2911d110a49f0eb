"""Each kind of bad input is refused with file, line, field and a next step, everything at once."""

from __future__ import annotations

from typing import Any

import pytest

from yuqian.assets.catalogue import load_catalogue
from yuqian.assets.problems import CatalogueError, Code
from yuqian.assets.scenario import load_region

POWER, WATER = "small/power.yaml", "small/water.yaml"
WIND = "power_max_mw: {value: 50, source: plan, confidence: plan}"


def test_the_small_region_is_sound(small: Any) -> None:
    assert [asset.id for asset in small.load().assets] == ["ditch", "main_bus", "river", "upper"]


def test_unknown_kind(small: Any) -> None:
    problem = small.refused(POWER, "kind: wind_farm", "kind: windfarm", Code.UNKNOWN_KIND, "ridge.kind")
    assert problem.next_step == "did you mean 'wind_farm'?"


def test_unknown_field(small: Any) -> None:
    problem = small.refused(POWER, "power_curve: vestas", "powercurve: vestas", Code.UNKNOWN_FIELD, "ridge.powercurve")
    assert problem.next_step == "did you mean 'power_curve'?"


def test_misspelt_identity(small: Any) -> None:
    small.change(POWER, "in_service: 2029", "in_servise: 2029")
    problem = small.problem()
    assert (problem.code, problem.next_step) == (Code.UNKNOWN_FIELD, "did you mean 'in_service'?")


def test_wrong_unit(small: Any) -> None:
    new = "power_max_kw: {value: 50000, source: plan, confidence: plan}"
    problem = small.refused(POWER, WIND, new, Code.WRONG_UNIT, "ridge.power_max_kw")
    assert "power_max_mw" in problem.allowed
    assert "convert the number from kW to MW" in problem.next_step


def test_unit_left_out(small: Any) -> None:
    new = "power_max: {value: 50, source: plan, confidence: plan}"
    assert "power_max_mw" in small.refused(POWER, WIND, new, Code.WRONG_UNIT, "ridge.power_max").next_step


def test_unknown_scenario() -> None:
    with pytest.raises(CatalogueError) as caught:
        load_region("2030-plam")
    (problem,) = caught.value.problems
    assert problem.code is Code.UNKNOWN_SCENARIO
    assert problem.next_step == "did you mean '2030-plan'?"


def test_unknown_region() -> None:
    with pytest.raises(CatalogueError, match="did you mean 'qijiang'"):
        load_catalogue("qijian")


def test_scenario_names_a_region_that_is_not_there(small: Any) -> None:
    small.refused("today.yaml", "region: small", "region: smell", Code.NOT_FOUND, "region")


def test_unknown_base(small: Any) -> None:
    line = small.change("today.yaml", "year: 2025", "base: 2030-firmer")
    problems = small.problems()
    assert (problems[-1].code, problems[-1].line) == (Code.UNKNOWN_SCENARIO, line)


def test_base_in_a_circle(small: Any) -> None:
    small.refused("today.yaml", "region: small", "base: today\nregion: small", Code.CIRCLE, "base")


def test_unknown_source(small: Any) -> None:
    problem = small.refused(
        POWER, WIND, WIND.replace("source: plan", "source: plam"), Code.UNKNOWN_SOURCE, "ridge.power_max_mw.source"
    )
    assert problem.next_step == "did you mean 'plan'?"


def test_unknown_source_of_evidence(small: Any) -> None:
    small.refused(POWER, "source: [plan, guess]", "source: [plan, gess]", Code.UNKNOWN_SOURCE, "ridge.evidence.source")


def test_unknown_status(small: Any) -> None:
    problem = small.refused(POWER, "status: committed", "status: commited", Code.UNKNOWN_CHOICE, "ridge.status")
    assert problem.next_step == "did you mean 'committed'?"


def test_unknown_rung(small: Any) -> None:
    small.refused("today.yaml", "building", "bilding", Code.UNKNOWN_CHOICE, "select.rungs")


def test_unknown_scope(small: Any) -> None:
    problem = small.refused(
        POWER, "scope: district\n    evidence: {source: [", "scope: distrikt\n    evidence: {source: [",
        Code.UNKNOWN_CHOICE, "ridge.scope",
    )  # fmt: skip
    assert problem.next_step == "did you mean 'district'?"


def test_declared_scopes_are_the_only_ones(small: Any) -> None:
    small.change("small/region.yaml", "  targets:", "  scopes: {county: {en: County, zh: 县}}\n  targets:")
    problems = small.problems()
    assert {problem.code for problem in problems} == {Code.UNKNOWN_CHOICE}
    assert all("county" in problem.allowed for problem in problems)


@pytest.mark.parametrize("confidence", ["certain", "asumed"])
def test_unknown_confidence(small: Any, confidence: str) -> None:
    new = WIND.replace("confidence: plan", f"confidence: {confidence}")
    small.refused(POWER, WIND, new, Code.UNKNOWN_CHOICE, "ridge.power_max_mw.confidence")


def test_missing_field(small: Any) -> None:
    small.change(POWER, f"    {WIND}\n", "")
    problem = small.problem()
    assert (problem.code, problem.where) == (Code.MISSING_FIELD, "ridge.power_max_mw")
    assert problem.line == 9


@pytest.mark.parametrize("part", ["name: {en: Ridge, zh: 山脊风电场}", "status: committed"])
def test_missing_identity(small: Any, part: str) -> None:
    small.change(POWER, f"    {part}\n", "")
    problem = small.problem()
    assert (problem.code, problem.where) == (Code.MISSING_FIELD, f"ridge.{part.split(':')[0]}")


def test_missing_id_and_kind(small: Any) -> None:
    small.add(POWER, "  - name: {en: X, zh: X}\n    status: study\n    scope: district\n    evidence: {source: plan}\n")
    assert {problem.where for problem in small.problems()} == {"assets[3].id", "assets[3].kind"}


@pytest.mark.parametrize("value", [".nan", "NaN", ".inf", "-.inf"])
def test_not_finite(small: Any, value: str) -> None:
    small.refused(POWER, WIND, WIND.replace("50", value), Code.NOT_FINITE, "ridge.power_max_mw")


def test_not_finite_in_a_list(small: Any) -> None:
    small.refused(WATER, "curve_level_m: {value: [300, 350", "curve_level_m: {value: [300, .nan", Code.NOT_FINITE,
                  "lake.curve_level_m")  # fmt: skip


def test_negative_capacity(small: Any) -> None:
    problem = small.refused(POWER, WIND, WIND.replace("50", "-50"), Code.NOT_ALLOWED, "ridge.power_max_mw")
    assert problem.found == "-50"
    assert problem.allowed == "more than 0"


def test_fraction_above_one(small: Any) -> None:
    problem = small.refused(POWER, "loss_fraction: {value: 0.13", "loss_fraction: {value: 13", Code.NOT_ALLOWED,
                            "ridge.loss_fraction")  # fmt: skip
    assert problem.allowed == "at most 1"


def test_text_for_a_number(small: Any) -> None:
    problem = small.refused(POWER, WIND, WIND.replace("50", "50 MW"), Code.WRONG_TYPE, "ridge.power_max_mw")
    assert "a number in MW" in problem.allowed


def test_a_day_that_is_none(small: Any) -> None:
    small.refused(WATER, 'refill_end: "10-11"', 'refill_end: "October"', Code.NOT_ALLOWED, "lake.refill_end")


def test_level_curve_that_falls(small: Any) -> None:
    problem = small.refused(WATER, "[300, 350, 380]", "[300, 390, 380]", Code.INCONSISTENT, "lake.curve_level_m")
    assert "390 to 380" in problem.allowed


def test_dangling_bus(small: Any) -> None:
    problem = small.refused(POWER, "bus: main_bus", "bus: main_buss", Code.DANGLING, "ridge.bus")
    assert problem.next_step == "did you mean 'main_bus'?"


def test_dangling_node(small: Any) -> None:
    small.refused(WATER, "node_from: upper", "node_from: uper", Code.DANGLING, "ditch.node_from")


def test_reference_to_the_wrong_balance(small: Any) -> None:
    problem = small.refused(POWER, "bus: main_bus", "bus: river", Code.WRONG_BALANCE, "ridge.bus")
    assert "opens a water balance" in problem.found
    assert "an electric balance" in problem.allowed


def test_two_assets_with_one_id(small: Any) -> None:
    line = small.change(WATER, "id: upper", "id: main_bus")
    problems = small.problems()
    twice = [problem for problem in problems if problem.code is Code.DUPLICATE_ID]
    assert [(problem.line, problem.where) for problem in twice] == [(line, "main_bus.id")]
    assert "power.yaml:2" in twice[0].found


@pytest.mark.parametrize("part", ["source", "confidence", "value"])
def test_incomplete_fact(small: Any, part: str) -> None:
    words = {"value": "50", "source": "plan", "confidence": "plan"}
    new = "power_max_mw: {" + ", ".join(f"{key}: {word}" for key, word in words.items() if key != part) + "}"
    problem = small.refused(
        POWER, WIND, new, Code.MISSING_FIELD, "ridge.power_max_mw" + ("" if part == "value" else f".{part}")
    )
    assert part in problem.next_step


def test_unknown_part_of_a_fact(small: Any) -> None:
    small.change(POWER, WIND, WIND.replace("plan}", "plan, nota: x}"))
    problem = small.problem()
    assert (problem.code, problem.where) == (Code.UNKNOWN_FIELD, "ridge.power_max_mw.nota")
    assert problem.next_step == "did you mean 'note'?"


def test_assumed_without_range(small: Any) -> None:
    new = WIND.replace("confidence: plan", "confidence: assumed")
    assert "range" in small.refused(POWER, WIND, new, Code.RANGE, "ridge.power_max_mw").next_step


@pytest.mark.parametrize(
    "bounds", ["range: [51, 60]", "range: [60, 40]", "range: [40]", "range: 50", "range: [.nan, 60]", "range: [[40], [60]]"]
)
def test_range_that_does_not_hold_the_value(small: Any, bounds: str) -> None:
    new = WIND.replace("confidence: plan", f"confidence: assumed, {bounds}")
    small.refused(POWER, WIND, new, Code.RANGE, "ridge.power_max_mw.range")


@pytest.mark.parametrize("factor", ["[1.1, 1.2]", "[0.8]", "[-1, 2]"])
def test_factor_that_does_not_hold_one(small: Any, factor: str) -> None:
    small.refused(WATER, "range_factor: [0.8, 1.25]", f"range_factor: {factor}", Code.RANGE,
                  "lake.curve_storage_hm3.range_factor")  # fmt: skip


def test_range_of_a_list_of_another_length(small: Any) -> None:
    small.refused(WATER, "[[0.1, 1.5, 5], [0.3, 2.5, 7]]", "[[0.1, 1.5], [0.3, 2.5]]", Code.RANGE,
                  "lake.curve_area_km2.range")  # fmt: skip


def test_bare_number(small: Any) -> None:
    problem = small.refused(POWER, WIND, "power_max_mw: 50", Code.BARE_NUMBER, "ridge.power_max_mw")
    assert "value, source and confidence" in problem.next_step


def test_syntax(small: Any) -> None:
    small.change(POWER, "voltage_kv: {value: 220, source: plan, confidence: plan}", "voltage_kv: {value: 220, source: plan")
    problem = next(problem for problem in small.problems() if problem.code is Code.SYNTAX)
    assert problem.file.endswith(POWER)
    assert 8 <= problem.line <= 10


def test_duplicate_key(small: Any) -> None:
    line = small.change(POWER, "    bus: main_bus\n", "    bus: main_bus\n    bus: main_bus\n")
    problem = small.problem()
    assert (problem.code, problem.line) == (Code.DUPLICATE_KEY, line + 1)
    assert f"line {line}" in problem.found


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}\n"])
def test_empty_file(small: Any, text: str) -> None:
    small.add("small/more.yaml", text)
    problem = small.problem()
    assert problem.code is Code.EMPTY_FILE
    assert problem.file.endswith("more.yaml")


def test_not_utf8(small: Any) -> None:
    (small.root / "small" / "more.yaml").write_bytes("assets: [] # 水库".encode("gbk"))
    assert small.problem().code is Code.SYNTAX


def test_missing_file(small: Any) -> None:
    (small.root / "small" / "sources.yaml").unlink()
    problem = small.problem()
    assert problem.code is Code.NOT_FOUND
    assert problem.file.endswith("small/sources.yaml")


def test_unknown_key_of_a_file(small: Any) -> None:
    small.add("small/more.yaml", "asets: []\n")
    assert small.problem().next_step == "did you mean 'assets'?"


def test_unknown_switch_of_a_target(small: Any) -> None:
    small.change("small/region.yaml", "  targets:\n", "  targets:\n    count_captiv: true\n")
    assert small.problem().next_step == "did you mean 'count_captive'?"


def test_target_switch_of_the_wrong_type(small: Any) -> None:
    small.change("small/region.yaml", "  targets:\n", "  targets:\n    count_captive: maybe\n")
    assert small.problem().allowed == "true or false"


def test_everything_wrong_in_all_files_at_once(small: Any) -> None:
    small.change(POWER, "kind: bus", "kind: buss")
    small.change(POWER, WIND, "power_max_mw: -50")
    small.change(WATER, "[300, 350, 380]", "[300, 390, 380]")
    small.change(WATER, "node_from: upper", "node_from: uper")
    small.change("today.yaml", "building", "bilding")
    small.change("small/region.yaml", "value: 1000", "value: .nan")
    small.add("small/more.yaml", "assets: [\n")
    codes = {problem.code for problem in small.problems("ridge.power_max_mw=", "nothing=1", "ridge.hub_height_m=tall")}
    assert codes >= {
        Code.UNKNOWN_KIND, Code.BARE_NUMBER, Code.INCONSISTENT, Code.DANGLING, Code.UNKNOWN_CHOICE, Code.NOT_FINITE,
        Code.SYNTAX, Code.WRONG_TYPE,
    }  # fmt: skip


def test_problems_come_in_the_order_of_the_files(small: Any) -> None:
    small.change(POWER, "kind: bus", "kind: buss")
    small.change(POWER, WIND, WIND.replace("50", "-50"))
    small.change(WATER, "node_from: upper", "node_from: uper")
    places = [(problem.file, problem.line) for problem in small.problems()]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("override", "where", "code"),
    [
        ("ridge.power_max_kw=50000", "ridge.power_max_kw", Code.WRONG_UNIT),
        ("ridge.power_max_mw=-3", "ridge.power_max_mw", Code.NOT_ALLOWED),
        ("ridge.power_max_mw=.nan", "ridge.power_max_mw", Code.NOT_FINITE),
        ("rigde.power_max_mw=3", "assets.rigde", Code.UNKNOWN_ASSET),
        ("ridge.kind=pv_plant", "ridge.kind", Code.UNKNOWN_FIELD),
        ("ridge.status=built", "ridge.status", Code.UNKNOWN_CHOICE),
        ("ridge.bus=river", "ridge.bus", Code.WRONG_BALANCE),
        ("ridge.power_max_mw", "override", Code.WRONG_TYPE),
        ("year=soon", "year", Code.WRONG_TYPE),
        ("select.rungs=[built]", "select.rungs", Code.UNKNOWN_CHOICE),
        ("select.scopes=[distrikt]", "select.scopes", Code.UNKNOWN_CHOICE),
        ("select.add=[rigde]", "select.rigde", Code.UNKNOWN_ASSET),
        ("targets.count_captve=true", "targets.count_captve", Code.UNKNOWN_FIELD),
        ("targets.power_mw=-1", "targets.power_mw", Code.NOT_ALLOWED),
    ],
)
def test_bad_override(small: Any, override: str, where: str, code: Code) -> None:
    problem = small.problem(override)
    assert (problem.where, problem.code, problem.file) == (where, code, "command line")


def test_asset_added_and_removed(small: Any) -> None:
    small.add("today.yaml", "  add: [ridge]\n  remove: [ridge]\n")
    problem = small.problem()
    assert (problem.code, problem.line) == (Code.INCONSISTENT, 9)


def test_scenario_without_what_it_needs(small: Any) -> None:
    small.change("today.yaml", "year: 2025\n", "")
    small.change("today.yaml", "name: {en: Today, zh: 现状}\n", "")
    assert {problem.where for problem in small.problems()} == {"name", "year"}
