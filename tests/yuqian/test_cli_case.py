"""The verb ``solve-case``: what it prints, what it refuses, and with which exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from yuqian.cli import main
from yuqian.cli_tell import BAD_INPUT, FINE, INFEASIBLE

FOLDER = Path(__file__).parents[1] / "assets" / "pypsa"


def call(*words: str | Path) -> Result:
    result = CliRunner().invoke(main, ["solve-case", *(str(word) for word in words)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_case_as_data() -> None:
    result = call(FOLDER / "commitment", "--json")
    assert result.exit_code == FINE
    found = json.loads(result.stdout)
    assert found["status"] == "optimal"
    assert found["objective"] == pytest.approx(44340.0)
    assert found["bound"] <= found["objective"] + 1e-6
    assert found["gap_fraction"] <= 1e-4
    assert found["program"]["whole"] > 0
    assert found["audit"]["largest_relative"] < 1e-6


def test_case_relaxed_in_words() -> None:
    result = call(FOLDER / "commitment", "--relaxed")
    assert result.exit_code == FINE
    assert "optimal: objective " in result.stdout
    assert "audit of" in result.stdout
    relaxed = json.loads(call(FOLDER / "commitment", "--relaxed", "--json").stdout)
    assert relaxed["program"]["whole"] == 0
    assert relaxed["objective"] <= 44340.0


def test_what_cannot_be_carried_is_named_and_may_be_left_out(tmp_path: Path) -> None:
    for file in (FOLDER / "congested").glob("*.csv"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "processes.csv").write_text("name,bus0\nheat,one\n", encoding="utf-8")
    refused = call(tmp_path)
    assert refused.exit_code == BAD_INPUT
    assert "no kind can carry processes" in refused.stderr
    allowed = call(tmp_path, "--allow", "processes")
    assert allowed.exit_code == FINE
    assert "left out: processes" in allowed.stdout


def test_what_is_no_case_and_what_has_no_answer(tmp_path: Path) -> None:
    missing = call(tmp_path / "none")
    assert missing.exit_code == BAD_INPUT
    assert "there is no such file" in missing.stderr
    for file in (FOLDER / "congested").glob("*.csv"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "loads-p_set.csv").write_text(",city\n0,5000\n1,150\n", encoding="utf-8")
    found = call(tmp_path, "--json")
    assert found.exit_code == INFEASIBLE
    assert json.loads(found.stdout)["objective"] is None
