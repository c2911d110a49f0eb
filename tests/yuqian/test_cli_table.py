"""Tables of water users from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from yuqian.assets.workbook import read_workbook, write_workbook
from yuqian.cli import main


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_a_template_comes_back_as_a_scenario(tiny_scenario: Path, tmp_path: Path, ending: str) -> None:
    table, out = tmp_path / f"users.{ending}", tiny_scenario.parent / f"from_{ending}.yaml"
    written = CliRunner().invoke(main, ["template", "water", str(tiny_scenario), "--out", str(table), "--json"])
    assert written.exit_code == 0, written.output
    assert json.loads(written.stdout)["rows"] > 10
    arguments = ["import-water", str(table), "--base", str(tiny_scenario), "--out", str(out)]
    read = CliRunner().invoke(main, arguments)
    assert read.exit_code == 0, read.output
    assert CliRunner().invoke(main, ["validate", str(out)]).exit_code == 0


def test_a_wrong_table_writes_nothing(tiny_scenario: Path, tmp_path: Path) -> None:
    table, out = tmp_path / "users.xlsx", tmp_path / "mine.yaml"
    CliRunner().invoke(main, ["template", "water", str(tiny_scenario), "--out", str(table)])
    sheets = read_workbook(table)
    sheets["城镇生活"][1][1] = "nobody"
    write_workbook(table, sheets)
    found = CliRunner().invoke(main, ["import-water", str(table), "--base", str(tiny_scenario), "--out", str(out), "--json"])
    assert found.exit_code == 2
    assert not out.exists()
    (problem,) = json.loads(found.stdout)["problems"]
    assert (problem["row"], problem["column"]) == (2, 2)


def test_other_files_are_refused(tiny_scenario: Path, tmp_path: Path) -> None:
    found = CliRunner().invoke(main, ["template", "water", str(tiny_scenario), "--out", str(tmp_path / "users.ods")])
    assert found.exit_code == 2
    assert not list(tmp_path.iterdir())
