"""The bracket and the values of water from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from yuqian.cli import main


@pytest.fixture(scope="module")
def values(tiny_scenario: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("values") / "values.json"
    found = CliRunner().invoke(main, ["water-values", str(tiny_scenario), "--years", "2", "--out", str(out), "--json"])
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["stocks"] == ["lake.storage_hm3"]
    return out


@pytest.mark.parametrize("terminal", ["target", "value", "none"])
def test_the_bracket_counts_all_ways_alike(tiny_scenario: Path, values: Path, terminal: str) -> None:
    arguments = ["bracket", str(tiny_scenario), "--years", "2", "--terminal", terminal, "--values", str(values), "--json"]
    found = CliRunner().invoke(main, arguments)
    assert found.exit_code == 0, found.output
    data = json.loads(found.stdout)
    assert list(data["ways"]) == ["rules", "rolling horizon", "perfect foresight"]
    assert data["foresight"]["from"] == "rules"
    assert data["foresight"]["to"] == "perfect foresight"
    assert data["closing_hm3"]["perfect foresight"] >= data["closing_hm3"]["rules"] - 1e-6
    assert all(0.0 < data["closing_hm3"][name] < 200.0 for name in data["ways"])
    for rows in data["ways"].values():
        assert all(row["guarantee_by_year_interval"][0] <= row["guarantee_by_year_fraction"] for row in rows)
    for gap in data["foresight"]["gap"]:
        assert gap["supplied_hm3_per_year"] >= -1e-6


def test_values_must_be_there_to_end_with(tiny_scenario: Path) -> None:
    found = CliRunner().invoke(main, ["bracket", str(tiny_scenario), "--terminal", "value"])
    assert found.exit_code == 2
    assert "water-values" in found.output


def test_the_bracket_is_a_table_for_people(tiny_scenario: Path) -> None:
    found = CliRunner().invoke(main, ["bracket", str(tiny_scenario), "--years", "2", "--no-rolling"])
    assert found.exit_code == 0, found.output
    assert "OPTIMISTIC" in found.output
