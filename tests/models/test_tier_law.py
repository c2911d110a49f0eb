"""Priced tiers: which is cut first, and which are refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from yuqian.models.baseload_plant import BaseloadPlant
from yuqian.models.book import Answer, Book
from yuqian.models.bus import Bus
from yuqian.models.clock import Clock, Rhythm
from yuqian.models.electric_load import ElectricLoad
from yuqian.models.industrial_load import IndustrialLoad
from yuqian.models.ledger import Account
from yuqian.models.tier_law import Tiers
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.solve import solve
from yuqian.reports.audit import audit

DAY = Clock.of_days(dt.date(2030, 1, 1), 1)


def load(**changes: Any) -> ElectricLoad:
    return ElectricLoad(**{**ElectricLoad.example().asset.model_dump(), **changes})


def test_the_cheapest_tier_is_cut_first() -> None:
    """A supply of 60 MW against 100 MW: the first tier goes whole, the second in part, the others not at all."""
    supply = BaseloadPlant(
        id="plant", bus="bus", power_max_mw=60.0, full_load_hours_h_per_year=8760.0, co2_t_per_mwh=0.0,
        variable_cost_yuan_per_mwh=0.0,
    )  # fmt: skip
    assembly = assemble((Bus(id="bus", voltage_kv=220.0), supply, load()), {("homes", "demand_mw"): np.full(24, 100.0)}, DAY)
    program = compile_model(assembly.model)
    solution = solve(program)
    found = answers(assembly, program, solution)
    audit(assembly.assets, found, DAY, solution.objective_yuan).require()
    shed = [getattr(found["homes"], name)[0] for name in load().tiers().names]
    assert shed == pytest.approx([10.0, 30.0, 0.0, 0.0])
    assert solution.objective_yuan == pytest.approx(24 * (10.0 * 4e3 + 30.0 * 15e3))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shed_share_fraction": (0.1, 0.4, 0.2, 0.2)}, r"must sum to 1; 0.1, 0.4, 0.2, 0.2 sum to 0.9"),
        ({"shed_share_fraction": (-0.1, 0.6, 0.2, 0.3)}, "must not be negative"),
        ({"shed_share_fraction": (0.5, 0.5)}, "2 shares and 4 prices"),
        ({"shed_share_fraction": ()}, "at least 1 item"),
        ({"shed_price_yuan_per_mwh": (4e3, 3e3, 5e3, 6e3)}, "must rise from tier to tier; 4000 is followed by 3000"),
        ({"shed_price_yuan_per_mwh": (4e3, 4e3, 5e3, 6e3)}, "must rise"),
    ],
)
@pytest.mark.parametrize("kind", [ElectricLoad, IndustrialLoad])
def test_wrong_tiers_are_refused(kind: type[Any], changes: dict[str, Any], message: str) -> None:
    good = {"shed_share_fraction": (0.1, 0.4, 0.2, 0.3), "shed_price_yuan_per_mwh": (4e3, 15e3, 30e3, 60e3)}
    with pytest.raises(ValueError, match=message):
        kind(**{**kind.example().asset.model_dump(), **good, **changes})


def test_shares_that_were_rounded_are_taken() -> None:
    assert load(shed_share_fraction=(0.3333333, 0.3333333, 0.3333333), shed_price_yuan_per_mwh=(1.0, 2.0, 3.0))


def test_water_is_priced_by_the_cubic_metre() -> None:
    tiers = Tiers("m3_per_s", (0.5, 0.5), (2.0, 10.0))
    book = Book(DAY)
    answer = Answer("field", {"shed_1_m3_per_s": np.array([3.0]), "shed_2_m3_per_s": np.array([1.0])})
    assert tiers.audit("field", answer, book, np.array([6.0]), Rhythm.WATER) == pytest.approx(4.0)
    assert book.totals[Account.COST] == pytest.approx(86_400 * (3.0 * 2.0 + 1.0 * 10.0))
    assert max(finding.residual for finding in book.findings) == 0.0


def test_a_tier_cut_beyond_its_share_is_found() -> None:
    tiers = Tiers("mw", (0.5, 0.5), (2.0, 10.0))
    book = Book(DAY)
    answer = Answer("homes", {"shed_1_mw": np.full(24, 60.0), "shed_2_mw": np.zeros(24)})
    tiers.audit("homes", answer, book, np.full(24, 100.0), Rhythm.POWER)
    assert max(finding.residual for finding in book.findings) == pytest.approx(10.0)
