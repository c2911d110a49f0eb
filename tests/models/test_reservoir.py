"""A reservoir's levels, losses and gates, each in a case by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from yuqian.models.book import Answer
from yuqian.models.catchment import Catchment
from yuqian.models.clock import Clock, Floats
from yuqian.models.industry import Industry
from yuqian.models.kind import Kind, UserClass
from yuqian.models.ledger import Account
from yuqian.models.outlet import Outlet
from yuqian.models.reservoir import Reservoir
from yuqian.models.river_node import RiverNode
from yuqian.models.surface_law import Surface, SurfaceOf
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.solve import Outcome, solve
from yuqian.reports.audit import Audit, audit

FIELDS = Reservoir.example().asset.model_dump() | {
    "id": "lake", "downstream": "river", "ecological_dry_fraction": 0.0, "ecological_wet_fraction": 0.0,
    "closing_storage_fraction": 0.0, "seepage_fraction_per_year": 0.0,
}  # fmt: skip
HM3_PER_DAY = 1e6 / 86_400


def run(
    days: int, *, inflow: float = 0.0, demand: float | Floats = 0.0, evaporation: float = 0.0,
    start: dt.date = dt.date(2030, 7, 1), **fields: Any,
) -> tuple[dict[str, Answer], Audit]:  # fmt: skip
    """One dam with an inflow and a user, both in hm3 a day, evaporation in mm a day."""
    assets: list[Kind] = [
        Reservoir(**(FIELDS | fields)),
        Catchment(id="hills", node="lake", area_km2=1.0, runoff_depth_mm_per_year=1.0),
        RiverNode(id="river"),
        Outlet(id="mouth", node="river", flow_min_m3_per_s=0.0, shortage_price_yuan_per_m3=0.0),
        Industry(
            id="user", node="lake", user_class=UserClass.INDUSTRY, demand_hm3_per_year=1.0, shortage_share_fraction=(1.0,),
            shortage_price_yuan_per_m3=(60.0,), return_fraction=0.0,
        ),
    ]  # fmt: skip
    clock = Clock.of_days(start, days, hours_per_day=24)
    values = {
        ("lake", "evaporation_mm_per_day"): evaporation, ("lake", "ecological_flow_m3_per_s"): 0.0,
        ("hills", "inflow_m3_per_s"): inflow * HM3_PER_DAY, ("user", "demand_m3_per_s"): demand * HM3_PER_DAY,
    }  # fmt: skip
    assembly = assemble(assets, {key: np.full(days, 1.0) * value for key, value in values.items()}, clock)
    program = compile_model(assembly.model)
    solution = solve(program)
    assert solution.outcome is Outcome.OPTIMAL
    found = answers(assembly, program, solution)
    result = audit(assembly.assets, found, clock, solution.objective_yuan)
    result.require()
    return found, result


def test_a_dry_dam_loses_below_its_dead_level_but_nobody_draws_there() -> None:
    """At the dead level, without inflow, in the sun: it falls by evaporation alone, and the user goes without."""
    found, result = run(5, demand=0.5, evaporation=5.0, opening_storage_fraction=0.0)
    storage, dead = found["lake"].storage_hm3, Reservoir(**FIELDS).storage_hm3_at(FIELDS["level_dead_m"])
    assert found["user"].shed_1_m3_per_s == pytest.approx(np.full(5, 0.5 * HM3_PER_DAY))
    assert storage[0] == pytest.approx(dead)
    assert np.all(np.diff(storage) < 0.0)
    assert storage[-1] < dead - 0.01
    assert result.totals[Account.SHORTAGE] == pytest.approx(2.5)


def test_the_pool_below_the_dead_level_is_filled_first() -> None:
    """Inflow of a day refills what evaporation took before anything is drawn."""
    dry, _ = run(3, evaporation=5.0, opening_storage_fraction=0.0)
    lost = dry["lake"].below_dead_hm3[-1]
    assert lost > 0.0
    found, _ = run(3, inflow=lost, demand=5.0, evaporation=5.0, opening_storage_fraction=0.0)
    assert found["lake"].below_dead_hm3 == pytest.approx(0.0, abs=1e-9)


def test_losses_are_not_borrowed_from_the_dead_pool_to_serve_somebody() -> None:
    """Twenty sunny days, then a thirsty user at 60 yuan/m3: what the sun took cannot be drawn from the pool instead."""
    demand = np.concatenate((np.zeros(19), [500.0]))
    found, result = run(20, demand=demand, evaporation=9.0, opening_storage_fraction=0.2)
    lake = Reservoir(**FIELDS)
    dead = lake.storage_hm3_at(FIELDS["level_dead_m"])
    assert found["lake"].below_dead_hm3 == pytest.approx(0.0, abs=1e-9)
    assert found["lake"].storage_hm3.min() >= dead - 1e-9
    assert found["user"].shed_1_m3_per_s[-1] > 0.0
    assert found["lake"].storage_hm3[-1] == pytest.approx(dead)
    assert result.passes


def test_a_bed_without_water_still_solves() -> None:
    """A dam whose dead level is its bottom, dry: what it cannot lose it owes."""
    found, _ = run(4, evaporation=9.0, opening_storage_fraction=0.0, level_dead_m=300.0)
    assert found["lake"].storage_hm3[-1] < 0.0


def test_a_flood_is_held_above_the_limit_only_as_long_as_it_must_be() -> None:
    """More than the gates let out: stored above the flood limit; where even that is full, let out at the emergency's price."""
    gates = {"discharge_level_m": (330.0, 380.0), "discharge_max_m3_per_s": (200.0, 200.0)}
    full = (Reservoir(**FIELDS).storage_hm3_at(366.0) - 60.0 * 30 / 50) * 0 + 1.0
    found, _ = run(3, inflow=30.0, opening_storage_fraction=full * 0.5, **gates)
    assert found["lake"].release_m3_per_s.max() <= 200.0 + 1e-6
    drowned, result = run(3, inflow=300.0, opening_storage_fraction=0.5, **gates)
    assert drowned["lake"].discharge_excess_m3_per_s.sum() > 0.0
    assert drowned["lake"].storage_hm3.max() <= Reservoir(**FIELDS).storage_hm3_at(378.0) + 1e-6
    assert result.passes


