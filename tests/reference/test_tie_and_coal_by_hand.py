"""A tie as a contract and a coal chain, small enough to be worked out on paper; solved by the ordinary engine."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from yuqian.models.back_to_back import BackToBack
from yuqian.models.bus import Bus
from yuqian.models.clock import Clock
from yuqian.models.coal_bunker import CoalBunker
from yuqian.models.coal_feed import CoalFeed
from yuqian.models.coal_hub import CoalHub
from yuqian.models.coal_supply import CoalSupply
from yuqian.models.coal_transfer import CoalTransfer
from yuqian.models.coal_unit import CoalUnit
from yuqian.models.coal_yard import CoalYard
from yuqian.models.commitment_law import Commitment
from yuqian.models.kind import Kind
from yuqian.models.load_profile import LoadProfile
from yuqian.models.port import Port
from yuqian.optimise.solve import SolverOptions

DAY = Clock.of_days(dt.date(2030, 1, 1), 1)
EXACT = SolverOptions(gap_fraction=1e-9)
LOCAL = Port.market("bus", "mw", 500.0, 0.0)
BUS = Bus(id="bus", voltage_kv=500.0)


def tie(**changes: Any) -> BackToBack:
    facts = {
        "power_max_mw": 200.0, "loss_fraction": 0.0, "standing_loss_fraction": 0.0, "availability_fraction": 1.0,
        "price_mean_yuan_per_mwh": 400.0, "price_swing_fraction": 0.0, "wheeling_yuan_per_mwh": 0.0,
    }  # fmt: skip
    return BackToBack(id="tie", bus="bus", **{**facts, **changes})


def load_of(mw: Any) -> tuple[Kind, dict[tuple[str, str], np.ndarray]]:
    return LoadProfile(id="load", bus="bus"), {("load", "demand_mw"): mw * np.ones(24)}


def test_a_block_schedule_with_a_hold(engine: Any) -> None:
    """A load of 100 MW, power at home 500 yuan. By blocks of six hours the far side asks 450, 350, 700 and 300.

    In thousands of yuan saved a block, importing 100 MW gives 30, 90, -120, 120 and exporting 200 MW -60, -180, 240, -240.
    Free, the tie imports, imports, exports and imports: 30 + 90 + 240 + 120. With a hold of 12 h the schedule may change at
    any one block's end, or at 6 and at 18 h. Importing all day, or until noon, saves 120. Changing at 6 and 18 h the two
    blocks between go together, and exporting in both gives 60: 30 + 60 + 120.
    """
    price = np.repeat([450.0, 350.0, 700.0, 300.0], 6)
    load, series = load_of(100.0)
    series["tie", "price_yuan_per_mwh"] = price
    at_home = 24 * 100.0 * 500.0
    free = engine([tie(block_h=6.0), load, LOCAL], series, DAY)
    assert free.cost == pytest.approx(at_home - 480_000.0)
    held = tie(block_h=6.0, hold_h=12.0, commitment=Commitment.INTEGER)
    assert engine([held, load, LOCAL], series, DAY, EXACT).cost == pytest.approx(at_home - 210_000.0)


def test_a_contracted_energy_of_the_day(engine: Any) -> None:
    """900 MWh must be taken at 600 or 650 yuan, against 500 at home: nine of the twelve cheaper hours; or 40 yuan are paid."""
    load, series = load_of(100.0)
    series["tie", "price_yuan_per_mwh"] = np.repeat([600.0, 650.0], 12)
    contract = tie(import_of_day_min_mwh=900.0, import_of_day_max_mwh=900.0, export_of_day_max_mwh=0.0)
    assert engine([contract, load, LOCAL], series, DAY).cost == pytest.approx(24 * 100.0 * 500.0 + 900.0 * 100.0)
    soft = contract.model_copy(update={"deviation_price_yuan_per_mwh": 40.0})
    run = engine([soft, load, LOCAL], series, DAY)
    assert run["tie"].import_mw == pytest.approx(0.0)
    assert run.cost == pytest.approx(24 * 100.0 * 500.0 + 900.0 * 40.0 - 12 * 200.0 * (600.0 - 540.0) - 12 * 200.0 * 110.0)


def test_one_reversal_a_day(engine: Any) -> None:
    """Six hours each of 300, 800, 300, 800: imports save 100 x 200, exports of 200 MW earn 200 x 300. Of in, out, in and out
    only one turn is left: in until six, out, still, and out."""
    load, series = load_of(100.0)
    series["tie", "price_yuan_per_mwh"] = np.repeat([300.0, 800.0, 300.0, 800.0], 6)
    once = tie(reversals_max_per_day=1.0, commitment=Commitment.INTEGER)
    saved = 600 * 200.0 + 2 * 1200 * 300.0
    assert engine([once, load, LOCAL], series, DAY, EXACT).cost == pytest.approx(24 * 100.0 * 500.0 - saved)


def test_half_a_tie_is_left_when_a_pole_is_out(engine: Any) -> None:
    load, series = load_of(200.0)
    series["tie", "price_yuan_per_mwh"] = np.full(24, 400.0)
    series["tie", "in_service_fraction"] = np.where(np.arange(24) < 10, 0.5, 1.0)
    run = engine([tie(standing_loss_fraction=0.01), load, LOCAL], series, DAY)
    imported, standing = 10 * 100.0 + 14 * 200.0, 10 * 1.0 + 14 * 2.0
    assert run.cost == pytest.approx(imported * 400.0 + (24 * 200.0 + standing - imported) * 500.0)


MWH_PER_T = 2.5
UNIT = CoalUnit(**{
    **CoalUnit.example().asset.model_dump(), "unit_count": 1, "water_node": None, "must_run_fraction": 0.0,
    "power_min_fraction": 0.0, "no_load_fraction": 0.0, "ramp_fraction_per_h": 1.0, "coal_heat_tce_per_t": 0.75,
    "coal_rate_net_gce_per_kwh": 300.0, "variable_cost_yuan_per_mwh": 0.0,
})  # fmt: skip


def test_a_train_that_is_three_days_late_sheds_its_energy_less_what_the_yard_holds(engine: Any) -> None:
    """300 MW burn 2880 t a day. A train a day, two days on the way; the yard holds 1200 t. The train of the fifth day is three
    days late: 2880 - 1200 t are missing for good by then, and its own coal comes too late to burn twice."""
    days, per_day = 10, 24 * 300.0 / MWH_PER_T
    clock = Clock.of_days(dt.date(2030, 1, 1), days)
    rail = CoalSupply(
        id="rail", coal_hub="hub", train_t=per_day, trains_max_per_day=1.0, price_yuan_per_t=700.0, annual_max_t=1e9,
        lead_time_days=2, opening_transit_t=2 * per_day, unloading_max_t_per_day=3 * per_day,
        late_due=(dt.date(2030, 1, 5),), late_days=(3,), late_train_count=(1.0,),
    )  # fmt: skip
    haul = CoalTransfer(id="haul", coal_from="hub", coal_to="yard", flow_max_t_per_day=1e6, cost_yuan_per_t=0.0)
    yard = CoalYard(
        id="yard", stock_max_t=10_000.0, full_burn_t_per_day=0.0, days_of_cover_min=0.0, loss_fraction_per_year=0.0,
        cover_shortage_price_yuan_per_t=0.0, opening_stock_fraction=0.12, closing_stock_fraction=0.12,
    )  # fmt: skip
    load = LoadProfile(id="load", bus="bus", shed_price_yuan_per_mwh=5000.0)
    held = np.zeros(days)
    held[4:7] = per_day
    series = {
        ("load", "demand_mw"): np.full(24 * days, 300.0), ("coal", "available_fraction"): np.ones(24 * days),
        ("rail", "held_t"): held,
    }  # fmt: skip
    run = engine([BUS, UNIT, CoalHub(id="hub"), rail, haul, yard, load], series, clock)
    assert run["load"].shed_mw.sum() == pytest.approx((per_day - 1200.0) * MWH_PER_T, rel=1e-9)


def test_a_blend_of_two_heats(engine: Any) -> None:
    """200 MW take 1440 tce a day. Rich coal 0.9 tce/t at 900 yuan, poor 0.5 at 300; the boiler wants 0.75 at least: of 1920 t
    five eighths are rich. The dearer tonne of standard coal is needed, and no more of it."""
    bunker = CoalBunker(id="yard", heat_tce_per_t=0.75, blend_heat_min_tce_per_t=0.75, blend_heat_max_tce_per_t=0.9)
    feeds = [
        CoalFeed(id=name, coal_from=f"pile_{name}", bunker="yard", heat_tce_per_t=heat, flow_max_t_per_day=5000.0,
                 cost_yuan_per_t=0.0)
        for name, heat in (("rich", 0.9), ("poor", 0.5))
    ]  # fmt: skip
    piles = [Port.market("pile_rich", "t_per_h", 900.0, 0.0), Port.market("pile_poor", "t_per_h", 300.0, 0.0)]
    load = LoadProfile(id="load", bus="bus")
    series = {("load", "demand_mw"): np.full(24, 200.0), ("coal", "available_fraction"): np.ones(24)}
    run = engine([BUS, UNIT, bunker, *feeds, *piles, load], series, DAY)
    assert run["rich"].flow_t_per_h * 24 == pytest.approx([1200.0])
    assert run["poor"].flow_t_per_h * 24 == pytest.approx([720.0])
    assert run.cost == pytest.approx(1200.0 * 900.0 + 720.0 * 300.0)
