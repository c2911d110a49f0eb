"""``yuqian series``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from yuqian.cli_series import series
from yuqian.cli_tell import BAD_INPUT
from yuqian.timeseries.sky import sky_of


def run(*words: str) -> Result:
    return CliRunner().invoke(series, list(words))


def csv_with_side_car(folder: Path) -> Path:
    path = folder / "mast.csv"
    stamps = pd.date_range("2025-01-01", periods=8760, freq="h").astype(str)
    light = 0.4 * sky_of(28.97, 106.65, 300.0).clear_w_per_m2.reshape(-1)
    warmth = 19.0 - 10.0 * np.cos(2 * np.pi * np.arange(8760) / 8760)
    pd.DataFrame({"time": stamps, "ghi": light, "temperature_c": warmth}).to_csv(path, index=False)
    (folder / "mast.csv.source.yaml").write_text("title: Mast\nlatitude_deg: 28.97\nlongitude_deg: 106.65\n")
    return path


def test_make_and_show(tmp_path: Path) -> None:
    out = tmp_path / "series.nc"
    made = run("make", "2030-plan", "--out", str(out), "--stress", "summer_2022", "--json")
    assert made.exit_code == 0, made.output
    assert json.loads(made.output)["members"] == 1
    shown = run("show", str(out), "--name", "available_fraction")
    assert shown.exit_code == 0
    assert "▁" in shown.output
    rows = json.loads(run("show", str(out), "--json").output)
    assert len(rows) == json.loads(made.output)["series"]
    assert run("show", str(out), "--asset", "nobody").exit_code == BAD_INPUT


def test_long_flow_is_written(tmp_path: Path) -> None:
    out = tmp_path / "flow.nc"
    made = run("flow", "2030-plan", "--out", str(out), "--years", "10", "--traces", "2")
    assert made.exit_code == 0, made.output
    assert out.is_file()
    assert "P = 95%" in made.output
    assert "critical from year" in made.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("make", "no-such-plan", "--out", "a.nc"), "no-such-plan"),
        (("make", "2030-plan", "--out", "a.txt"), "stored as .nc or .zarr"),
        (("make", "2030-plan", "--out", "a.nc", "--stress", "ice_age"), "summer_2022"),
        (("check",), "give a file to check, or --report"),
        (("show", "none.nc"), "no file"),
        (("compare", "none.csv"), "no file"),
        (("flow", "2030-plan", "--out", "flow.csv"), "written as .nc"),
    ],
)
def test_bad_input_is_refused_and_nothing_written(
    words: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*words)
    assert result.exit_code == BAD_INPUT
    assert said in result.output
    assert not list(tmp_path.iterdir())


def test_check_and_compare_a_file(tmp_path: Path) -> None:
    path = csv_with_side_car(tmp_path)
    checked = run("check", str(path))
    assert checked.exit_code == 0, checked.output
    assert "nothing wrong found" in checked.output
    compared = run("compare", str(path), "--years", "1", "--json")
    assert compared.exit_code == 0, compared.output
    assert {row["quantity"] for row in json.loads(compared.output)} == {"ghi_w_per_m2", "temperature_c"}
    text = run("compare", str(path), "--years", "1").output
    assert "measured" in text


def test_report_lists_every_statistic() -> None:
    result = run("check", "--report", "--years", "10", "--json")
    assert result.exit_code in (0, 6)
    rows = json.loads(result.output)
    assert len(rows) > 40
    assert result.exit_code == (0 if all(row["passed"] for row in rows) else 6)
