"""Demands for water: who is served first, what comes back, what is counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pytest
from pydantic import ValidationError

from yuqian.models.book import Answer
from yuqian.models.catchment import Catchment
from yuqian.models.clock import Clock
from yuqian.models.industry import Industry
from yuqian.models.irrigation_district import IrrigationDistrict
from yuqian.models.kind import Kind, UserClass
from yuqian.models.ledger import Account
from yuqian.models.outlet import Outlet
from yuqian.models.river_node import RiverNode
from yuqian.models.town import Town
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import SeriesByAsset, assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.solve import solve
from yuqian.reports.audit import Audit, audit

CLOCK = Clock.of_days(dt.date(2030, 7, 1), 3)


def solved(assets: Sequence[Kind], series: SeriesByAsset, clock: Clock = CLOCK) -> tuple[dict[str, Answer], Audit]:
    """Answers of all assets, audited."""
    assembly = assemble(assets, series, clock)
    program = compile_model(assembly.model)
    solution = solve(program)
    found = answers(assembly, program, solution)
    result = audit(assembly.assets, found, clock, solution.objective_yuan)
    result.require()
    return found, result


USERS = tuple(kind.example().asset.model_copy(update={"node": "upper"}) for kind in (Town, Industry, IrrigationDistrict))


def shared(inflow: float, demand: float) -> tuple[dict[str, Answer], Audit]:
    """Three users with the same demand at one river, and the river below them, which their return flow reaches."""
    assets = (
        *USERS, RiverNode(id="upper"), RiverNode(id="river"),
        Catchment(id="land", node="upper", area_km2=1.0, runoff_depth_mm_per_year=1.0),
        Outlet(id="above", node="upper", flow_min_m3_per_s=0.0, shortage_price_yuan_per_m3=0.0),
        Outlet(id="below", node="river", flow_min_m3_per_s=0.0, shortage_price_yuan_per_m3=0.0),
    )  # fmt: skip
    series = {(user.id, "demand_m3_per_s"): np.full(3, demand) for user in USERS}
    return solved(assets, series | {("land", "inflow_m3_per_s"): np.full(3, inflow)})


def short(answer: Answer) -> float:
    names = [name for name in answer._arrays if name.startswith("shed_")]
    return float(sum(answer._arrays[name][0] for name in names))


@pytest.mark.parametrize(
    ("inflow", "town", "industry", "irrigation"),
    [(3.0, 0.0, 0.0, 0.0), (2.5, 0.0, 0.0, 0.5), (1.5, 0.0, 0.5, 1.0), (0.4, 0.6, 1.0, 1.0), (0.0, 1.0, 1.0, 1.0)],
)
def test_the_higher_class_is_served_first(inflow: float, town: float, industry: float, irrigation: float) -> None:
    found, _ = shared(inflow, demand=1.0)
    shortages = [short(found[name]) for name in ("town", "industry", "irrigation")]
    assert shortages == pytest.approx([town, industry, irrigation], abs=1e-6)


def test_the_cheapest_tier_is_cut_first() -> None:
    found, _ = shared(1.5, demand=1.0)
    industry = found["industry"]
    assert industry.shed_1_m3_per_s == pytest.approx(np.full(3, 0.2))
    assert industry.shed_2_m3_per_s == pytest.approx(np.full(3, 0.3))


def test_water_returns_from_what_was_delivered() -> None:
    found, result = shared(1.5, demand=1.0)
    assert found["below"].outflow_m3_per_s == pytest.approx(np.full(3, 0.8 * 1.0 + 0.6 * 0.5))
    assert result.totals[Account.ALLOCATION] == pytest.approx(3 * 1.5 * 0.0864), "delivered, not demanded"


def test_only_towns_have_people() -> None:
    assert [user.people() for user in USERS] == [300_000.0, 0.0, 0.0]


def test_people_can_do_without_the_public_use_on_top_of_their_own() -> None:
    """A town of 150 L a head and 30 % public use asks for 195 L, of which the people need 150."""
    assert USERS[0].essential_fraction() * 195.0 == pytest.approx(150.0)


def test_a_town_is_no_industry() -> None:
    fields = Town.example().asset.model_dump()
    with pytest.raises(ValidationError, match="must be town or rural, got industry"):
        Town(**(fields | {"user_class": UserClass.INDUSTRY}))
    assert Town(**(fields | {"user_class": "rural"})).served_as() is UserClass.RURAL


def test_every_tier_needs_a_price() -> None:
    fields = Industry.example().asset.model_dump()
    with pytest.raises(ValidationError, match="every tier needs a share and a price"):
        Industry(**(fields | {"shortage_price_yuan_per_m3": (12.0, 18.0, 24.0)}))


def test_a_year_has_twelve_shares() -> None:
    fields = IrrigationDistrict.example().asset.model_dump()
    with pytest.raises(ValidationError, match="month_share_fraction"):
        IrrigationDistrict(**(fields | {"month_share_fraction": (0.5, 0.5)}))
