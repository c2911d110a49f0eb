"""Return flow that comes late, and gates that let out only so much, by rule against days worked out by hand."""

from __future__ import annotations

import pytest

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