def test_further_flood_windows_and_drought_levels_go_by_date() -> None:
    dam = Reservoir(**(FIELDS | {
        "flood_window_start": ("12-15",), "flood_window_end": ("02-01",), "flood_window_level_m": (350.0,),
        "drought_season_start": ("04-01", "10-01"), "level_drought_warning_m": (350.0, 360.0),
        "level_drought_guarantee_m": (340.0, 345.0),
    }))  # fmt: skip
    year = Clock.of_year(2030).water
    limit = dam.storage_limit_hm3(year)
    assert limit[0] == limit[30] == limit[-1] == pytest.approx(60.0)
    assert limit[31] == limit[90] == pytest.approx(dam.storage_hm3_at(375.0))
    warning, guarantee = dam.drought_storage_hm3(year)
    assert warning[[0, 89, 90, 272, 273]] == pytest.approx([dam.storage_hm3_at(v) for v in (360, 360, 350, 350, 360)])
    assert guarantee[100] == pytest.approx(dam.storage_hm3_at(340.0))


def test_the_drought_warning_level_is_kept_at_its_price() -> None:
    """A user at 60 yuan/m3 is worth more than a day below the line at 1, and less than one at 100."""
    line = {"drought_season_start": ("01-01",), "level_drought_warning_m": (360.0,), "level_drought_guarantee_m": (340.0,)}
    at = (Reservoir(**FIELDS).storage_hm3_at(360.0) - 36.0) / (Reservoir(**FIELDS).storage_hm3_at(375.0) - 36.0)
    cheap, _ = run(2, demand=1.0, opening_storage_fraction=at, drought_price_yuan_per_m3_day=1.0, **line)
    dear, _ = run(2, demand=1.0, opening_storage_fraction=at, drought_price_yuan_per_m3_day=100.0, **line)
    assert cheap["user"].shed_1_m3_per_s.sum() == pytest.approx(0.0, abs=1e-9)
    assert dear["user"].shed_1_m3_per_s == pytest.approx(np.full(2, HM3_PER_DAY))
    assert cheap["lake"].below_drought_warning_hm3 == pytest.approx([1.0, 2.0])


