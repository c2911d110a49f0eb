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


@pytest.mark.parametrize("learnt", [True, False])
def test_the_bracket_counts_and_prices_all_ways_alike(tiny_scenario: Path, values: Path, learnt: bool) -> None:
    source = ["--values", str(values)] if learnt else ["--learn-years", "2"]
    found = CliRunner().invoke(main, ["bracket", str(tiny_scenario), "--years", "2", *source, "--json"])
    assert found.exit_code == 0, found.output
    data = json.loads(found.stdout)
    assert list(data["ways"]) == list(data["bills"]) == ["rules", "rolling horizon", "perfect foresight"]
    assert data["foresight"]["from"] == "rules"
    assert data["foresight"]["to"] == "perfect foresight"
    bills = data["bills"].values()
    least = data["bills"]["perfect foresight"]["total_yuan"]
    assert all(bill["total_yuan"] >= least - 1e-6 * abs(least) - 1.0 for bill in bills)
    assert all(0.0 < bill["closing_hm3"] < 200.0 and bill["largest_residual"] < 1e-6 for bill in bills)
    for rows in data["ways"].values():
        assert all(row["guarantee_by_year_interval"][0] <= row["guarantee_by_year_fraction"] for row in rows)


def test_values_of_another_network_are_refused(tiny_scenario: Path, values: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(values.read_text(encoding="utf-8").replace("lake.storage_hm3", "pond.storage_hm3"), encoding="utf-8")
    found = CliRunner().invoke(main, ["bracket", str(tiny_scenario), "--years", "2", "--values", str(other)])
    assert found.exit_code == 2
    assert "water-values" in found.output


def test_bracket_and_values_are_tables_for_people(tiny_scenario: Path, values: Path, tmp_path: Path) -> None:
    found = CliRunner().invoke(main, ["bracket", str(tiny_scenario), "--years", "2", "--no-rolling", "--values", str(values)])
    assert found.exit_code == 0, found.output
    assert "OPTIMISTIC" in found.output
    assert "all together" in found.output
    out = tmp_path / "values.json"
    found = CliRunner().invoke(main, ["water-values", str(tiny_scenario), "--years", "2", "--out", str(out)])
    assert found.exit_code == 0, found.output
    assert "yuan/m3" in found.output
