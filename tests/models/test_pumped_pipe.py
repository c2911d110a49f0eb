"""A pumped pipe lifts the day's water in the hours in which power is cheap."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pytest

from yuqian.models.book import Answer
from yuqian.models.clock import Clock
from yuqian.models.kind import Kind
from yuqian.models.outlet import Outlet
from yuqian.models.port import Port
from yuqian.models.pumped_pipe import PumpedPipe
from yuqian.models.river_node import RiverNode
from yuqian.models.wind_farm import WindFarm
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


def test_pumping_moves_to_cheap_hours() -> None:
    """Wind blows from midnight to eight; 0.5 m3/s a day fits into 6 of those hours at full power."""
    pipe = PumpedPipe.example().asset
    assert isinstance(pipe, PumpedPipe)
    wind = WindFarm.example().asset
    night = np.where(np.arange(72) % 24 < 8, 1.0, 0.0)
    assets = (
        pipe, wind, Port.market("bus", "mw", 500.0, 0.0), Port.market("low", "m3_per_s", 1e4, 0.0), RiverNode(id="high"),
        Outlet(id="users", node="high", flow_min_m3_per_s=0.5 * 0.97, shortage_price_yuan_per_m3=10.0),
    )  # fmt: skip
    found, _ = solved(assets, {(wind.id, "available_fraction"): night})
    assert found["pipe"].flow_m3_per_s == pytest.approx([0.5, 0.5, 0.5])
    power = found["pipe"].pump_mw
    # kWh per m3: 9.81 * 120 / 0.75 / 3600
    assert power.reshape(3, 24).sum(axis=1) * 1000 == pytest.approx(0.5 * 86_400 * 9.81 * 120.0 / 0.75 / 3600)
    assert power[night == 0.0] == pytest.approx(np.zeros(48), abs=1e-6)
    assert power.max() > 0.5 * 9.81 * 120.0 / 0.75 / 1000, "more than the day's mean power"
