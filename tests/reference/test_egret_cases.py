"""Two published days of one bus, 28 and 35 units: costs that Egret's own test suite holds (grid-parity-exchange/Egret)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

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
