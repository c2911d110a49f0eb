"""A turbine curve: efficient water first, power on the curve, and no curve that a linear program would use backwards."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuqian.models.book import Answer
from yuqian.models.bus import Bus
from yuqian.models.clock import Clock
from yuqian.models.hydro_plant import HydroPlant
from yuqian.models.kind import Example, Kind
from yuqian.models.load_profile import LoadProfile
from yuqian.models.outlet import Outlet
from yuqian.models.reservoir import SPILL_PRICE_YUAN_PER_M3, Reservoir
from yuqian.models.river_node import RiverNode
from yuqian.models.turbine_curve_law import WASTE_PRICE_YUAN_PER_M3, TurbineCurve
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble, assemble_example
from yuqian.optimise.compile import compile_model
from yuqian.optimise.lp_text import lp_text
from yuqian.optimise.solve import solve
from yuqian.reports.audit import audit

GOLDEN = Path(__file__).parent / "golden" / "variants"
START = dt.date(2030, 7, 1)
STEPS = 4
"""Hours of a short day."""
CURVE = {"turbine_curve_flow_m3_per_s": (20.0, 35.0, 50.0), "turbine_curve_relative_fraction": (1.0, 0.97, 0.92)}
EXAMPLE = HydroPlant.example()
VARIANTS: dict[str, dict[str, Any]] = {"constant_head": {}, "variable_head": {"tailwater_level_m": 290.0}}


def variant(**fields: Any) -> Example:
    asset = HydroPlant(**{**EXAMPLE.asset.model_dump(), **CURVE, **fields})
    return Example(asset, EXAMPLE.ports)


@pytest.mark.parametrize("name", list(VARIANTS))
def test_two_step_program_is_the_golden_one(name: str, request: pytest.FixtureRequest) -> None:
    clock = Clock.of_days(START, 2, hours_per_day=1)
    text = lp_text(compile_model(assemble_example(variant(**VARIANTS[name]), clock).model))
    golden = GOLDEN / f"hydro_plant_curve_{name}.lp"
    if request.config.getoption("force_regen"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", list(VARIANTS))
def test_the_audit_notices_every_decision(name: str) -> None:
    clock = Clock.of_days(START, 3)
    assembly = assemble_example(variant(**VARIANTS[name]), clock)
    program = compile_model(assembly.model)
    solution = solve(program)
    found = answers(assembly, program, solution)
    audit(assembly.assets, found, clock, solution.objective_yuan).require()
    for family in program.layout.columns:
        if family.owner == "hydro":
            arrays = {key: value.copy() for key, value in found["hydro"]._arrays.items()}
            arrays[family.name][0] += 1.0
            damaged = {**found, "hydro": Answer("hydro", arrays)}
            assert not audit(assembly.assets, damaged, clock, solution.objective_yuan).passes, family.name


def test_the_audit_refuses_segments_that_are_filled_out_of_order() -> None:
    """The same power by the same hours, balances kept, but the second segment before the first is full."""
    clock = Clock.of_days(START, 1)
    assembly = assemble_example(variant(), clock)
    program = compile_model(assembly.model)
    solution = solve(program)
    found = answers(assembly, program, solution)
    arrays = {key: value.copy() for key, value in found["hydro"]._arrays.items()}
    moved = 1.0
    relative = TurbineCurve(**{key.removeprefix("turbine_curve_"): value for key, value in CURVE.items()}).segment_relative()
    arrays["segment_1_m3_per_s"][0] -= moved
    arrays["segment_3_m3_per_s"][0] += moved - arrays["segment_3_m3_per_s"][0]
    arrays["power_mw"] = sum(
        9.81e-3 * 70 * 0.88 * share * arrays[f"segment_{k}_m3_per_s"] for k, share in enumerate(relative, start=1)
    )
    arrays["turbine_m3_per_s"] = np.array([sum(arrays[f"segment_{k}_m3_per_s"] for k in (1, 2, 3)).mean()])
    damaged = {**found, "hydro": Answer("hydro", arrays)}
    failed = {one.check for one in audit(assembly.assets, damaged, clock, 0.0).findings if one.relative > 1e-6}
    assert "power on the turbine curve, its segments filled in order" in failed


def test_textbook_power_of_a_curve() -> None:
    """100 m3/s over 50 m at 90 % are 44.145 MW (9.81 Q H eta); 120 m3/s at 0.95 of that efficiency are 50.3253 MW."""
    curve = TurbineCurve((100.0, 120.0), (1.0, 0.95))
    curve.check()
    best = 9.81e-3 * 50.0 * 0.9
    powers = np.cumsum(curve.segment_width_m3_per_s() * curve.segment_relative()) * best
    assert powers == pytest.approx([44.145, 50.3253])
    kwh_per_m3 = best / 3.6
    assert kwh_per_m3 == pytest.approx(0.002725 * 50.0 * 0.9, rel=1e-4)


def test_full_power_ends_the_segments() -> None:
    """At 0.5 MW per m3/s and 16 MW: 20 m3/s give 10 MW, and of the next, at 0.4 MW each, 15 of 20 m3/s the rest."""
    curve = TurbineCurve((20.0, 40.0), (1.0, 0.9))
    assert curve.limits_m3_per_s(np.array([0.5, 1.0, 0.1]), 16.0) == pytest.approx(np.array([[20, 16, 20], [15, 0, 20]]))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"turbine_curve_relative_fraction": (1.0, 0.9, 0.92)}, "must be concave: at 50 m3/s .* less than 0.86"),
        ({"turbine_curve_relative_fraction": (1.0, 1.0, 0.9)}, "must be concave: at 35 m3/s"),
        ({"turbine_curve_relative_fraction": (1.0, 0.97, 0.5)}, "more than 0.679"),
        ({"turbine_curve_relative_fraction": (0.9, 0.85, 0.8)}, "must begin with 1"),
        ({"turbine_curve_relative_fraction": (1.0,)}, "got 3 and 1"),
        ({"turbine_curve_flow_m3_per_s": ()}, "got 0 and 3"),
        ({"turbine_curve_flow_m3_per_s": (20.0, 20.0, 50.0)}, "must rise"),
    ],
)
def test_a_curve_that_is_not_concave_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        variant(**fields)


def day(prices: list[float], volume_hm3: float, efficiency: float = 0.88, **fields: Any) -> tuple[dict[str, Answer], float]:
    """A lake of so much water and a plant below it that serves a load in each part of a day, shed at that part's price."""
    clock = Clock.of_days(START, 1, hours_per_day=STEPS)
    given = Reservoir.example().asset.model_dump() | {
        "id": "lake", "downstream": "river", "level_dead_m": 0.0, "seepage_fraction_per_year": 0.0,
        "curve_level_m": (0.0, 100.0), "curve_storage_hm3": (0.0, 10.0), "curve_area_km2": (0.0, 1.0),
        "level_flood_limit_m": 100.0, "level_normal_m": 100.0, "level_max_m": 100.0,
        "opening_storage_fraction": volume_hm3 / 10.0, "closing_storage_fraction": 0.0,
    }  # fmt: skip
    plant = {**EXAMPLE.asset.model_dump(), "efficiency_fraction": efficiency, "variable_cost_yuan_per_mwh": 0.0, **fields}
    assets: list[Kind] = [
        Reservoir(**given), RiverNode(id="river"), Bus(id="bus", voltage_kv=220.0), HydroPlant(**plant),
        Outlet(id="mouth", node="river", flow_min_m3_per_s=0.0, shortage_price_yuan_per_m3=0.0),
        *(LoadProfile(id=f"load_{k}", bus="bus", shed_price_yuan_per_mwh=price) for k, price in enumerate(prices)),
    ]  # fmt: skip
    series = {("lake", "evaporation_mm_per_day"): np.zeros(1), ("lake", "ecological_flow_m3_per_s"): np.zeros(1)}
    for k in range(STEPS):
        series[f"load_{k}", "demand_mw"] = np.where(np.arange(STEPS) == k, 1000.0, 0.0)
    assembly = assemble(assets, series, clock)
    program = compile_model(assembly.model)
    solution = solve(program)
    found = answers(assembly, program, solution)
    audit(assembly.assets, found, clock, solution.objective_yuan).require()
    return found, 1000.0 * sum(prices) - solution.objective_yuan


