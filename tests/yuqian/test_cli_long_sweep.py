"""``yuqian long-sweep`` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from yuqian.cli import main


def test_a_number_without_a_range_is_bad_input(tiny_scenario: Path) -> None:
    found = CliRunner().invoke(main, ["long-sweep", "ditch.flow_max_m3_per_s", str(tiny_scenario)])
    assert found.exit_code == 2
    assert "no range" in found.output


def test_a_sweep_prints_all_ends(tiny_scenario: Path) -> None:
    path = tiny_scenario.parent / "swept.yaml"
    path.write_text(
        "id: swept\nname: {en: Swept, zh: 变幅}\nbase: now\nassets:\n  ditch:\n    flow_max_m3_per_s:\n"
        "      {value: 8, source: guess, confidence: assumed, range: [0.5, 9]}\n",
        encoding="utf-8",
    )
    arguments = ["long-sweep", "ditch.flow_max_m3_per_s", str(path), "--years", "1", "--drought", "1"]
    found = CliRunner().invoke(main, [*arguments, "--json"])
    assert found.exit_code == 0, found.output
    points = json.loads(found.stdout)["points"]
    assert [point["value"] for point in points] == [0.5, 8, 9]
    supplied = [
        next(row["supplied_hm3_per_year"] for row in point["classes"] if row["class"] == "industry") for point in points
    ]
    assert supplied[0] < supplied[1]
    table = CliRunner().invoke(main, arguments)
    assert "OPTIMISTIC" in table.output
    assert "driest 1 years" in table.output
