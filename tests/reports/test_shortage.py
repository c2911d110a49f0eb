"""The evenings of a summer like 2022 in the shipped region, with the tie and without."""

from __future__ import annotations

import datetime as dt

import pytest

from yuqian.optimise.compile import compile_model
from yuqian.reports.shortage import Shortage, shortage
from yuqian.reports.stretch import load_stretch, solved

TWO_DAYS = (dt.date(2030, 8, 12), 2)


def found(*overrides: str) -> Shortage:
    assembly = load_stretch("2030-evening-export", *TWO_DAYS, overrides, ["summer_2022"]).assemble()
    return shortage(solved(assembly, compile_model(assembly.model)))


@pytest.fixture(scope="module")
def both() -> tuple[Shortage, Shortage]:
    return found(), found("select.remove=[tie_yuqian]")


def test_the_tie_decides_whether_the_evenings_hold(both: tuple[Shortage, Shortage]) -> None:
    with_tie, without = both
    assert with_tie.hours == 0.0
    assert 0.0 < without.hours <= 10.0
    assert without.energy_mwh == pytest.approx(sum(cut.energy_mwh for cut in without.cuts), rel=1e-6)


def test_the_cheapest_is_cut_first_and_the_pumped_storage_is_spent(both: tuple[Shortage, Shortage]) -> None:
    without = both[1]
    prices = [cut.price_yuan_per_mwh for cut in without.cuts]
    assert prices[0] == min(prices)
    export = next((cut for cut in without.cuts if cut.owner == "grid_chongqing"), None)
    assert export is None or export.price_yuan_per_mwh == pytest.approx(4500.0)
    stores = {store.owner: store for store in without.stores}
    assert stores["panlong_1"].empty_while_short_h >= 1.0
