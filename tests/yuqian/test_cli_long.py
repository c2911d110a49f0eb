"""``yuqian long`` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from yuqian.cli import main


def test_long_prints_an_optimistic_bound_and_saves(tiny_scenario: Path, tmp_path: Path) -> None:
    arguments = ["long", str(tiny_scenario), "--years", "2", "--runs", str(tmp_path), "--json"]
    found = CliRunner().invoke(main, arguments)
    assert found.exit_code == 0, found.output
    data = json.loads(found.stdout)
    assert data["status"] == "optimal"
    assert "optimistic" in data["foresight"]
    assert {row["class"] for row in data["classes"]} == {"town", "industry"}
    file = Path(data["folder"]) / "results.nc"
    assert CliRunner().invoke(main, ["check", str(file)]).exit_code == 0


def test_long_shows_a_table(tiny_scenario: Path, tmp_path: Path) -> None:
    found = CliRunner().invoke(main, ["long", str(tiny_scenario), "--years", "1", "--runs", str(tmp_path)])
    assert found.exit_code == 0, found.output
    assert "OPTIMISTIC" in found.output
    assert "saved in" in found.output


def test_an_unknown_scenario_is_bad_input(tmp_path: Path) -> None:
    found = CliRunner().invoke(main, ["long", "no-such-plan", "--runs", str(tmp_path / "runs")])
    assert found.exit_code == 2
    assert not (tmp_path / "runs").exists()


def test_long_writes_the_standard_tables(tiny_scenario: Path, tmp_path: Path) -> None:
    arguments = ["long", str(tiny_scenario), "--years", "1", "--runs", str(tmp_path)]
    file = tmp_path / "tables.xlsx"
    assert CliRunner().invoke(main, [*arguments, "--tables", str(file), "--drought", "1"]).exit_code == 0
    assert file.exists()
    assert CliRunner().invoke(main, [*arguments, "--tables", "tables.txt"]).exit_code == 2
    assert CliRunner().invoke(main, [*arguments, "--drought", "2"]).exit_code == 2