def test_two_dams_are_drawn_down_alike() -> None:
    """With a weight on emptiness, a demand that either could serve empties both by the same share."""
    base = FIELDS | {"balancing_price_yuan_per_m3_day": 0.01, "opening_storage_fraction": 1.0, "level_flood_limit_m": 375.0}
    assets: list[Kind] = [
        Reservoir(**(base | {"id": "big", "downstream": "joint", "closing_storage_fraction": 0.0})),
        Reservoir(**(base | {
            "id": "small", "downstream": "joint", "curve_storage_hm3": tuple(v / 2 for v in FIELDS["curve_storage_hm3"])
        })),
        RiverNode(id="joint"),
        Industry(
            id="user", node="joint", user_class=UserClass.INDUSTRY, demand_hm3_per_year=1.0, shortage_share_fraction=(1.0,),
            shortage_price_yuan_per_m3=(60.0,), return_fraction=0.0,
        ),
    ]  # fmt: skip
    big = Reservoir(**base)
    active = big.storage_hm3_at(375.0) - big.storage_hm3_at(330.0)
    days = 4
    zero = np.zeros(days)
    series = {
        (name, what): zero for name in ("big", "small") for what in ("evaporation_mm_per_day", "ecological_flow_m3_per_s")
    }
    series["user", "demand_m3_per_s"] = np.full(days, 0.75 * 1.5 * active / days * HM3_PER_DAY)
    assembly = assemble(assets, series, Clock.of_days(dt.date(2030, 1, 1), days))
    program = compile_model(assembly.model)
    solution = solve(program)
    found = answers(assembly, program, solution)
    audit(assembly.assets, found, assembly.clock, solution.objective_yuan).require()
    # Parts of a quarter are told apart, so at the end three quarters of each are empty.
    left = (
        found["big"].storage_hm3[-1] - big.storage_hm3_at(330.0),
        found["small"].storage_hm3[-1] - big.storage_hm3_at(330.0) / 2,
    )
    assert left == pytest.approx((active / 4, active / 8))


def test_surface_lines_fit_where_the_answer_lies() -> None:
    """A curve with a bend: the first line misses the area there, the fitted one does not."""
    found, _ = run(10, demand=1.0, evaporation=5.0, opening_storage_fraction=0.3, evaporation_surface=SurfaceOf.MEAN)
    dam, clock = Reservoir(**FIELDS), Clock.of_days(dt.date(2030, 7, 1), 10)
    renewed = dam.renumbered(found["lake"], {"lake": dam.readings(found["lake"], clock)}, clock)
    assert renewed is not None
    assert renewed.error_fraction > 0.01
    middle = dam.readings(found["lake"], clock)["storage_hm3"]
    area = np.interp(middle, dam.curve_storage_hm3, dam.curve_area_km2)
    fitted = renewed.values["surface_km2"] + renewed.values["surface_slope_km2_per_hm3"] * middle
    assert fitted == pytest.approx(area, rel=1e-3)


def test_a_fitted_line_is_the_piece_of_the_curve_that_the_storage_lies_on() -> None:
    surface = Surface(np.array([0.0, 60.0, 200.0]), np.array([0.2, 2.0, 6.0]))
    storage = np.array([-1.0, 0.0, 30.0, 130.0, 200.0, 210.0])
    at_none, slope = surface.fitted(storage)
    assert slope == pytest.approx([0.0, 0.03, 0.03, 4.0 / 140.0, 4.0 / 140.0, 0.0])
    assert at_none + slope * storage == pytest.approx([0.2, 0.2, 1.1, 4.0, 6.0, 6.0])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"flood_window_start": ("05-01",)}, "further flood window"),
        ({"drought_season_start": ("05-01",), "level_drought_warning_m": (350.0,)}, "every date needs a value"),
        ({"drought_season_start": ("05-01",), "level_drought_warning_m": (340.0,), "level_drought_guarantee_m": (350.0,)},
         "no higher than the warning"),
        ({"drought_price_yuan_per_m3_day": 1.0}, "needs drought levels"),
        ({"discharge_level_m": (1.0, 2.0), "discharge_max_m3_per_s": (2.0,)}, "needs a flow"),
        ({"discharge_level_m": (2.0, 1.0), "discharge_max_m3_per_s": (2.0, 3.0)}, "must rise"),
    ],
)  # fmt: skip
def test_options_that_do_not_agree_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Reservoir(**(FIELDS | fields))


def test_ends_are_given_in_hm3_even_below_the_dead_storage() -> None:
    dam = Reservoir(**FIELDS | {"opening_storage_fraction": None, "closing_storage_fraction": None})
    dead = dam.storage_hm3_at(dam.level_dead_m)
    ends = dam.with_ends({"lake": dead + 3.0, "pond": 1.0}, {"lake": dead - 0.5, "pond": 1.0})
    assert (ends.opening_hm3(), ends.closing_hm3()) == (pytest.approx(dead + 3.0), pytest.approx(dead - 0.5))
    assert dam.with_ends({"pond": 1.0}, {"pond": 1.0}) is dam
