"""The command line: what it lists, what it refuses and with which exit code, and that help is quick."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from yuqian.assets.source import Confidence
from yuqian.cli import main
from yuqian.cli_tell import BAD_INPUT, FINE, INFEASIBLE, LIMIT_WITHOUT_SOLUTION, TARGET_MISSED
from yuqian.models.clock import Clock
from yuqian.models.kinds import known_kinds
from yuqian.reports.results import read_results

POWER, WATER = "tiny/power.yaml", "tiny/water.yaml"
WASTE = "power_max_mw: {value: 40, source: plan, confidence: plan}"


def call(*words: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(scope="module")
def shown() -> dict[str, Any]:
    result = call("assets", "show", "panlong_1", "--json")
    assert result.exit_code == FINE
    return json.loads(result.stdout)


def test_show_as_data_has_source_and_confidence_for_every_number(shown: dict[str, Any]) -> None:
    assert (shown["id"], shown["kind"], shown["status"]) == ("panlong_1", "pumped_storage", "operating")
    assert shown["name"]["zh"]
    facts = shown["facts"]
    assert set(facts) <= set(known_kinds()["pumped_storage"].model_fields)
    assert facts["unit_count"]["value"] * facts["unit_power_generate_mw"]["value"] == 1200
    for name, fact in facts.items():
        assert fact["sources"], name
        assert all(len(text) > 3 for text in fact["sources"]), name
        assert fact["confidence"] in {one.value for one in Confidence}, name
        assert fact["unit"], name
        assert fact["file"].startswith("assets/"), name
        assert fact["line"] > 0, name
        assert fact["confidence"] != "assumed" or fact["range"], name


def test_show_as_a_table(shown: dict[str, Any]) -> None:
    result = call("assets", "show", "panlong_1")
    assert result.exit_code == FINE
    for name, fact in shown["facts"].items():
        assert name in result.stdout
        assert fact["confidence"] in result.stdout
    assert "蟠龙" in result.stdout


def test_list_as_data_and_as_a_table(tiny_scenario: Path) -> None:
    listed = json.loads(call("assets", "list", tiny_scenario, "--json").stdout)
    ids = [asset["id"] for asset in listed]
    assert {"waste", "dreamt", "lake"} <= set(ids)
    table = call("assets", "list", tiny_scenario)
    assert table.exit_code == FINE
    assert all(asset_id in table.stdout for asset_id in ids)


def test_list_of_the_shipped_region() -> None:
    result = call("assets", "list", "2025-today")
    assert result.exit_code == FINE
    assert "panlong_1" in result.stdout


def test_show_of_an_asset_that_is_not_there(tiny_scenario: Path) -> None:
    near = call("assets", "show", "wast", "--scenario", tiny_scenario)
    assert near.exit_code == BAD_INPUT
    assert "there is no asset 'wast'; did you mean 'waste'?" in near.stderr
    far = call("assets", "show", "xyzzy", "--scenario", tiny_scenario)
    assert far.exit_code == BAD_INPUT
    assert "there is no asset 'xyzzy'; see 'yuqian assets list'" in far.stderr


def test_scenarios() -> None:
    wanted = {"2025-today", "2030-firm", "2030-plan", "2035-vision"}
    assert wanted <= set(json.loads(call("scenarios", "--json").stdout))
    assert wanted <= set(call("scenarios").stdout.split())


def test_kinds() -> None:
    text = call("kinds").stdout
    data = json.loads(call("kinds", "--json").stdout)
    assert list(data) == list(known_kinds())
    for name in data:
        assert name in text
    assert "power_max_mw" in data["wind_farm"]["properties"]


def test_validate(tiny_scenario: Path) -> None:
    result = call("validate", tiny_scenario)
    assert result.exit_code == FINE
    assert "now is valid: " in result.stdout
    assert "dreamt" in result.stdout
    data = json.loads(call("validate", tiny_scenario, "--json").stdout)
    assert data["scenario"] == "now"
    assert len(data["fingerprint"]) == 64
    assert any(note["asset"] == "dreamt" and note["what"] == "left-out" for note in data["notes"])


def test_explain(tiny_scenario: Path) -> None:
    result = call("explain", tiny_scenario, "-o", "waste.power_max_mw=41", "--json")
    assert result.exit_code == FINE
    changed = json.loads(result.stdout)
    assert changed["waste.power_max_mw"][-1].startswith("command line")
    assert "power.yaml:" in changed["waste.power_max_mw"][0]
    assert "waste.power_max_mw: " in call("explain", tiny_scenario, "-o", "waste.power_max_mw=41").stdout


@pytest.mark.parametrize("words", [("validate",), ("run",), ("explain",), ("assets", "list")])
def test_unknown_scenario(words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = call(*words, "2030-plam")
    assert result.exit_code == BAD_INPUT
    assert "did you mean '2030-plan'?" in result.stderr
    assert "nothing was written" in result.stderr
    assert not list(tmp_path.iterdir())


BAD = {
    "unknown kind": (POWER, "id: store\n    kind: battery", "id: store\n    kind: batery", "store.kind", "'battery'"),
    "unknown field": (POWER, "full_load_hours_h_per_year", "ful_load_hours_h_per_year", None, "did you mean"),
    "unknown scenario below": ("now.yaml", "region: tiny", "base: 2030-plam\nregion: tiny", "scenario", "'2030-plan'"),
    "wrong unit": (POWER, WASTE, WASTE.replace("mw: {value: 40", "kw: {value: 40000"), "waste.power_max_kw", "from kW to MW"),
    "not a number": (POWER, WASTE, WASTE.replace("40", ".nan"), "waste.power_max_mw", ""),
    "negative capacity": (POWER, WASTE, WASTE.replace("40", "-40"), "waste.power_max_mw", ""),
    "dangling bus": (POWER, "bus: main_bus\n    power_max_mw: {value: 40,", "bus: main_buss\n    power_max_mw: {value: 40,",
                     "waste.bus", "'main_bus'"),
    "dangling node": (WATER, "node_from: lake\n    node_to: canal_head", "node_from: lakes\n    node_to: canal_head",
                      "ditch.node_from", "'lake'"),
    "two assets with one id": (WATER, "id: works\n", "id: smelter\n", "smelter.id", ""),
    "level curve that falls": (WATER, "[300, 350, 380]", "[300, 390, 380]", "lake.curve_level_m", ""),
    "prices of another length": (WATER, "yuan_per_m3: {value: [15]", "yuan_per_m3: {value: [15, 16]", "factory", ""),
}  # fmt: skip


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("command", ["run", "validate"])
@pytest.mark.parametrize("case", BAD.values(), ids=BAD)
def test_bad_input_is_refused_with_place_and_next_step(
    case: tuple[str, str, str, str | None, str],
    command: str,
    tmp_path: Path,
    write_region: Callable[[Path], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file, old, new, field, hint = case
    monkeypatch.chdir(tmp_path)
    scenario = write_region(tmp_path)
    path = tmp_path / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    before = contents(tmp_path)
    begin = text[: text.index(old)].count("\n") + 1
    lines = range(begin, begin + new.count("\n") + 1)

    said = call(command, scenario)
    data = json.loads(call(command, scenario, "--json").stdout)

    assert said.exit_code == BAD_INPUT
    assert "nothing was written" in said.stderr
    assert contents(tmp_path) == before
    about = [p for p in data["problems"] if field is None or p["where"].startswith(field)]
    assert about, said.stderr
    problem = about[0]
    assert problem["file"].endswith(file)
    assert field == "factory" or problem["line"] in lines
    assert problem["found"]
    assert problem["allowed"]
    assert hint in problem["next_step"]
    for part in (f"{problem['file']}:{problem['line']}: {problem['where']}", f"do: {problem['next_step']}"):
        assert part in said.stderr


def test_bad_override_names_the_command_line(tiny_scenario: Path, tmp_path: Path) -> None:
    result = call("run", tiny_scenario, "-o", "waste.power_max_kw=40000", "--runs", tmp_path / "runs")
    assert result.exit_code == BAD_INPUT
    assert "command line: waste.power_max_kw" in result.stderr
    assert not (tmp_path / "runs").exists()


def test_series_that_is_too_short(tmp_path: Path) -> None:
    (tmp_path / "short.csv").write_text(
        "time,ghi,temperature_c\n2025-01-01 00:00,0,5\n2025-01-01 01:00,0,5\n", encoding="utf-8"
    )
    card = "title: Mast\nlatitude_deg: 28.97\nlongitude_deg: 106.65\n"
    (tmp_path / "short.csv.source.yaml").write_text(card, encoding="utf-8")
    before = contents(tmp_path)
    for words in (("check", tmp_path / "short.csv"), ("compare", tmp_path / "short.csv")):
        result = call("series", *words)
        assert result.exit_code == BAD_INPUT
        assert "short.csv: it has 2 hours; at least a day is needed" in result.stderr
    assert contents(tmp_path) == before


def test_a_run_with_a_series_of_the_user_that_is_too_short(tiny_scenario: Path, tmp_path: Path) -> None:
    file = tmp_path / "inflow.csv"
    file.write_text("time,hills.inflow_m3_per_s\n2030-01-01,5\n2030-01-02,6\n", encoding="utf-8")
    before = contents(tmp_path)
    result = call("run", tiny_scenario, "--series", file, "--json", "--runs", tmp_path / "runs")
    assert result.exit_code == BAD_INPUT
    (problem,) = json.loads(result.stdout)["problems"]
    assert (problem["file"], problem["line"], problem["where"]) == (str(file), 3, "time")
    assert "363 are missing, the first 2030-01-03 00:00" in problem["found"]
    assert contents(tmp_path) == before


@pytest.mark.usefixtures("short_year")
def test_a_run_with_a_series_of_the_user(tiny_scenario: Path, tmp_path: Path) -> None:
    file = tmp_path / "inflow.csv"
    file.write_text("time,hills.inflow_m3_per_s\n2030-07-01,5\n2030-07-02,6\n", encoding="utf-8")
    result = call("run", tiny_scenario, "--series", file, "--json", "--runs", tmp_path / "runs")
    assert result.exit_code == FINE
    answer = read_results(Path(json.loads(result.stdout)["folder"]) / "results.nc").answers()["hills"]
    assert answer.inflow_m3_per_s.tolist() == [5.0, 6.0]


@pytest.fixture
def short_year(monkeypatch: pytest.MonkeyPatch) -> None:
    """A year of two days."""
    monkeypatch.setattr(Clock, "of_year", classmethod(lambda cls, year: cls.of_days(dt.date(year, 7, 1), 2)))


@pytest.mark.usefixtures("short_year")
def test_run_and_check(tiny_scenario: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    result = call("run", tiny_scenario, "--json", "--runs", runs, "--require-targets")
    assert result.exit_code == TARGET_MISSED
    data = json.loads(result.stdout)
    assert data["status"] == "optimal"
    assert data["audit"]["passes"]
    assert data["audit"]["largest_relative"] <= 1e-6
    assert set(data["targets"]) == {"capacity", "water", "people"}
    assert data["targets"]["capacity"]["counted_mw"] == 71
    file = Path(data["folder"]) / "results.nc"
    assert file.parent.parent == runs
    checked = call("check", file)
    assert checked.exit_code == FINE
    assert "all pass" in checked.stdout
    assert json.loads(call("check", file, "--json").stdout)["passes"]


@pytest.mark.usefixtures("short_year")
def test_run_as_tables(tiny_scenario: Path, tmp_path: Path) -> None:
    result = call("run", tiny_scenario, "--runs", tmp_path, "-o", "waste.power_max_mw=80", "--require-targets")
    assert result.exit_code == FINE
    for text in ("installed capacity", "water allocated", "people supplied", "holds", "optimal", "saved in"):
        assert text in result.stdout
    assert "solve" in result.stderr


@pytest.mark.usefixtures("short_year")
def test_limit_and_infeasible_have_exit_codes(tiny_scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from yuqian.optimise.solve import Outcome
    from yuqian.reports.study import NoAnswer, Study

    for outcome, code in (
        (Outcome.INFEASIBLE, INFEASIBLE),
        (Outcome.UNBOUNDED, INFEASIBLE),
        (Outcome.LIMIT_WITHOUT_SOLUTION, LIMIT_WITHOUT_SOLUTION),
        (Outcome.INTERRUPTED, LIMIT_WITHOUT_SOLUTION),
    ):

        def stop(*_: object, outcome: Outcome = outcome) -> None:
            raise NoAnswer(outcome, "look here")

        monkeypatch.setattr(Study, "run", stop)
        result = call("run", tiny_scenario, "--runs", tmp_path / "runs")
        assert result.exit_code == code
        assert "look here" in result.stderr
        assert not (tmp_path / "runs").exists()


def test_check_of_a_foreign_file(tmp_path: Path) -> None:
    path = tmp_path / "foreign.nc"
    path.write_text("no netCDF", encoding="utf-8")
    result = call("check", path)
    assert result.exit_code == BAD_INPUT
    assert "is no results file of yuqian" in result.stderr
    assert call("check", tmp_path / "missing.nc").exit_code == BAD_INPUT


@pytest.mark.parametrize("words", [[], ["run"], ["assets", "show"], ["series", "make"]])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys\nfrom yuqian.cli import main\n"
        f"try:\n    main({[*words, '--help']!r})\nexcept SystemExit as end:\n    assert not end.code\n"
        "heavy = {'pyomo', 'pandas', 'pvlib', 'xarray', 'highspy', 'numpy', 'scipy', 'pydantic', 'rich'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "Usage:" in told.stdout


@pytest.mark.slow
def test_the_plan_over_the_whole_year(tmp_path: Path) -> None:
    result = call("run", "2030-plan", "--json", "--runs", tmp_path)
    assert result.exit_code == FINE
    data = json.loads(result.stdout)
    assert data["status"] == "optimal"
    assert data["audit"]["largest_relative"] <= 1e-6


def test_run_refuses_a_stress_overlay_that_there_is_not(tiny_scenario: Path, tmp_path: Path) -> None:
    result = call("run", tiny_scenario, "--stress", "ice_age", "--runs", tmp_path / "runs")
    assert result.exit_code == BAD_INPUT
    assert "summer_2022" in result.output
    assert not (tmp_path / "runs").exists()
