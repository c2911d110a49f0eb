from __future__ import annotations

import datetime as dt

import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuqian.models.clock import Clock
from yuqian.models.pumped_storage import PumpedStorage
from yuqian.models.reservoir import Reservoir
from yuqian.models.wind_farm import WindFarm
from yuqian.optimise.affine import NotAffine
from yuqian.optimise.assemble import AssemblyError, assemble, assemble_example
from yuqian.optimise.compile import compile_model, templates
from yuqian.optimise.program import Program, ProgramError
from yuqian.optimise.solve import solve

CLOCK = Clock.of_days(dt.date(2030, 3, 1), 2)


def toy(by_value: bool) -> pyo.ConcreteModel:
    """A small model; where asked, its second rule walks over the steps one by one, so it has no template."""
    m = pyo.ConcreteModel()
    m.steps = pyo.RangeSet(0, 4)
    m.x = pyo.Var(m.steps, dense=False, bounds=(0, 10))
    m.y = pyo.Var(bounds=(None, 3))
    m.price = pyo.Param(m.steps, initialize={k: float(k) for k in range(5)}, mutable=True)

    @m.Constraint(m.steps)
    def limit(m: pyo.ConcreteModel, t: int) -> object:
        return m.x[t] + m.y <= 4.0

    @m.Constraint(m.steps)
    def floor(m: pyo.ConcreteModel, t: int) -> object:
        if not by_value:
            return m.x[t] >= m.y - 1.0
        earlier = 0.0
        for s in m.steps:
            earlier += m.x[s] if s <= t else 0.0
        return earlier >= m.y - 1.0

    m.cost = pyo.Objective(expr=sum(m.price[t] * m.x[t] for t in m.steps) - 10.0 * m.y + 5.0)
    return m


def test_rule_without_template_is_evaluated_row_by_row_and_said_so() -> None:
    with templates():
        program = compile_model(toy(by_value=True))
    assert program.structure is not None
    assert program.structure.notes == ("the rule .floor has no template and was evaluated row by row",)
    rows = program.matrix.toarray()[5:]
    assert np.array_equal(np.abs(rows[:, :5]), np.tril(np.ones((5, 5))))
    answer = toy(by_value=True)
    pyo.SolverFactory("appsi_highs").solve(answer)
    assert solve(program).objective_yuan == pytest.approx(pyo.value(answer.cost), rel=1e-9)


def test_offset_and_scalar_columns_are_kept() -> None:
    with templates():
        program = compile_model(toy(by_value=False))
    assert program.offset == 5.0
    assert program.layout.column_name(5) == "y"
    assert program.layout.column_name(3) == "x[3]"
    assert program.layout.row_name(7) == "floor[2]"


def test_product_of_decisions_is_refused_by_name() -> None:
    with templates():
        m = pyo.ConcreteModel()
        m.steps = pyo.RangeSet(0, 2)
        m.x = pyo.Var(m.steps, dense=False)
        m.squared = pyo.Constraint(m.steps, rule=lambda m, t: m.x[t] * m.x[t] <= 1.0)
        m.cost = pyo.Objective(expr=0.0)
    with pytest.raises(NotAffine, match=r"\.squared: .*multiplies decisions"):
        compile_model(m)


def rebuilt(values: np.ndarray) -> Program:
    example = WindFarm.example()
    series = {("wind", "available_fraction"): values}
    return compile_model(assemble((example.asset, *example.ports), series, CLOCK).model)


def same_numbers(left: Program, right: Program) -> None:
    for name in ("cost", "row_lower", "row_upper", "declared_lower", "declared_upper"):
        assert np.array_equal(getattr(left, name), getattr(right, name)), name
    assert np.array_equal(left.matrix.toarray(), right.matrix.toarray())
    assert all(np.array_equal(a, b) for a, b in zip(left.column_bounds, right.column_bounds, strict=True))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=48, max_size=48), st.lists(st.floats(0, 1), min_size=48, max_size=48))
def test_new_numbers_give_what_a_new_model_gives(first: list[float], second: list[float]) -> None:
    program = rebuilt(np.array(first)).with_series({("wind", "available_fraction"): np.array(second)})
    same_numbers(program, rebuilt(np.array(second)))


