"""Who goes without: prices, strict order, and fair shares inside a class."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuqian.models.clock import Clock, Floats
from yuqian.models.fair_share import FairShare
from yuqian.models.kind import Kind, UserClass
from yuqian.models.user_class import STANDARD_ORDER
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble
from yuqian.optimise.class_levels import levels_by_the_day
from yuqian.optimise.compile import compile_model
from yuqian.optimise.lexicographic import Lexicographic, at_levels, in_strict_order
from yuqian.optimise.operating_rules import Rules
from yuqian.optimise.simulate import simulate
from yuqian.optimise.solve import solve
from yuqian.reports.audit import audit

from .water_cases import HM3_PER_DAY, hills, lake, river, user

DAYS = 6
CLOCK = Clock.of_days(dt.date(2030, 1, 1), DAYS)
CLASSES = (UserClass.TOWN, UserClass.PRIORITY_INDUSTRY, UserClass.INDUSTRY)
DEMAND_HM3 = {UserClass.TOWN: 2.0, UserClass.PRIORITY_INDUSTRY: 3.0, UserClass.INDUSTRY: 4.0}


class Someone(type(user("any", "lake"))):  # type: ignore[misc]
    """A user of any class."""

    user_class: UserClass


def someone(name: str, user_class: UserClass, price: float, **fields: Any) -> Kind:
    made = user(name, "lake", UserClass.INDUSTRY, shortage_price_yuan_per_m3=(price,), **fields).model_dump()
    return Someone(**(made | {"user_class": user_class}))


def region(prices: dict[UserClass, float]) -> list[Kind]:
    return [lake(10.0), *river(), hills("lake"), *(someone(one.value, one, prices[one]) for one in CLASSES)]


def series(inflow_hm3: float, demands: dict[str, float]) -> dict[tuple[str, str], Floats]:
    return {
        ("lake", "evaporation_mm_per_day"): np.zeros(DAYS),
        ("lake", "ecological_flow_m3_per_s"): np.zeros(DAYS),
        ("hills", "inflow_m3_per_s"): np.full(DAYS, inflow_hm3 * HM3_PER_DAY),
        **{(name, "demand_m3_per_s"): np.full(DAYS, demand * HM3_PER_DAY) for name, demand in demands.items()},
    }


def strictly(
    prices: dict[UserClass, float], inflow_hm3: float = 2.0, order: Sequence[UserClass] = STANDARD_ORDER,
    demand_hm3: dict[UserClass, float] = DEMAND_HM3,
) -> Lexicographic:  # fmt: skip
    """Solved in strict order, and audited as any answer is."""
    numbers = series(inflow_hm3, {one.value: demand_hm3[one] for one in CLASSES})
    assembly = assemble(region(prices), numbers, CLOCK)
    program = compile_model(assembly.model)
    found = in_strict_order(assembly, program, solve(program), order=order)
    audit(assembly.assets, answers(assembly, found.program, found.solution), CLOCK, found.solution.objective_yuan).require()
    return found


@pytest.mark.parametrize("prices", [(1.0, 5.0, 9.0), (9.0, 5.0, 1.0)])
@pytest.mark.parametrize("inflow_hm3", [0.5, 2.0, 20.0])
def test_levels_by_the_day_give_the_order_by_the_hour(prices: tuple[float, ...], inflow_hm3: float) -> None:
    """One program held to the levels of the day ends where one program a class does."""
    numbers = series(inflow_hm3, {one.value: DEMAND_HM3[one] for one in CLASSES})
    assembly = assemble(region(dict(zip(CLASSES, prices, strict=True))), numbers, CLOCK)
    program = compile_model(assembly.model)
    plain = solve(program)
    levels = levels_by_the_day(assembly, program, None, STANDARD_ORDER)
    quick, slow = at_levels(assembly, program, plain, levels), in_strict_order(assembly, program, plain)
    assert quick is not None
    assert quick.proven
    assert [stage.user_class for stage in quick.stages] == [stage.user_class for stage in slow.stages]
    for user_class, short in slow.stages[-1].shortage_hm3.items():
        assert quick.stages[-1].shortage_hm3[user_class] == pytest.approx(short, abs=1e-4)
    assert quick.solution.objective_yuan == pytest.approx(slow.solution.objective_yuan, rel=1e-5, abs=100.0)
    assert quick.solution.row_dual is not None
    assert quick.solution.row_dual.shape == (quick.program.row_count,)
    answered = answers(assembly, quick.program, quick.solution)
    audit(assembly.assets, answered, CLOCK, quick.solution.objective_yuan).require()


def test_levels_that_nothing_keeps_are_told() -> None:
    numbers = series(0.5, {one.value: DEMAND_HM3[one] for one in CLASSES})
    assembly = assemble(region(UPSIDE_DOWN), numbers, CLOCK)
    program = compile_model(assembly.model)
    ample = assemble(region(UPSIDE_DOWN), series(9.0, {one.value: DEMAND_HM3[one] for one in CLASSES}), CLOCK)
    levels = levels_by_the_day(ample, compile_model(ample.model), None, STANDARD_ORDER)
    assert at_levels(assembly, program, solve(program), levels) is None


UPSIDE_DOWN = {UserClass.TOWN: 1.0, UserClass.PRIORITY_INDUSTRY: 5.0, UserClass.INDUSTRY: 9.0}


def test_the_lower_class_is_cut_first_whatever_the_prices() -> None:
    """22 hm3 for towns (12), priority industry (18) and industry (24): 0, 8 and 24 are short, though prices say otherwise."""
    found = strictly(UPSIDE_DOWN)
    assert [stage.user_class for stage in found.stages] == [UserClass.TOWN, UserClass.ECOLOGICAL, *CLASSES[1:], None]
    last = found.stages[-1].shortage_hm3
    assert [last[one] for one in CLASSES] == pytest.approx([0.0, 8.0, 24.0], abs=1e-4)
    assert found.proven
    first = found.stages[0].shortage_hm3
    assert first[UserClass.TOWN] == pytest.approx(0.0, abs=1e-5), "its own stage finds what it keeps"


@pytest.mark.parametrize("first", list(itertools.permutations(CLASSES)), ids=lambda order: "-".join(one.value for one in order))
def test_any_order_is_kept_by_the_optimum_and_by_rule(first: tuple[UserClass, ...]) -> None:
    """22 hm3 in six days, or 2 on the first day by rule with nothing in store, go to the classes as they stand."""
    order = first + tuple(one for one in STANDARD_ORDER if one not in first)
    last = strictly(UPSIDE_DOWN, order=order).stages[-1].shortage_hm3
    by_rule = simulate(
        [lake(0.0), *region(UPSIDE_DOWN)[1:]], series(2.0, {one.value: DEMAND_HM3[one] for one in CLASSES}), CLOCK,
        Rules(order=order),
    )  # fmt: skip
    left, of_a_day = 22.0, 2.0
    for one in first:
        given, given_by_rule = min(left, 6 * DEMAND_HM3[one]), min(of_a_day, DEMAND_HM3[one])
        assert last[one] == pytest.approx(6 * DEMAND_HM3[one] - given, abs=1e-4)
        assert by_rule.delivered_hm3(one.value)[:, 0] == pytest.approx(np.full(DAYS, given_by_rule), abs=1e-9)
        left, of_a_day = left - given, of_a_day - given_by_rule


@pytest.mark.parametrize("seed", range(10))
def test_other_numbers_are_shared_out_by_the_order_alone(seed: int) -> None:
    """10 hm3 in store, an even inflow: the first k classes together lack what they ask beyond that, whatever the prices."""
    random = np.random.default_rng(seed)
    first = [CLASSES[k] for k in random.permutation(3)]
    demand = {one: float(random.uniform(0.5, 5)) for one in CLASSES}
    inflow = float(random.uniform(0, 9))
    found = strictly(
        {one: float(random.uniform(1, 90)) for one in CLASSES}, inflow,
        [*first, *(one for one in STANDARD_ORDER if one not in first)], demand,
    )  # fmt: skip
    asked, lacked = 0.0, 0.0
    for one in first:
        asked += DAYS * demand[one]
        in_all = max(0.0, asked - 10.0 - DAYS * inflow)
        assert found.stages[-1].shortage_hm3[one] == pytest.approx(in_all - lacked, abs=1e-4)
        lacked = in_all
    assert found.proven


def test_weighted_prices_alone_would_cut_the_towns() -> None:
    numbers = series(2.0, {one.value: DEMAND_HM3[one] for one in CLASSES})
    assembly = assemble(region(UPSIDE_DOWN), numbers, CLOCK)
    program = compile_model(assembly.model)
    found = answers(assembly, program, solve(program))
    assert found["town"].shed_1_m3_per_s.sum() / HM3_PER_DAY == pytest.approx(12.0)


def test_a_class_that_is_not_short_needs_no_program() -> None:
    found = strictly({UserClass.TOWN: 90.0, UserClass.PRIORITY_INDUSTRY: 50.0, UserClass.INDUSTRY: 10.0})
    assert [stage.was_solved for stage in found.stages] == [False, False, True, True, True]
    plenty = strictly(UPSIDE_DOWN, inflow_hm3=100.0)
    assert [stage.was_solved for stage in plenty.stages] == [False] * 5


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.floats(0.5, 90.0), st.floats(0.5, 90.0), st.floats(0.0, 8.0))
def test_a_higher_class_never_gains_by_a_lower_ones_weight(weight: float, other: float, inflow_hm3: float) -> None:
    base = strictly(UPSIDE_DOWN, inflow_hm3).stages[-1].shortage_hm3
    changed = UPSIDE_DOWN | {UserClass.INDUSTRY: weight, UserClass.PRIORITY_INDUSTRY: other}
    again = strictly(changed, inflow_hm3).stages[-1].shortage_hm3
    for one in CLASSES:
        assert again[one] == pytest.approx(base[one], abs=1e-4)


def test_duals_come_from_the_last_program_at_ordinary_costs() -> None:
    """One more hm3 of inflow saves priority industry, at its own price: the sum that is held moves with the water."""
    found = strictly(UPSIDE_DOWN)
    assert found.solution.row_dual is not None
    assert len(found.solution.row_dual) == found.program.row_count
    names = [family.full_name for family in found.program.layout.rows if family.owner == "lexicographic"]
    assert names == [f"lexicographic.{name}" for name in ("town", "ecological", "priority_industry", "industry")]


def shares(fair: bool, engine: Any) -> tuple[Floats, Floats]:
    """Shares that two industries are short by when a third of what they ask for is not there."""
    users = [user("big", "lake"), user("small", "lake")]
    rule = [FairShare(id="rule", user_class=UserClass.INDUSTRY, price_yuan_per_m3=0.01)] if fair else []
    numbers = series(2.0, {"big": 4.0, "small": 1.5})
    run = engine([lake(10.0), *river(), hills("lake"), *users, *rule], numbers, CLOCK)
    return tuple(run[name].shed_1_m3_per_s / numbers[name, "demand_m3_per_s"] for name in ("big", "small"))  # type: ignore


def test_a_fair_share_is_the_same_for_all_users(engine: Any) -> None:
    """22 hm3 for 33: everyone goes without a third of it all, and on every day without the same share as the other."""
    big, small = shares(True, engine)
    assert big == pytest.approx(small, abs=1e-6)
    assert big.mean() == pytest.approx(1 / 3, abs=1e-6)


def test_without_the_rule_only_the_sum_is_settled(engine: Any) -> None:
    big, small = shares(False, engine)
    assert (4.0 * big + 1.5 * small).sum() == pytest.approx(11.0)
