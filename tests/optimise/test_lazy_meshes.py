"""Meshes put in only where they bind: the same optimum, prices and flows as with all of them from the beginning."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field, replace
from typing import Any

import highspy
import numpy as np
import pytest

from yuqian.models.bus import Bus
from yuqian.models.clock import Clock, Floats
from yuqian.models.kind import Kind
from yuqian.models.line import Line
from yuqian.models.load_profile import LoadProfile
from yuqian.models.renewable_profile import RenewableProfile
from yuqian.optimise.affine import Ints
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import Assembly, assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.contingency import secure
from yuqian.optimise.lazy_meshes import solve_lazily
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Outcome, Solution, SolverOptions, solve
from yuqian.reports.audit import audit

STEPS = 8
CLOCK = Clock.of_days(dt.date(2030, 1, 1), 1, hours_per_day=STEPS)


@dataclass
class Watched:
    """The ordinary solver, and what it was given."""

    rows: list[int] = field(default_factory=list)

    def __call__(self, part: Program, rows: Ints, start: highspy.HighsBasis | None) -> Solution:
        self.rows.append(len(rows))
        assert part.row_count == len(rows)
        return solve(part, SolverOptions(presolve=start is None), start=start)


def grid(seed: int, rated_mw: tuple[float, float], loads_mw: tuple[float, float] = (20.0, 70.0), **fields: Any) -> Assembly:
    """A meshed grid of six buses with a plant and a load at each."""
    draw = random.Random(seed)
    ends = [(k, draw.randrange(k)) for k in range(1, 6)] + [tuple(draw.sample(range(6), 2)) for _ in range(4)]
    assets: list[Kind] = [Bus(id=f"bus_{k}", voltage_kv=220.0) for k in range(6)]
    series: dict[tuple[str, str], Floats] = {}
    for k, (a, b) in enumerate(ends):
        given = {"id": f"line_{k}", "bus_from": f"bus_{a}", "bus_to": f"bus_{b}", "loss_fraction": 0.0, **fields}
        assets.append(Line(power_max_mw=draw.uniform(*rated_mw), reactance_pu=draw.uniform(0.005, 0.05), **given))
    for k in range(6):
        price = 100.0 + 40.0 * draw.random() * k
        assets.append(RenewableProfile(id=f"plant_{k}", bus=f"bus_{k}", rated_mw=250.0, variable_cost_yuan_per_mwh=price))
        series[f"plant_{k}", "lowest_mw"], series[f"plant_{k}", "highest_mw"] = np.zeros(STEPS), np.full(STEPS, 250.0)
        assets.append(LoadProfile(id=f"load_{k}", bus=f"bus_{k}"))
        series[f"load_{k}", "demand_mw"] = np.array([draw.uniform(*loads_mw) for _ in range(STEPS)])
    return assemble(assets, series, CLOCK)


def compared(assembly: Assembly) -> tuple[Program, Solution, Solution, Watched]:
    """Lazily and whole; the lazy answer is audited, flows and all."""
    program, watched = compile_model(assembly.model), Watched()
    lazily, whole = solve_lazily(program, watched), solve(program)
    assert lazily.outcome is whole.outcome
    if whole.outcome is Outcome.OPTIMAL:
        assert lazily.objective_yuan == pytest.approx(whole.objective_yuan, rel=1e-9)
        found = answers(assembly, program, lazily)
        audit(assembly.assets, found, CLOCK, lazily.objective_yuan).require()
    return program, lazily, whole, watched


@pytest.mark.parametrize("seed", range(6))
def test_without_congestion_no_mesh_is_put_in(seed: int) -> None:
    program, lazily, whole, watched = compared(grid(seed, (400.0, 500.0)))
    assert watched.rows == [6 * STEPS]
    assert program.row_count > 6 * STEPS
    assert lazily.row_dual is not None
    assert whole.row_dual is not None
    assert len(lazily.row_dual) == program.row_count
    # The price is that of the cheapest plant with room, whatever the vertex.
    assert lazily.row_dual == pytest.approx(whole.row_dual, abs=1e-6)


@pytest.mark.parametrize("seed", range(10))
def test_with_congestion_the_optimum_is_the_same(seed: int) -> None:
    compared(grid(seed, (80.0, 200.0)))


def test_some_of_those_are_put_in_step_by_step_and_some_are_solved_whole() -> None:
    """What the test above compares is not empty."""
    counts = []
    for seed in range(10):
        program, _, _, watched = compared(grid(seed, (80.0, 200.0)))
        counts.append((program.row_count, watched.rows))
    assert any(len(rows) > 1 and rows[-1] < count for count, rows in counts)
    assert any(rows[-1] == count for count, rows in counts)


def test_a_network_with_losses_is_solved_whole() -> None:
    for fields in ({"loss_fraction": 0.02}, {"resistance_pu": 0.004, "loss_cut_count": 2}):
        program, _, _, watched = compared(grid(1, (400.0, 500.0), **fields))
        assert watched.rows == [program.row_count]


def test_phase_shifters_drive_their_flow() -> None:
    program, lazily, whole, watched = compared(grid(2, (800.0, 900.0), phase_shift_deg=1.0))
    assert watched.rows[0] < program.row_count
    columns = [family for family in program.layout.columns if family.name == "flow_mw"]
    assert lazily.x is not None
    assert whole.x is not None
    assert max(np.abs(lazily.x[one.start : one.stop]).max() for one in columns) > 10.0


def test_what_is_infeasible_stays_so() -> None:
    _, lazily, _, _ = compared(grid(3, (5.0, 6.0), loads_mw=(240.0, 260.0)))
    assert lazily.outcome is Outcome.INFEASIBLE
    assert lazily.x is None


@pytest.mark.parametrize(("rated_mw", "is_answer"), [((400.0, 500.0), True), ((80.0, 110.0), False)])
def test_at_a_limit_the_decisions_are_kept_if_their_flows_can_be_set_right(
    rated_mw: tuple[float, float], is_answer: bool
) -> None:  # fmt: skip
    """And nothing is solved beyond the limit."""
    program, watched = compile_model(grid(0, rated_mw).model), Watched()

    def stopped(part: Program, rows: Ints, start: highspy.HighsBasis | None) -> Solution:
        found = watched(part, rows, start)
        return replace(found, outcome=Outcome.LIMIT_WITH_SOLUTION, bound_yuan=-np.inf)

    found = solve_lazily(program, stopped)
    assert len(watched.rows) == 1
    if is_answer:
        assert found.outcome is Outcome.LIMIT_WITH_SOLUTION
        assert program.matrix @ found.x == pytest.approx(
            np.clip(program.matrix @ found.x, program.row_lower, program.row_upper)
        )
    else:
        assert found.outcome is Outcome.LIMIT_WITHOUT_SOLUTION
        assert found.x is None
        assert np.isnan(found.objective_yuan)


def test_the_basis_is_one_of_the_whole() -> None:
    """A dispatch is secured from it as from the basis of an ordinary solve."""
    assembly = grid(4, (150.0, 200.0))
    program, lazily, whole, _ = compared(assembly)
    assert lazily.basis is not None
    assert solve(program, SolverOptions(presolve=False), start=lazily.basis).objective_yuan == pytest.approx(
        whole.objective_yuan, rel=1e-9
    )
    from_lazy, from_whole = secure(assembly, program, lazily), secure(assembly, program, whole)
    assert from_lazy.is_secure
    assert from_lazy.solution.objective_yuan == pytest.approx(from_whole.solution.objective_yuan, rel=1e-8)