def test_new_numbers_reach_coefficients_and_later_changes_keep_earlier_ones() -> None:
    example = Reservoir.example()
    program = compile_model(assemble_example(example, CLOCK).model)
    evaporation, ecological = np.array([9.0, 1.0]), np.array([4.0, 5.0])
    changed = program.with_series({("reservoir", "evaporation_mm_per_day"): evaporation})
    changed = changed.with_series({("reservoir", "ecological_flow_m3_per_s"): ecological})
    series = {("reservoir", "evaporation_mm_per_day"): evaporation, ("reservoir", "ecological_flow_m3_per_s"): ecological}
    same_numbers(changed, compile_model(assemble((example.asset, *example.ports), series, CLOCK).model))
    assert not np.array_equal(changed.matrix.toarray(), program.matrix.toarray())


def test_new_numbers_reach_the_cost_where_they_stand_in_it_and_leave_it_alone_elsewhere() -> None:
    with templates():
        program = compile_model(toy(by_value=False))
    raised = program.with_series({("", "price"): np.array([4.0, 3.0, 2.0, 1.0, 7.0])})
    assert raised.cost.tolist() == [4.0, 3.0, 2.0, 1.0, 7.0, -10.0]
    assert program.cost.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, -10.0]
    calm = rebuilt(np.zeros(48))
    assert np.array_equal(calm.with_series({("wind", "available_fraction"): np.ones(48)}).cost, calm.cost)


@pytest.mark.parametrize(
    ("key", "values", "message"),
    [
        (("wind", "available_share"), np.ones(48), "'wind.available_share' is no number by step of this program"),
        (("wind", "available_fraction"), np.ones(47), "'wind.available_fraction' has 48 steps here"),
        (("wind", "available_fraction"), np.r_[np.ones(9), np.nan, np.ones(38)], "is nan in step 9"),
    ],
)
def test_wrong_new_numbers_are_refused_by_name(key: tuple[str, str], values: np.ndarray, message: str) -> None:
    program = rebuilt(np.ones(48))
    with pytest.raises(ProgramError, match=message):
        program.with_series({key: values})


def test_wrong_series_are_refused_all_at_once() -> None:
    example = Reservoir.example()
    series = {("reservoir", "evaporation_mm_per_day"): np.array([3.0, np.nan])}
    with pytest.raises(AssemblyError) as caught:
        assemble((example.asset, *example.ports), series, CLOCK)
    assert "reservoir.evaporation_mm_per_day (resource 'evaporation') is nan in step 1; allowed are 0 to 30" in str(
        caught.value
    )
    assert "reservoir.ecological_flow_m3_per_s (resource 'ecological_flow') is missing" in str(caught.value)


def test_duals_of_rows_kept_as_bounds_are_given_back() -> None:
    """The dual of the wind limit is the change of cost per MW of wind, by finite differences."""
    program = rebuilt(np.full(48, 0.4))
    assert [rows.family.full_name for rows in program.bound_rows] == ["wind.available"]
    found = solve(program)
    assert found.x is not None
    assert found.row_dual is not None
    assert found.column_dual is not None
    dual = program.row_duals(found.row_dual, found.column_dual, found.x)["wind", "available"]
    more = np.full(48, 0.4)
    more[7] += 0.02
    gained = solve(rebuilt(more)).objective_yuan - found.objective_yuan
    assert dual[7] == pytest.approx(gained / (0.02 * 50.0), rel=1e-6)
    assert dual[7] < 0


def test_dual_of_a_balance_is_the_price_of_one_more_unit() -> None:
    """The make-up water is bought at 1e5 yuan/hm3: so much does one more hm3 taken from the stream cost."""
    assembly = assemble_example(PumpedStorage.example(), CLOCK)
    program = compile_model(assembly.model)
    found = solve(program)
    assert found.row_dual is not None
    family = next(family for family in program.layout.rows if family.name == "stream")
    price_yuan_per_hm3 = found.row_dual[family.start : family.stop] / CLOCK.water.hm3_per_m3_per_s
    assert price_yuan_per_hm3 == pytest.approx(np.full(2, 1e5), rel=1e-9)


@pytest.mark.parametrize("name", ["load", "name", "hours", "asset", "total_cost_yuan"])
def test_an_asset_may_be_called_like_something_of_pyomo(name: str) -> None:
    example = WindFarm.example()
    asset = example.asset.model_copy(update={"id": name})
    program = compile_model(assemble((asset, *example.ports), {(name, "available_fraction"): np.ones(48)}, CLOCK).model)
    assert solve(program).objective_yuan == pytest.approx(solve(rebuilt(np.ones(48))).objective_yuan)
