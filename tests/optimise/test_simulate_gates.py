"""Return flow that comes late, gates that let out only so much, and what turbines give, by rule against days by hand."""

from __future__ import annotations

import numpy as np
import pytest

from yuqian.models.hydro_plant import HydroPlant
from yuqian.optimise.operating_plan import STORE_ITEMS

ROUNDING = 1e-9
FLOW = 1e6 / 86_400
"""m3/s that bring 1 hm3 a day."""


def test_return_flow_comes_late(network) -> None:
    """Two days late; before the first day it is that of the first day's demand."""
    case = network(4)
    case.river("river", [10.0, 10.0, 0.0, 0.0])
    case.outlet("river")
    case.town("town", "river", [10.0, 5.0, 0.0, 0.0], return_to="river", returned=0.6, lag=2)
    case.fields("fields", "river", 20.0)
    run = case.run()
    assert run.delivered_hm3("town")[:, 0] == pytest.approx([10.0, 5.0, 0.0, 0.0])
    assert run.delivered_hm3("fields")[:, 0] == pytest.approx([6.0, 11.0, 6.0, 3.0])
    assert run.residual < ROUNDING


def _gated(network, inflow: list[float], gates: tuple[float, ...], levels: tuple[float, ...] = (0.0, 40.0, 60.0)):
    """A lake of 50 up to its normal level and 60 up to its highest, full; what its gates let out by level."""
    case = network(len(inflow))
    case.river("below")
    case.outlet("below")
    case.lake(
        "lake", "below", 60.0, 60.0, inflow, level_normal_m=50.0, level_flood_limit_m=50.0, opening_storage_fraction=1.0,
        discharge_level_m=levels, discharge_max_m3_per_s=tuple(flow * FLOW for flow in gates),
    )  # fmt: skip
    return case


def test_gates_hold_a_flood_back_up_to_the_highest_level(network) -> None:
    """They let out 10 at 50, 12 at 60 and 10.6 at 53; what is over 60 runs over the crest."""
    run = _gated(network, [30.0, 5.0, 0.0], (0.0, 8.0, 12.0)).run()
    assert run.storage_hm3("lake")[:, 0] == pytest.approx([60.0, 53.0, 50.0])
    assert run.record.stores[:, 0, STORE_ITEMS.index("spill"), 0] == pytest.approx([20.0, 12.0, 3.0])
    assert run.residual < ROUNDING


def test_gates_limit_what_a_dam_can_be_called_for(network) -> None:
    """A town down the river gets what the gates let out; one on a canal of its own is not touched by them."""
    case = _gated(network, [0.0, 0.0], (0.0, 4.0, 4.0))
    case.town("river_town", "below", 9.0)
    case.supply("head")
    case.canal("lake", "head")
    case.town("canal_town", "head", 5.0)
    run = case.run()
    assert run.delivered_hm3("river_town")[:, 0] == pytest.approx([4.0, 4.0])
    assert run.delivered_hm3("canal_town")[:, 0] == pytest.approx([5.0, 5.0])
    assert run.storage_hm3("lake")[:, 0] == pytest.approx([41.0, 32.0])


def test_gates_let_nothing_out_below_their_sill(network) -> None:
    case = _gated(network, [0.0, 0.0], (6.0, 6.0), (45.0, 60.0))
    case.town("river_town", "below", 9.0)
    run = case.run()
    assert run.delivered_hm3("river_town")[:, 0] == pytest.approx([6.0, 0.0])


@pytest.mark.parametrize(
    ("more", "mw"),
    [
        ({}, 9.81e-3 * 20.0 * 0.8 * FLOW * 4),
        ({"tailwater_level_m": 10.0, "head_loss_m": 1.0}, 9.81e-3 * 39.0 * 0.8 * FLOW * 4),
        (
            {"tailwater_level_m": 10.0, "tailwater_curve_flow_m3_per_s": (0, 100), "tailwater_curve_level_m": (10, 20)},
            9.81e-3 * (40.0 - 4 * FLOW / 10) * 0.8 * FLOW * 4,
        ),
        (
            {"turbine_curve_flow_m3_per_s": (20, 40, 60), "turbine_curve_relative_fraction": (1, 0.95, 0.85)},
            9.81e-3 * 20.0 * 0.8 * (38.0 + 13.0 * (4 * FLOW - 40.0) / 20.0),
        ),
        ({"power_max_mw": 5.0, "tailwater_level_m": 10.0}, 5.0),
        ({"tailwater_level_m": 55.0}, 0.0),
    ],
)  # fmt: skip
def test_turbines_give_by_the_head_of_the_day(network, more: dict[str, object], mw: float) -> None:
    """4 hm3 come and are let out; the level stays at 50 m."""
    case = network(2)
    case.river("below")
    case.lake("lake", "below", 100.0, 50.0, 4.0, ecological=4.0)
    plant = {"id": "plant", "reservoir": "lake", "downstream": "below", "bus": "bus", "power_max_mw": 100.0, "net_head_m": 20.0}
    plant |= {"efficiency_fraction": 0.8, "variable_cost_yuan_per_mwh": 0.0, **more}
    case.assets.append(HydroPlant.model_validate(plant))
    run = case.run()
    assert run.storage_hm3("lake")[:, 0] == pytest.approx(50.0)
    assert run.energy_mwh("plant")[:, 0] == pytest.approx(np.full(2, 24.0 * mw))
