"""Costs that Egret (grid-parity-exchange/Egret) gives.

Of the published days of its own test suite, where they are at hand, and of cases made for it, solved with Egret 0.6.2 and HiGHS
by its tight model.
"""

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
HERE = Path(__file__).parent / "egret"
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


SMALL = {
    "tiny_uc_1": 487_389.24464, "tiny_uc_3": 103_398.646475, "tiny_uc_4": 81_382.524812, "tiny_uc_5": 92_373.646287,
    "tiny_uc_6": 487_412.78456, "tiny_uc_7": 523_633.31051, "tiny_uc_9": 52_800.0, "tiny_uc_10": 487_389.24464,
    "tiny_uc_11": 481_071.67294, "tiny_uc_12": 44_002_633.125084, "tiny_uc_tc": 490_825.577413,
    "tiny_uc_tc_2": 490_825.577413, "tiny_uc_tc_3": 486_110.333251, "tiny_uc_tc_4": 486_110.333251,
    "tiny_uc_tc_5": 490_366.250323, "tiny_uc_tc_6": 490_013.772085, "tiny_uc_tc_7": 494_296.734681,
    "tiny_uc_tc_8": 415_176.72867, "tiny_uc_tc_9": -1_029_524.005434, "tiny_uc_tc_10": -1_568_449.662235,
    "tiny_uc_tc_11": -1_598_922.913298,
}  # fmt: skip
"""Services and areas, second fuels, costs by step, courses, limits, loads and plants at a price, a direct-current line."""


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_small_published_days(engine: Any, small_published: Published, name: str) -> None:
    case = read_egret(small_published(name))
    run = engine(case.assets, case.series, case.clock, SolverOptions(gap_fraction=1e-9, time_limit_s=300.0))
    assert run.cost == pytest.approx(SMALL[name], rel=1e-8)


MADE = {
    "services_20": (49_533.26391656121, 58_696.249018854935),
    "services_22": (14_391.47081987712, 14_719.625695085577),
    "services_24": (123_044.06702211502, 124_183.20322600343),
}
"""Four units over six hours with all services, areas, courses, a store, an interface, bids: relaxed, and of whole units."""


@pytest.mark.parametrize("name", MADE)
def test_made_cases(engine: Any, name: str) -> None:
    for commitment, cost in zip((Commitment.RELAXED, Commitment.INTEGER), MADE[name], strict=True):
        case = read_egret(HERE / f"{name}.json", commitment)
        run = engine(case.assets, case.series, case.clock, SolverOptions(gap_fraction=1e-9))
        assert run.cost == pytest.approx(cost, rel=1e-9)
