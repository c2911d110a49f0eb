"""Return flow that comes back some days later."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from yuqian.models.catchment import Catchment
from yuqian.models.clock import Clock, Horizon
from yuqian.models.industry import Industry
from yuqian.models.outlet import Outlet
from yuqian.models.river_node import RiverNode
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.seams import Seams
from yuqian.optimise.solve import Outcome, solve
from yuqian.reports.audit import audit

CLOCK = Clock.of_days(dt.date(2030, 7, 1), 5)
DEMAND = np.array([1.0, 2.0, 3.0, 4.0, 5.0])


def outflow(lag: int, clock: Clock = CLOCK, horizon: Horizon = Horizon.WHOLE, before: tuple[float, ...] = ()) -> np.ndarray:
    """What leaves below a works that takes all of its demand from a stream of 5 m3/s and returns half of it."""
    works = Industry(**(Industry.example().asset.model_dump() | {
        "id": "works", "node": "stream", "return_to": "below", "return_fraction": 0.5, "return_lag_count": lag,
    }))  # fmt: skip
    assets = [
        works, RiverNode(id="stream"), RiverNode(id="below"),
        Catchment(id="hills", node="stream", area_km2=1.0, runoff_depth_mm_per_year=1.0),
        Outlet(id="rest", node="stream", flow_min_m3_per_s=0.0, shortage_price_yuan_per_m3=0.0),
        Outlet(id="mouth", node="below", flow_min_m3_per_s=0.0, shortage_price_yuan_per_m3=0.0),
    ]  # fmt: skip
    series = {("works", "demand_m3_per_s"): DEMAND, ("hills", "inflow_m3_per_s"): np.full(5, 5.0)}
    assembly = assemble(assets, series, clock, horizon)
    program = compile_model(assembly.model)
    assert program.structure is not None
    assert program.structure.notes == ()
    if before:
        program = program.with_series({("works", "opening_sent_m3_per_s"): np.array(before)})
        assert [one.name for one in Seams(assembly).carried] == ["sent_m3_per_s"]
    solution = solve(program)
    assert solution.outcome is Outcome.OPTIMAL
    found = answers(assembly, program, solution)
    audit(assembly.assets, found, clock, solution.objective_yuan, horizon).require()
    return found["mouth"].outflow_m3_per_s


def test_it_comes_back_later_and_none_is_lost() -> None:
    """What is under way at the end is what was at the beginning."""
    assert outflow(0) == pytest.approx(DEMAND / 2)
    assert outflow(2) == pytest.approx([2.0, 2.5, 0.5, 1.0, 1.5])
    assert outflow(7) == pytest.approx(np.roll(DEMAND / 2, 7)), "longer than the horizon: round it more than once"


def test_a_window_begins_with_what_it_is_given() -> None:
    assert outflow(2, horizon=Horizon.WINDOW, before=(9.0, 8.0)) == pytest.approx([9.0, 8.0, 0.5, 1.0, 1.5])
