"""``yuqian adequacy``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import xarray as xr
from click.testing import CliRunner, Result

from yuqian.cli_adequacy import adequacy
from yuqian.cli_tell import BAD_INPUT

LOAD_MW = 2000 * 200 / 8760
"""The works at 2000 t a year; the plants bring 86 MW, the store 10 MW and 15.2 MWh."""


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(adequacy, [str(word) for word in words])


def asked(scenario: Path, folder: Path, *words: str) -> Any:
    done = run(
        scenario, "-o", "smelter.production_t_per_year=2000", "--years", "3", "--draws", "2", "--runs", folder, *words, "--json"
    )
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_region_by_hand(tiny_scenario: Path, tmp_path: Path) -> None:
    found = asked(tiny_scenario, tmp_path, "--credits", "asset")
    assert found["largest_export"]["mw"] == pytest.approx(86.0 - LOAD_MW, abs=0.1)
    assert found["local_load"]["lole_h"]["mean"] == 0.0
    assert found["export_limit_mw"] == 0.0
    short = asked(tiny_scenario, tmp_path, "--export", "41")
    missing = LOAD_MW + 41.0 - 86.0
    assert short["under_export"]["eens_mwh"]["mean"] == pytest.approx(8760 * missing - 15.2, rel=1e-6)
    assert short["under_export"]["eens_foreseen_mwh"]["mean"] == pytest.approx(8760 * missing - 15.2, rel=1e-6)
    assert short["without_stores"]["exact_eens_mwh"] == pytest.approx(8760 * missing, rel=1e-9)
    assert {row["class"]: row["mw"] for row in short["capacity_credits"]}["baseload_plant"] == pytest.approx(86.0, abs=0.2)
    imported = asked(tiny_scenario, tmp_path, "--import", "grid", "--credits", "none")
    assert imported["largest_export"]["mw"] == pytest.approx(586.0 - LOAD_MW, abs=0.1)


def test_what_is_saved_is_the_same_again(tiny_scenario: Path, tmp_path: Path) -> None:
    first, second = (asked(tiny_scenario, tmp_path / name, "--export", "41") for name in ("a", "b"))
    files = [Path(found["folder"]) / "adequacy.json" for found in (first, second)]
    assert files[0].read_bytes() == files[1].read_bytes()
    with xr.open_dataset(files[0].with_suffix(".nc"), engine="h5netcdf") as data:
        assert data.sizes["member"] == 6
        assert data["unserved_mwh"].attrs["units"] == "MWh"
        assert json.loads(data.attrs["asked"])["seed"] == first["asked"]["seed"]
    other = asked(tiny_scenario, tmp_path, "--export", "41", "--seed", "5")
    assert other["fingerprint"] != first["fingerprint"]


def test_durations_of_nothing_are_none(tiny_scenario: Path, tmp_path: Path) -> None:
    few = ("-o", "smelter.production_t_per_year=2000", "--years", "1", "--draws", "1", "--credits", "none", "--export", "0")
    done = run(tiny_scenario, *few, "--runs", tmp_path)
    assert done.exit_code == 0, done.output
    (row,) = (line for line in done.output.splitlines() if "longest duration" in line)
    assert "none" in row
    assert "nan" not in row


def test_sampling_stops_when_the_error_is_small(tiny_scenario: Path, tmp_path: Path) -> None:
    """Nothing is random in the tiny region: the first batch of 20 years has no error."""
    found = asked(tiny_scenario, tmp_path, "--export", "41", "--years", "45", "--error", "0.05", "--credits", "none")
    assert [step["weather_years"] for step in found["convergence"]] == [20]
    assert "within 5%" in found["stopped"]
    assert found["under_export"]["member_years"] == 40


def test_the_table_names_what_it_leans_on(tiny_scenario: Path, tmp_path: Path) -> None:
    done = run(tiny_scenario, "-o", "smelter.production_t_per_year=2000", "--years", "1", "--runs", tmp_path)
    assert done.exit_code == 0, done.output
    assert "LOLE, h/a" in done.output
    assert "largest firm export" in done.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--import", "smelter"), "'smelter' brings no imports"),
        (("--out", "waste"), "'waste' has no machine left that could be out"),
        (("--out", "nobody"), "'nobody' is no asset"),
        (("--stress", "ice_age"), "summer_2022"),
        (("-o", "waste.power_max_mw=much"), "power_max_mw"),
    ],
)
def test_what_is_refused(tiny_scenario: Path, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = run(tiny_scenario, *words, "--runs", tmp_path / "runs")
    assert done.exit_code == BAD_INPUT
    assert said in done.output
    assert not (tmp_path / "runs").exists()
