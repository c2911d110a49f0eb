"""``yuqian simulate`` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from yuqian.assets.scenario import load_region
from yuqian.assets.workbook import read_workbook
from yuqian.cli import main
from yuqian.optimise.long_simulation import LongRun, simulate_long
from yuqian.optimise.simulate import Keep
from yuqian.reports.operating_tables import indicators


def run(scenario: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["simulate", str(scenario), "--years", "2", "--traces", "2", "--dekads", *arguments])


def test_counts_by_class_and_closes_its_balance(tiny_scenario: Path) -> None:
    found = run(tiny_scenario, "--json")
    assert found.exit_code == 0, found.output
    data = json.loads(found.stdout)
    assert {row["name"] for row in data["classes"]} == {"class.town", "class.ecological", "class.industry"}
    assert data["balance_residual"] < 1e-9
    assert data["largest_rate_that_can_be_shown"] == pytest.approx(2 / 3)
    assert all(row["formula"] == "m/(n+1)" and row["years"] == 2 for row in data["classes"])


def test_a_drought_takes_from_supply(tiny_scenario: Path) -> None:
    usual, dry = (json.loads(run(tiny_scenario, "--json", *more).stdout) for more in ((), ("--drought", "2")))
    inflow = [sum(row["delivered_hm3_per_year"] for row in data["classes"]) for data in (usual, dry)]
    assert inflow[1] <= inflow[0]


def test_shows_tables_and_writes_them(tiny_scenario: Path, tmp_path: Path) -> None:
    found = run(tiny_scenario, "--users", "--over", "lake.level_dead_m", "--table", str(tmp_path / "standard.csv"))
    assert found.exit_code == 2
    assert "has no range" in found.output
    found = run(tiny_scenario, "--users", "--table", str(tmp_path / "standard.csv"))
    assert found.exit_code == 0, found.output
    assert "no foresight" in found.output
    table = pd.read_csv(tmp_path / "standard.csv")
    assert len(table) == 24
    assert {"来水", "月末库容", "是否破坏"} <= set(table)
    assert list(zip(table["年"], table["月"], strict=True))[11:13] == [(1, 12), (2, 1)]
    assert set(table["是否破坏"]) <= {"是", "否"}


def test_the_standard_tables_are_a_workbook_too(tiny_scenario: Path, tmp_path: Path) -> None:
    """A sheet a dam by its name, months by the calendar though years are counted from May, yearly figures by year."""
    file = tmp_path / "standard.xlsx"
    found = run(tiny_scenario, "--year-start", "05-01", "--table", str(file))
    assert found.exit_code == 0, found.output
    sheets = read_workbook(file)
    assert list(sheets) == ["说明", "供水保证率", "甲", "用户", "指标"]
    head, *months = sheets["甲"]
    wanted = [
        "来水",
        "蒸发渗漏",
        "生态下泄",
        "供水_城镇生活",
        "供水_一般工业",
        "缺水",
        "弃水",
        "月末库容",
        "月末水位",
        "是否破坏",
    ]
    assert set(wanted) <= set(head)
    assert [row[:2] for row in months[:2]] == [[1, 1], [1, 2]]
    assert [row[0] for row in sheets["供水保证率"]] == ["用户类别", "城镇生活", "河道内生态", "一般工业"]
    (lake,) = pd.DataFrame(sheets["指标"][1:], columns=sheets["指标"][0]).to_dict("records")
    assert 0.5 * lake["多年平均供水量"] < lake["设计枯水年供水量"] <= lake["多年平均供水量"] * 1.001
    assert run(tiny_scenario, "--table", str(tmp_path / "standard.txt")).exit_code == 2


def test_indicators_by_month_are_refused(tiny_scenario: Path) -> None:
    clock_run = LongRun(1, 1, keep=Keep.MONTH)
    with pytest.raises(ValueError, match="go by year"):
        indicators(simulate_long(load_region(tiny_scenario).kinds, clock_run))


@pytest.mark.parametrize("arguments", [("--year-start", "13-01"), ("-o", "nothing.there=1"), ("--over", "lake.nothing")])
def test_bad_input_is_refused(tiny_scenario: Path, arguments: tuple[str, ...]) -> None:
    assert run(tiny_scenario, *arguments).exit_code == 2


def test_rule_curves_are_fitted_and_judged_apart(tiny_scenario: Path) -> None:
    found = run(tiny_scenario, "--fit", "2")
    assert found.exit_code == 0, found.output
    for rule in ("standard rule", "curves of the optimum", "curves improved"):
        assert f"{rule}: " in found.output
    assert "on those held apart" in found.output


def test_foresight_stands_beside_the_rules(tiny_scenario: Path) -> None:
    data = json.loads(run(tiny_scenario, "--foresight", "1", "--json").stdout)
    worth = data["foresight_by_class"]
    assert (worth["traces"], list(worth["ways"])) == (1, ["rules", "perfect foresight"])
    assert {row["class"] for row in worth["foresight"]["gap"]} == {"town", "industry"}
    assert all(row["formula"] == data["classes"][0]["formula"] for rows in worth["ways"].values() for row in rows)
    found = run(tiny_scenario, "--foresight", "1", "--fit", "2")
    assert found.exit_code == 0, found.output
    assert all(word in found.output for word in ("perfect foresight", "by volume", "foresight", "OPTIMISTIC"))
    assert run(tiny_scenario, "--foresight", "3").exit_code == 2
    assert run(tiny_scenario, "--foresight", "1", "--drought", "1").exit_code == 2
