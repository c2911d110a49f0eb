"""A hydro plant turns the volume of the day into the energy of its hours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pytest

from yuqian.models.book import Answer
from yuqian.models.clock import Clock
from yuqian.models.hydro_plant import HydroPlant
from yuqian.models.kind import Kind
from yuqian.models.port import Port
from yuqian.models.reservoir import Reservoir
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import SeriesByAsset, assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.solve import solve
from yuqian.reports.audit import Audit, audit

CLOCK = Clock.of_days(dt.date(2030, 7, 1), 3)


def solved(assets: Sequence[Kind], series: SeriesByAsset, clock: Clock = CLOCK) -> tuple[dict[str, Answer], Audit]:
    """Answers of all assets, audited."""
    assembly = assemble(assets, series, clock)
    program = compile_model(assembly.model)
    solution = solve(program)
    found = answers(assembly, program, solution)
    result = audit(assembly.assets, found, clock, solution.objective_yuan)
    result.require()
    return found, result


def test_energy_of_a_day_is_its_volume_falling_the_head() -> None:
    example = HydroPlant.example()
    found, _ = solved((example.asset, *example.ports), {})
    energy_kwh = found["hydro"].power_mw.reshape(3, 24).sum(axis=1) * 1000
    volume_m3 = found["hydro"].turbine_m3_per_s * 86_400
    # rho g V H eta = 1000 * 9.81 * V * 70 * 0.88 joule
    assert volume_m3.min() > 0
    assert energy_kwh == pytest.approx(1000 * 9.81 * volume_m3 * 70.0 * 0.88 / 3.6e6)


def test_turbined_water_keeps_the_river_alive() -> None:
    """Water is dear here, so just the ecological flow is let go, all of it through the turbines."""
    lake = Reservoir.example()
    plant = HydroPlant(
        id="hydro", reservoir="reservoir", downstream="river", bus="bus", power_max_mw=10.0, net_head_m=70.0,
        efficiency_fraction=0.88, variable_cost_yuan_per_mwh=5.0,
    )  # fmt: skip
    series = {
        ("reservoir", "evaporation_mm_per_day"): np.full(3, 3.0),
        ("reservoir", "ecological_flow_m3_per_s"): np.full(3, 4.0),
    }
    assets = (lake.asset, *lake.ports, plant, Port.market("bus", "mw", 500.0, 300.0))
    found, _ = solved(assets, series)
    assert found["hydro"].turbine_m3_per_s == pytest.approx(np.full(3, 4.0))
    assert found["reservoir"].release_m3_per_s == pytest.approx(np.zeros(3), abs=1e-6)
    assert found["reservoir"].ecological_shortage_m3_per_s == pytest.approx(np.zeros(3), abs=1e-6)
