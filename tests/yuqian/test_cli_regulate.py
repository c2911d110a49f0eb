"""``yuqian regulate`` from the command line, on the example of the manual."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from yuqian.cli import main

EXAMPLES = Path(__file__).parents[2] / "docs/examples"
SERIES = EXAMPLES / "one_reservoir.csv"


def run(*arguments: object, series: Path = SERIES) -> Result:
    words = ["regulate", EXAMPLES / "one_reservoir.yaml", "--series", series, *arguments]
    return CliRunner().invoke(main, [str(word) for word in words])


def test_the_example_of_the_manual(tmp_path: Path) -> None:
    """The small reservoir of pywr's own tests: 35 in store, 10 asked a day."""
    found = run("--json", "--table", tmp_path / "days.csv")
    assert found.exit_code == 0, found.output
    data = json.loads(found.stdout)
    assert (data["first_day"], data["days"]) == ("2030-01-01", 5)
    assert data["supply"]["town"]["delivered_hm3"] == pytest.approx([10, 10, 10, 5, 0])
    assert data["reservoirs"]["lake"]["closing_hm3"] == pytest.approx([25, 15, 5, 0, 0])
    assert data["reservoirs"]["lake"]["level_m"] == pytest.approx([25, 15, 5, 0, 0])
    assert data["balance_residual"] < 1e-9
    assert pd.read_csv(tmp_path / "days.csv")["月末库容"].tolist() == pytest.approx([25, 15, 5, 0, 0])
    assert pd.read_csv(tmp_path / "days_users.csv")["供水"].tolist() == pytest.approx([10, 10, 10, 5, 0])


def test_a_value_may_be_changed_and_days_are_printed() -> None:
    found = run("-o", "lake.opening_storage_fraction=0.22")
    assert found.exit_code == 0, found.output
    assert [line.split()[3] for line in found.stdout.splitlines() if "2030-01-0" in line] == [
        "10.000",
        "10.000",
        "2.000",
        "0.000",
        "0.000",
    ]
    assert "44.00%" in found.stdout


def test_bad_series_are_refused(tmp_path: Path) -> None:
    text = SERIES.read_text(encoding="utf-8")
    file = tmp_path / "series.csv"
    file.write_text(text.replace("2030-01-03", "2030-01-06"), encoding="utf-8")
    found = run(series=file)
    assert found.exit_code == 2
    assert "1 are missing, the first 2030-01-03" in found.output
    file.write_text(text.replace("lake.evaporation_mm_per_day", "lake.vapour"), encoding="utf-8")
    assert "lake.vapour" in run(series=file).output
    file.write_text("\n".join(line.rsplit(",", 2)[0] for line in text.splitlines()), encoding="utf-8")
    found = run(series=file)
    assert found.exit_code == 2
    assert "lake.evaporation_mm_per_day is missing\nlake.ecological_flow_m3_per_s is missing; " in found.output
    file.write_text(text.splitlines()[0] + "\n", encoding="utf-8")
    assert "a row for each day" in run(series=file).output
    assert "no such file" in run(series=tmp_path / "none.csv").output
    assert run("--table", tmp_path / "days.txt").exit_code == 2
