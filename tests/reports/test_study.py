"""The shipped region through the whole house, over a few days."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyomo.environ as pyo
import pytest

from yuqian.assets.region import Region
from yuqian.assets.scenario import load_region
from yuqian.models.clock import Clock, Floats
from yuqian.models.kind import Kind
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.solve import Outcome, SolverOptions, solve
from yuqian.reports.study import NoAnswer, RunResult, Study, load
from yuqian.reports.targets import Verdict, count_capacity
from yuqian.timeseries.make import make_series

DAY = Clock.of_days(dt.date(2030, 7, 1), 1)
Series = dict[tuple[str, str], Floats]
Maker = Callable[[Region, int], Study]


def test_the_answer_passes_its_audit_and_what_is_saved_is_enough(study: Study, tmp_path: Path) -> None:
    run = study.run(runs=tmp_path)
    assert run.solution.outcome is Outcome.OPTIMAL
    assert run.audit.passes
    assert run.audit.largest_relative <= 1e-6
    assert run.audit.cost_residual <= 1e-6
    assert {finding.owner for finding in run.audit.findings} >= {
        asset.id for asset in study.region.assets if asset.model.capacity()
    }
    assert {"declare", "compile", "solve", "collect", "audit", "save"} <= set(run.seconds)
    assert "optimal" in repr(run)
    assert run.folder == tmp_path / f"2030-plan-{study.fingerprint[:10]}"
    assert {path.name for path in run.folder.iterdir()} == {"results.nc", "solver.log", "manifest.json"}
    manifest = json.loads((run.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["fingerprint"] == study.fingerprint
    assert manifest["objective_yuan"] == run.objective_yuan
    assert manifest["assets"] == [asset.id for asset in study.region.assets]


def test_a_study_is_reproduced_to_the_last_digit(study: Study, study_of: Maker) -> None:
    again = study_of(load_region("2030-plan"), 3)
    assert again.fingerprint == study.fingerprint
    first, second = solve(study.program()), solve(again.program())
    assert first.x is not None
    assert second.objective_yuan == first.objective_yuan
    assert np.array_equal(second.x, first.x)


def test_the_fingerprint_knows_every_change(study: Study, tiny: Study, tiny_scenario: Path, study_of: Maker) -> None:
    assert study.fingerprint != tiny.fingerprint
    prints = {tiny.fingerprint}
    region = load_region(tiny_scenario, ["waste.power_max_mw=41"])
    prints.add(dataclasses.replace(tiny, region=region).fingerprint)
    prints.add(study_of(tiny.region, 3).fingerprint)
    assert len(prints) == 3


def test_nothing_is_written_without_an_answer(tiny: Study, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    with pytest.raises(NoAnswer) as caught:
        tiny.run(SolverOptions(time_limit_s=1e-9, presolve=False), runs=runs)
    assert caught.value.outcome is Outcome.LIMIT_WITHOUT_SOLUTION
    assert "give it more time" in str(caught.value)
    assert not runs.exists()


def test_one_week_costs_the_same_in_the_solver_interface_of_pyomo(region: Region, study_of: Maker) -> None:
    """The same model, once as our arrays and once handed over by Pyomo itself."""
    assembly = study_of(region, 7).assemble()
    ours = solve(compile_model(assembly.model))
    model = assembly.for_any_solver()
    told = pyo.SolverFactory("appsi_highs").solve(model)
    assert told.solver.termination_condition == pyo.TerminationCondition.optimal
    assert pyo.value(model.total_cost_yuan) == pytest.approx(ours.objective_yuan, rel=1e-6)


def test_capacity_in_service_today() -> None:
    """Pumped storage 4 x 300 MW and coal 2 x 660 MW; with the captive plant 2 x 330 MW more."""
    today = load_region("2025-today")
    capacity = count_capacity(today.catalogue, today)
    assert capacity.counted_mw == 2520
    assert capacity.captive_mw == 660
    assert capacity.verdict is Verdict.FAILS
    captive = load_region("2025-today", ["targets.count_captive=true"])
    assert count_capacity(captive.catalogue, captive).counted_mw == 3180


def test_the_ladder_of_the_plan_by_running_sum(region: Region) -> None:
    """2520 in service, 28 building, 1000 of wind and sun: 3548; 6000 takes projects that are only prepared."""
    capacity = count_capacity(region.catalogue, region)
    rungs = ["operating", "building", "committed"]
    assert [capacity.ladder_mw[rung] for rung in rungs] == [2520, 28, 1000]
    assert np.cumsum([capacity.ladder_mw[rung] for rung in rungs]).tolist() == [2520, 2548, 3548]
    assert capacity.counted_mw >= capacity.target_mw
    firm = load_region("2030-firm")
    assert count_capacity(firm.catalogue, firm).verdict is Verdict.FAILS


def cost_of_a_day(kinds: list[Kind], series: Series) -> float:
    solution = solve(compile_model(assemble(kinds, series, DAY).model))
    assert solution.outcome is Outcome.OPTIMAL
    return solution.objective_yuan


@pytest.fixture(scope="module")
def day(region: Region) -> Series:
    return dict(make_series(region.kinds, DAY).as_mapping())


@pytest.fixture(scope="module")
def day_cost(region: Region, day: Series) -> float:
    return cost_of_a_day(list(region.kinds), day)


def test_more_supply_never_costs_more(region: Region, day: Series, day_cost: float) -> None:
    """What may be curtailed or left idle, half as large again: wind, sun, works, canals, pipes and lines."""
    larger = {"power_max_mw", "capacity_m3_per_day", "flow_max_m3_per_s", "flow_max_t_per_day"}
    free = {"wind_farm", "pv_plant", "waterworks", "canal", "pumped_pipe", "coal_transfer", "line"}
    kinds = []
    changed = 0
    for kind in region.kinds:
        fields = larger & set(type(kind).model_fields)
        if type(kind).__module__.rsplit(".", 1)[-1] in free and fields:
            kind = kind.model_copy(update={name: 1.5 * getattr(kind, name) for name in fields})
            changed += 1
        kinds.append(kind)
    assert changed > 20
    assert cost_of_a_day(kinds, day) <= day_cost + 1e-6 * abs(day_cost)


@pytest.mark.parametrize("plant", ["waste", "rising", "agreed"])
def test_a_larger_plant_never_costs_more(tiny_run: RunResult, tiny_scenario: Path, plant: str) -> None:
    tiny = tiny_run.study
    larger = load_region(tiny_scenario, [f"{plant}.power_max_mw=60"])
    cost = solve(dataclasses.replace(tiny, region=larger).program()).objective_yuan
    assert cost < tiny_run.objective_yuan


def test_names_do_not_matter(region: Region, day: Series, day_cost: float) -> None:
    """Renaming every asset, so that their order is turned round, leaves the cost as it is."""
    ids = [kind.id for kind in region.kinds]
    new = {old: f"asset_{len(ids) - k:04d}" for k, old in enumerate(ids)}
    kinds = [
        kind.model_copy(
            update={n: new[v] for n in type(kind).model_fields if isinstance(v := getattr(kind, n), str) and v in new}
        )
        for kind in region.kinds
    ]
    series = {(new[owner], name): values for (owner, name), values in day.items()}
    assert cost_of_a_day(kinds, series) == pytest.approx(day_cost, rel=1e-6)


def test_a_stress_overlay_reaches_the_series_of_a_study(tiny_scenario: Path) -> None:
    usual, hot = load(tiny_scenario), load(tiny_scenario, stress=["summer_2022"])
    assert hot.fingerprint != usual.fingerprint
    assert hot.series.dataset.attrs["stress"] == "summer_2022"
