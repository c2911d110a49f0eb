"""Two published days of one bus, 28 and 35 units: costs that Egret's own test suite holds (grid-parity-exchange/Egret)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from yuqian.assets.read_egret import read_egret
from yuqian.models.commitment_law import Commitment, Formulation
from yuqian.optimise.solve import SolverOptions

CASES = ("egret_test_case_1.json", "egret_test_case_2.json")
Published = Callable[[str], Path]


@pytest.mark.parametrize(("name", "cost"), list(zip(CASES, (4_194_720.23424, 5_441_076.85034), strict=True)))
@pytest.mark.parametrize("must_serve", [False, True])
def test_tight_relaxation(engine: Any, published: Published, name: str, cost: float, must_serve: bool) -> None:
    case = read_egret(published(name), Commitment.RELAXED, must_serve=must_serve)
    assert engine(case.assets, case.series, case.clock).cost == pytest.approx(cost, rel=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_plain_relaxation_is_looser(engine: Any, published: Published, name: str) -> None:
    costs = []
    for formulation in Formulation:
        case = read_egret(published(name), Commitment.RELAXED, formulation)
        costs.append(engine(case.assets, case.series, case.clock).cost)
    assert costs[0] < costs[1]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "cost"), list(zip(CASES, (4_201_915.0173205, 5_454_367.7670905), strict=True)))
def test_optimum(engine: Any, published: Published, name: str, cost: float) -> None:
    case = read_egret(published(name))
    run = engine(case.assets, case.series, case.clock, SolverOptions(gap_fraction=1e-7, time_limit_s=600.0))
    assert run.cost == pytest.approx(cost, rel=1e-6)
    assert run.solution.bound_yuan == pytest.approx(cost, rel=1e-6)


def test_fuel_limits_and_limits_by_step(engine: Any, published: Published) -> None:
    """Three units on one day: fuel curves, supplies that run short by the hour, powers that change by the hour."""
    case = read_egret(published("egret_tiny_uc_8.json"))
    results = json.loads(published("egret_tiny_uc_8_results.json").read_text(encoding="utf-8"))
    for formulation in Formulation:
        case = read_egret(published("egret_tiny_uc_8.json"), formulation=formulation)
        run = engine(case.assets, case.series, case.clock, SolverOptions(gap_fraction=1e-9))
        assert run.cost == pytest.approx(results["system"]["total_cost"], rel=1e-6)
    for name, unit in results["elements"]["generator"].items():
        online = run[name.lower()].online_count[1:]
        assert online == pytest.approx(unit["commitment"]["values"], abs=1e-6)
    short = run["load_bus1"].shed_mw - run["load_bus1"].surplus_mw
    assert np.abs(short) == pytest.approx(results["elements"]["bus"]["Bus1"]["p_balance_violation"]["values"], abs=1e-4)
