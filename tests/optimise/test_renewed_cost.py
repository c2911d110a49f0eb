"""The cost of an answer with other numbers, by its duals, against solving again."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from yuqian.models.clock import Clock
from yuqian.models.head_law import worth_of_yield_yuan_per_h
from yuqian.models.hydro_plant import HydroPlant
from yuqian.models.kind import Example
from yuqian.models.renumbering import dual_of
from yuqian.models.variable_head_law import VariableHead
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import Assembly, assemble_example
from yuqian.optimise.compile import compile_model
from yuqian.optimise.program import Program
from yuqian.optimise.renewed_cost import renewed_cost_yuan
from yuqian.optimise.solve import Solution, solve

DAYS, YIELD = 2, "yield_mw_per_m3_per_s"
CURVE = {"turbine_curve_flow_m3_per_s": (20.0, 35.0, 50.0), "turbine_curve_relative_fraction": (1.0, 0.97, 0.92)}
CLOCK = Clock.of_days(dt.date(2030, 7, 1), DAYS)


def plant(power_max_mw: float, **fields: object) -> tuple[Assembly, Program, Solution]:
    """The example of a plant, which may buy its water: worth less than its power, so that it runs full."""
    example = HydroPlant.example()
    asset = HydroPlant(**example.asset.model_dump() | {"power_max_mw": power_max_mw, "tailwater_level_m": 290.0} | fields)
    assembly = assemble_example(Example(asset, example.ports), CLOCK)
    program = compile_model(assembly.model)
    return assembly, program, solve(program)


def with_yields(assembly: Assembly, program: Program, share: float) -> Program:
    """The program with the yield of every step a share of what it is, and full power at as much less flow."""
    (asset,) = (one for one in assembly.assets if isinstance(one, HydroPlant))
    curve = asset.turbine_curve()
    first = 9.81e-3 * asset.net_head_m * asset.efficiency_fraction
    yields = np.full(DAYS if curve is None else 24 * DAYS, share * first)
    limits = {} if curve is None else curve.limits_by_name(yields, asset.power_max_mw)
    return program.with_series({("hydro", name): values for name, values in {YIELD: yields, **limits}.items()})


@pytest.mark.parametrize("fields", [{}, CURVE])
@pytest.mark.parametrize("share", [0.998, 1.002])
def test_it_is_that_of_solving_again_to_first_order(fields: dict[str, object], share: float) -> None:
    assembly, program, solution = plant(20.0, **fields)
    renewed = with_yields(assembly, program, share)
    exact = solve(renewed).objective_yuan
    assert abs(exact - solution.objective_yuan) > 100.0
    found = renewed_cost_yuan(program, renewed, solution)
    assert found - solution.objective_yuan == pytest.approx(exact - solution.objective_yuan, rel=0.02)


def test_without_duals_the_decisions_keep_their_cost() -> None:
    assembly, program, solution = plant(20.0)
    blind = replace(solution, row_dual=None, column_dual=None)
    renewed = with_yields(assembly, program, 0.9)
    assert renewed_cost_yuan(program, renewed, blind) == pytest.approx(solution.objective_yuan)


@pytest.mark.parametrize("fields", [{}, CURVE])
def test_a_yield_is_worth_what_solving_again_with_more_of_it_saves(fields: dict[str, object]) -> None:
    """At full power that is the water which is spared, not the power: the bus would pay five times as much."""
    assembly, program, solution = plant(20.0, **fields)
    assert solution.row_dual is not None
    assert solution.column_dual is not None
    assert solution.x is not None
    found = answers(assembly, program, solution)["hydro"]
    own = program.row_duals(solution.row_dual, solution.column_dual, solution.x)
    duals = {dual_of(rule): dual for (owner, rule), dual in own.items() if owner == "hydro"}
    (asset,) = (one for one in assembly.assets if isinstance(one, HydroPlant))
    curve, first = asset.turbine_curve(), 9.81e-3 * asset.net_head_m * asset.efficiency_fraction
    if curve is None:
        worth = 24.0 * worth_of_yield_yuan_per_h(duals, CLOCK, found.turbine_m3_per_s, np.full(DAYS, first)).sum()
    else:
        yields = np.full(24 * DAYS, first)
        worth = curve.worth_of_yield_yuan_per_h(duals, CLOCK, found.power_mw, yields, asset.power_max_mw).sum()
    saved = solution.objective_yuan - solve(with_yields(assembly, program, 1.001)).objective_yuan
    assert worth == pytest.approx(saved / 0.001, rel=0.01)
    assert found.power_mw == pytest.approx(np.full(24 * DAYS, 20.0))
    assert worth < 0.3 * 300.0 * found.power_mw.sum()


def test_the_slope_of_the_tailwater_is_that_of_its_curve() -> None:
    head = VariableHead(290.0, (10.0, 50.0, 200.0), (290.0, 294.0, 300.0), 0.0, 0.9)
    assert head.tailwater_slope(np.array([5.0, 10.0, 30.0, 50.0, 200.0])) == pytest.approx([0.0, 0.1, 0.1, 0.04, 0.0])