some_flows = st.lists(st.floats(2.0, 20.0), min_size=1, max_size=4)
some_falls = st.lists(st.floats(0.5, 0.98), min_size=3, max_size=3)


@settings(max_examples=25)
@given(
    widths=some_flows, falls=some_falls, volume=st.floats(0.05, 1.2), power_max=st.floats(5.0, 60.0),
    prices=st.lists(st.floats(50.0, 900.0), min_size=STEPS, max_size=STEPS),
)  # fmt: skip
def test_the_optimum_is_to_fill_the_dearest_water_first(
    widths: list[float], falls: list[float], volume: float, power_max: float, prices: list[float]
) -> None:
    """All pairs of hour and segment, by what a m3 earns there, until the water is used up."""
    relative = np.cumprod([1.0, *falls])[: len(widths)]
    flows = np.cumsum(widths)
    curve = {
        "turbine_curve_flow_m3_per_s": tuple(flows),
        "turbine_curve_relative_fraction": (1.0, *(np.cumsum(relative * widths) / flows)[1:]),
    }
    _, gain = day(prices, volume, power_max_mw=power_max, **curve)
    best = 9.81e-3 * 70.0 * 0.88
    left_mw, pieces = power_max, []
    for share, width in zip(relative, widths, strict=True):
        room = min(width, left_mw / (share * best))
        left_mw -= room * share * best
        waste = WASTE_PRICE_YUAN_PER_M3 * 3600 * (1 - share)
        pieces += [(price * share * best - waste, room * 3600 / 1e6) for price in prices]
    wanted, left = 0.0, volume
    for worth, room in sorted(pieces, reverse=True):
        used = min(room, left)
        left -= used
        wanted += worth * used * 1e6 / 3600
    assert gain == pytest.approx(wanted, rel=1e-6)


def test_where_power_is_worth_nothing_water_is_not_wasted() -> None:
    """Water that must leave the lake: as much power as there is, or as little flow through the turbines, never in between."""
    found, _ = day([0.0] * STEPS, 9.0, **CURVE)
    hydro = found["hydro"]
    flow = sum(getattr(hydro, f"segment_{k}_m3_per_s") for k in (1, 2, 3))
    on_curve = np.interp(flow, (0, 20, 35, 50), (0, 20, 35 * 0.97, 50 * 0.92)) * 9.81e-3 * 70 * 0.88
    assert hydro.power_mw == pytest.approx(on_curve, abs=1e-6)
    assert WASTE_PRICE_YUAN_PER_M3 > SPILL_PRICE_YUAN_PER_M3
