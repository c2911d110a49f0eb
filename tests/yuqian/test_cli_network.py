"""The verb ``network``: loadings and outages of a run, and a scenario secured against them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from yuqian.cli import main
from yuqian.cli_tell import BAD_INPUT, FINE


def call(*words: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def numbers(**values: object) -> str:
    return "".join(f"    {name}: {{value: {value}, source: plan, confidence: plan}}\n" for name, value in values.items())


def asset(name: str, kind: str, text: str = "", **plain: object) -> str:
    rest = "".join(f"    {key}: {value}\n" for key, value in plain.items())
    return (
        f"  - id: {name}\n    kind: {kind}\n    name: {{en: {name}, zh: 甲}}\n    status: operating\n    scope: district\n"
        f"    evidence: {{source: plan}}\n{rest}{text}"
    )


def power(left_mw: float) -> str:
    """A plant of 100 MW at one bus, a works of 90 MW at another, and two equal lines between them."""
    plant = numbers(power_max_mw=100, full_load_hours_h_per_year=8760, co2_t_per_mwh=0.5, variable_cost_yuan_per_mwh=100)
    works = numbers(
        production_t_per_year=788400, energy_kwh_per_t=1000, shed_share_fraction=[1], shed_price_yuan_per_mwh=[20000]
    )  # fmt: skip
    line = {"loss_fraction": 0, "reactance_pu": 0.01}
    return "assets:\n" + "".join(
        [
            asset("north", "bus", numbers(voltage_kv=220)),
            asset("south", "bus", numbers(voltage_kv=220)),
            asset("plant", "baseload_plant", plant, bus="north"),
            asset("works", "industrial_load", works, bus="south"),
            asset("left", "line", numbers(power_max_mw=left_mw, **line), bus_from="north", bus_to="south"),
            asset("right", "line", numbers(power_max_mw=200, **line), bus_from="north", bus_to="south"),
        ]
    )


Region = Callable[..., Path]


@pytest.fixture(name="scenario")
def one_scenario(tmp_path: Path, write_region: Region) -> Path:
    return write_region(tmp_path, power=power(60), water=None)


def test_loadings_and_outages_of_a_run(scenario: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    assert call("network", "now", "--runs", runs).exit_code == BAD_INPUT
    assert call("run", scenario, "--runs", runs, "--json").exit_code == FINE
    result = call("network", "now", "--runs", runs, "--json")
    assert result.exit_code == FINE
    found: dict[str, Any] = json.loads(result.stdout)
    lines = {one["line"]: one for one in found["lines"]}
    assert lines["left"]["highest_loading_fraction"] == pytest.approx(0.75)
    assert lines["left"]["hours_above_90_percent"] == 0
    assert lines["right"]["mean_flow_mw"] == pytest.approx(45.0)
    assert found["meshes"] == 1
    outages = found["n_minus_1"]
    assert (outages["outages"], outages["screened"], outages["overloaded"]) == (2, 2 * 8760, 8760)
    worst = outages["pairs"][0]
    assert (worst["line"], worst["outage"], worst["steps_over"]) == ("left", "right", 8760)
    assert worst["loading_fraction"] == pytest.approx(1.5)
    shown = call("network", "--file", found["file"])
    assert shown.exit_code == FINE
    assert "1 mesh(es)" in shown.stdout
    assert "left" in shown.stdout


def test_a_scenario_secured(scenario: Path) -> None:
    """60 of the 90 MW get through; the works does without 30 MW at 20000 yuan/MWh in place of the plant's 100."""
    result = call("network", scenario, "--secure", "--days", "2", "--json")
    assert result.exit_code == FINE
    found = json.loads(result.stdout)
    assert found["secure"]
    assert found["added_by_round"] == [48]
    assert found["cost_of_security_yuan"] == pytest.approx(48 * 30 * (20000 - 100))
    assert found["overloaded_after"] == 0
    assert found["largest_overload_by_audit_mw"] < 1e-3
    shown = call("network", scenario, "--secure", "--days", "1")
    assert "48 combinations of line, outage and hour screened, 24 overloaded; 24 rows added in 1 round(s)" in shown.stdout
