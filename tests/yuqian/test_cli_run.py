"""Parts of a year and rolling windows from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from yuqian.cli import main
from yuqian.cli_tell import BAD_INPUT, FINE


def call(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_a_part_by_windows_is_audited_and_checked_again(tiny_scenario: Path, tmp_path: Path) -> None:
    words = ("run", tiny_scenario, "--from", "07-01", "--days", 4, "--rolling", "--keep", 2, "--ahead", 1, "--runs", tmp_path)
    result = call(*words, "--json")
    assert result.exit_code == FINE, result.output
    data = json.loads(result.stdout)
    assert data["audit"]["passes"]
    rolling = data["rolling"]
    assert [window["keep_days"] for window in rolling["windows"]] == [1, 3]
    assert rolling["bound_yuan"] <= rolling["cost_yuan"] + rolling["end_yuan"] + 1e-6 * abs(rolling["cost_yuan"])
    assert all(len(levels) == 2 for levels in rolling["seams"].values())
    folder = Path(data["folder"])
    assert json.loads((folder / "rolling.json").read_text(encoding="utf-8"))["cost_yuan"] == rolling["cost_yuan"]
    assert "all pass" in call("check", folder / "results.nc").stdout
    again = json.loads(call(*words, "--json").stdout)
    assert again["rolling"]["windows"] == rolling["windows"]
    assert again["objective_yuan"] == data["objective_yuan"]


def test_a_part_says_how_it_was_come_by(tiny_scenario: Path, tmp_path: Path) -> None:
    words = ("run", tiny_scenario, "--from", "07-01", "--days", 2, "--runs", tmp_path)
    settled = call(*words, "--settle")
    assert settled.exit_code == FINE, settled.output
    assert "Heads, water surfaces and gates: settled" in settled.stdout
    assert "at its own heads" in settled.stdout
    assert "Strict order" in call(*words, "--order", "lexicographic").stdout
    assert "Heads" not in call(*words).stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "07-01"), "--days"),
        (("--from", "02-30", "--days", "3"), "no day of 2030"),
        (("--from", "12-30", "--days", "5"), "has 2 days"),
        (("--rolling", "--settle"), "--settle"),
        (("--rolling", "-o", "water.ordering=lexicographic"), "--order weighted"),
    ],
)
def test_what_a_run_cannot_do_is_refused(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    result = call("run", "2030-plan", *words, "--runs", tmp_path / "runs")
    assert result.exit_code == BAD_INPUT
    assert said in result.output
    assert not (tmp_path / "runs").exists()
