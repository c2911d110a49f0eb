"""A results file describes itself: it is read back whole, and is enough for the audit."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

from yuqian.models.units import unit_of
from yuqian.reports.audit import Audit, AuditError, audit
from yuqian.reports.results import GROUPS, Results, ResultsError, collect, read_results
from yuqian.reports.study import RunResult


@pytest.fixture
def file(tiny_run: RunResult) -> Path:
    assert tiny_run.folder is not None
    return tiny_run.folder / "results.nc"


@pytest.fixture(scope="module")
def whole(tiny_run: RunResult) -> Results:
    assert tiny_run.folder is not None
    return read_results(tiny_run.folder / "results.nc")


def test_round_trip(tiny_run: RunResult, whole: Results) -> None:
    back = whole
    assert back.assets == tiny_run.results.assets
    assert np.all(back.clock.power.stamps == tiny_run.study.clock.power.stamps)
    assert np.all(back.clock.water.hours == tiny_run.study.clock.water.hours)
    assert back.objective_yuan == tiny_run.objective_yuan
    for name in GROUPS:
        assert set(back.groups[name].data_vars) == set(tiny_run.results.groups[name].data_vars)
        for label, variable in tiny_run.results.groups[name].data_vars.items():
            assert np.array_equal(back.groups[name][label].values, variable.values), label
            assert back.groups[name][label].attrs == variable.attrs, label


def test_the_file_alone_passes_the_audit(tiny_run: RunResult, whole: Results) -> None:
    found = whole.audit()
    found.require()
    assert found.passes
    assert found.largest_relative <= 1e-6
    assert len(found.findings) == len(tiny_run.audit.findings)
    assert found.totals == tiny_run.audit.totals
    assert sum(finding.check == "balance" for finding in found.findings) >= 4


def test_every_variable_has_units(file: Path) -> None:
    seen = 0
    for group in GROUPS:
        with xr.open_dataset(file, engine="h5netcdf", group=group, decode_times=False) as dataset:
            for label, variable in dataset.data_vars.items():
                assert variable.attrs["units"], f"{group}/{label}"
                assert variable.attrs["long_name"] or group == "kpi", f"{group}/{label}"
                if group in ("inputs", "results"):
                    assert variable.attrs["units"] == unit_of(variable.attrs["name"])
                seen += 1
    assert seen > 20


def test_header_and_times_as_any_reader_of_the_conventions_sees_them(tiny_run: RunResult, file: Path) -> None:
    with xr.open_dataset(file, engine="h5netcdf") as header:
        assert header.attrs["Conventions"].startswith("CF-1.")
        assert header.attrs["status"] == "optimal"
        assert header.attrs["fingerprint"] == tiny_run.study.fingerprint
        assert json.loads(header.attrs["versions"])["highspy"]
    with xr.open_dataset(file, engine="h5netcdf", group="results") as dataset:
        # Midnight of 1 July in UTC+8.
        assert dataset["hour"].values[0] == np.datetime64("2030-06-30T16:00")
        assert dataset["hour"].values[-1] == np.datetime64("2030-07-02T15:00")
        assert dataset["day_end"].values.tolist() == dataset["hour_end"].values[::24].tolist()


def test_balances_add_up_in_the_file(whole: Results) -> None:
    groups = whole.groups
    for label, sheet in groups["balances"].data_vars.items():
        if "." not in str(label):
            assert np.abs(sheet.values.sum(axis=0)).max() <= 1e-6 * max(1.0, np.abs(sheet.values).max()), label
    assert float(groups["kpi"]["cost"].sum()) == pytest.approx(whole.objective_yuan)


def changed(results: Results, group: str, label: str, by: float) -> Results:
    dataset = results.groups[group].copy(deep=True)
    dataset[label].values[0, 0] += by
    return dataclasses.replace(results, groups={**results.groups, group: dataset})


@pytest.mark.parametrize(
    ("group", "label"),
    [
        ("results", "baseload_plant__power_mw"),
        ("results", "waterworks__intake_m3_per_s"),
        ("inputs", "town__demand_m3_per_s"),
        ("inputs", "catchment__inflow_m3_per_s"),
    ],
)
def test_a_changed_number_fails_the_audit(whole: Results, group: str, label: str) -> None:
    found = changed(whole, group, label, 0.01).audit()
    assert not found.passes
    with pytest.raises(AuditError, match="the answer fails its audit"):
        found.require()


def test_a_damaged_file_fails_its_audit(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "damaged.nc"
    path.write_bytes(file.read_bytes())
    with h5py.File(path, "a") as inside:
        inside["results/baseload_plant__power_mw"][0, 5] += 0.01
    assert not read_results(path).audit().passes


def test_another_objective_fails_the_audit(whole: Results) -> None:
    results = whole
    wrong = dataclasses.replace(results, attributes={**results.attributes, "objective_yuan": results.objective_yuan * 1.001})
    with pytest.raises(AuditError, match="cost: re-added"):
        wrong.audit().require()


def test_an_audit_of_nothing_does_not_pass(tiny_run: RunResult) -> None:
    found = audit((), {}, tiny_run.study.clock, 0.0)
    assert not found.passes
    with pytest.raises(AuditError, match="nothing was checked"):
        found.require()
    assert Audit((), found.totals, 0.0).largest_balance_residual == 0.0


def test_foreign_files_are_refused(file: Path, tmp_path: Path) -> None:
    foreign, text, cut = tmp_path / "foreign.nc", tmp_path / "text.nc", tmp_path / "cut.nc"
    xr.Dataset({"rain_mm": ("time", [1.0])}).to_netcdf(foreign, engine="h5netcdf")
    text.write_text("no netCDF", encoding="utf-8")
    cut.write_bytes(file.read_bytes()[:5000])
    for path in (foreign, text, cut, tmp_path / "missing.nc"):
        with pytest.raises(ResultsError, match=r"is no results file of yuqian"):
            read_results(path)


def test_a_file_that_is_not_whole_is_refused(file: Path, whole: Results, tmp_path: Path) -> None:
    results = whole
    part = {**results.groups, "results": results.groups["results"].drop_vars("baseload_plant__power_mw")}
    with pytest.raises(ResultsError, match="holds no 'power_mw'"):
        dataclasses.replace(results, groups=part).audit()
    path = tmp_path / "no_duals.nc"
    path.write_bytes(file.read_bytes())
    with h5py.File(path, "a") as inside:
        del inside["duals"]
    with pytest.raises(ResultsError, match="is no results file"):
        read_results(path)


def test_a_file_with_an_unknown_kind_is_refused(file: Path, whole: Results) -> None:
    with pytest.raises(ResultsError, match="is no results file of yuqian: '"):
        read_results(file, {"bus": type(whole.assets[0])})


def test_an_existing_file_is_replaced_only_by_a_whole_one(
    whole: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "results.nc"
    path.write_bytes(b"an earlier file")
    results = whole
    monkeypatch.setattr(xr.Dataset, "to_netcdf", lambda *_, **__: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        results.write(path)
    assert path.read_bytes() == b"an earlier file"


def test_there_is_nothing_to_collect_without_a_solution(tiny_run: RunResult) -> None:
    study = tiny_run.study
    empty = dataclasses.replace(tiny_run.solution, x=None)
    with pytest.raises(ResultsError, match="there is nothing to write"):
        collect(study.assemble(), study.program(), empty, tiny_run.ledger, {})
