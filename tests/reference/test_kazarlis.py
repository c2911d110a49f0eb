"""Ten units over a day with a reserve of a tenth: S. A. Kazarlis, A. G. Bakirtzis, V. Petridis, "A genetic algorithm
solution to the unit commitment problem" (IEEE Transactions on Power Systems, 1996), with costs by secant segments."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from yuqian.models.bus import Bus
from yuqian.models.clock import Clock
from yuqian.models.commitment_law import Commitment, Formulation
from yuqian.models.kind import Kind
from yuqian.models.load_profile import LoadProfile
from yuqian.models.production_law import secants
from yuqian.models.reserve_requirement import ReserveRequirement
from yuqian.models.thermal_unit import ThermalUnit
from yuqian.optimise.solve import SolverOptions

DAY = Clock.of_days(dt.date(2030, 1, 1), 1)
LOAD_MW = np.array(
    [700, 750, 850, 950, 1000, 1100, 1150, 1200, 1300, 1400, 1450, 1500,
     1400, 1300, 1200, 1050, 1000, 1100, 1200, 1400, 1300, 1100, 900, 800], dtype=float,
)  # fmt: skip
# Highest and lowest power, a, b, c of a + bP + cP2, least hours up and down, cost of a hot and of a cold start, hours off
# beyond the least until a start is cold, hours on (or off) before.
UNITS = (
    (455, 150, 1000, 16.19, 0.00048, 8, 8, 4500, 9000, 5, 8),
    (455, 150, 970, 17.26, 0.00031, 8, 8, 5000, 10000, 5, 8),
    (130, 20, 700, 16.6, 0.002, 5, 5, 550, 1100, 4, -5),
    (130, 20, 680, 16.5, 0.00211, 5, 5, 560, 1120, 4, -5),
    (162, 25, 450, 19.7, 0.00398, 6, 6, 900, 1800, 4, -6),
    (80, 20, 370, 22.26, 0.00712, 3, 3, 170, 340, 2, -3),
    (85, 25, 480, 27.74, 0.00079, 3, 3, 260, 520, 2, -3),
    (55, 10, 660, 25.92, 0.00413, 1, 1, 30, 60, 0, -1),
    (55, 10, 665, 27.27, 0.00222, 1, 1, 30, 60, 0, -1),
    (55, 10, 670, 27.79, 0.00173, 1, 1, 30, 60, 0, -1),
)
SERIES = {("load", "demand_mw"): LOAD_MW, ("reserve", "requirement_mw"): 0.1 * LOAD_MW}


def unit(number: int, segments: int, commitment: Commitment, formulation: Formulation) -> ThermalUnit:
    high, low, a, b, c, up, down, hot, cold, cold_after, status = UNITS[number]
    line = secants(low, high, segments, lambda mw: a + b * mw + c * mw**2)
    return ThermalUnit(
        id=f"unit_{number + 1}", bus="bus", reserve="reserve", power_min_mw=low, power_max_mw=high, ramp_up_mw_per_h=high,
        ramp_down_mw_per_h=high, ramp_startup_mw=high, ramp_shutdown_mw=high, time_up_minimum_h=up, time_down_minimum_h=down,
        initial_status_h=status, initial_power_mw=low if status > 0 else 0.0, start_lag_h=(down, down + cold_after + 1),
        start_cost_yuan=(hot, cold), curve_power_mw=line.power_mw, curve_cost_yuan_per_h=line.rate_per_h,
        commitment=commitment, formulation=formulation,
    )  # fmt: skip


def region(segments: int, commitment: Commitment, formulation: Formulation) -> list[Kind]:
    fleet = [unit(number, segments, commitment, formulation) for number in range(len(UNITS))]
    # Committed capacity of 1.1 times the load is headroom of a tenth of it, for no ramp limits the headroom.
    around = [
        Bus(id="bus", voltage_kv=220.0),
        LoadProfile(id="load", bus="bus"),
        ReserveRequirement(id="reserve", requirement_base_mw=0.0),
    ]
    return [*fleet, *around]


@pytest.mark.parametrize(
    ("segments", "cost", "formulation"),
    [
        (4, 563_948.84, Formulation.TIGHT),
        (4, 563_948.84, Formulation.THREE_BINARY),
        pytest.param(16, 563_938.27, Formulation.THREE_BINARY, marks=pytest.mark.slow),
        pytest.param(64, 563_937.718, Formulation.THREE_BINARY, marks=pytest.mark.slow),
        pytest.param(64, 563_937.718, Formulation.TIGHT, marks=pytest.mark.slow),
    ],
)
def test_optimum(engine: Any, segments: int, cost: float, formulation: Formulation) -> None:
    run = engine(region(segments, Commitment.INTEGER, formulation), SERIES, DAY, SolverOptions(gap_fraction=1e-7))
    assert run.cost == pytest.approx(cost, rel=1e-6)
    assert run.solution.bound_yuan == pytest.approx(cost, rel=1e-6)


def test_relaxations_are_bounds_and_the_tight_one_is_no_looser(engine: Any) -> None:
    loose, tight = (engine(region(4, Commitment.RELAXED, formulation), SERIES, DAY).cost for formulation in (
        Formulation.THREE_BINARY, Formulation.TIGHT
    ))  # fmt: skip
    assert loose <= tight * (1 + 1e-9)
    assert tight < 563_948.84
