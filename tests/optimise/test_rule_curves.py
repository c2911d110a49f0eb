"""Drought lines from an optimum's storage, and the search that improves them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from yuqian.models.clock import Clock
from yuqian.models.kind import UserClass
from yuqian.optimise.operating_rules import LIMITS, Rules
from yuqian.optimise.rule_curves import Curves, by_dekad, dekads_of, improve, moves, priced_shortage, surely_less


def test_storage_by_ten_day_period() -> None:
    clock = Clock.of_days(dt.date(2025, 1, 1), 730)
    table = by_dekad(np.arange(730.0), clock.water)
    assert table.shape == (2, 36)
    assert table[0, :4].tolist() == [9.0, 19.0, 30.0, 40.0]
    assert table[1, -1] == 729.0
    assert dekads_of(clock.water)[[0, 9, 10, 30, 31, 364]].tolist() == [0, 0, 1, 2, 3, 35]
    with pytest.raises(ValueError, match="whole years"):
        by_dekad(np.arange(100.0), Clock.of_days(dt.date(2025, 1, 1), 100).water)


def test_lines_follow_quantiles_and_limits_their_strength() -> None:
    held = np.tile(np.linspace(0.0, 100.0, 11)[:, None], (1, 36))
    clock = Clock.of_days(dt.date(2025, 1, 1), 365)
    strengths = {**Curves().strengths, UserClass.IRRIGATION: 2.0, UserClass.INDUSTRY: 0.0}
    rules = Curves(0.3, 0.5, strengths).rules({"lake": held}, clock.water, Rules())
    lines = rules.lines["lake"]
    assert lines.warning_hm3 == pytest.approx(30.0)
    # The guarantee line never lies above the warning line.
    assert lines.guarantee_hm3 == pytest.approx(30.0)
    assert rules.limits[UserClass.IRRIGATION] == pytest.approx((0.4, 0.0))
    assert rules.limits[UserClass.INDUSTRY] == (1.0, 1.0)
    assert rules.limits[UserClass.TOWN] == LIMITS[UserClass.TOWN]
    assert Curves().rules({}, clock.water, Rules()).limits == dict(LIMITS)


def test_search_finds_the_least_and_repeats() -> None:
    def score(curves: Curves) -> float:
        return abs(curves.warning - 0.5) + abs(curves.guarantee - 0.1) + abs(curves.strengths[UserClass.POWER] - 0.4)

    found, value = improve(score, Curves(), moves(LIMITS), rounds=20)
    assert value < 0.02
    assert (found.warning, found.guarantee) == (pytest.approx(0.5, abs=0.01), pytest.approx(0.1, abs=0.01))
    assert found.strengths[UserClass.TOWN] == 1.0
    assert improve(score, Curves(), moves(LIMITS), rounds=20) == (found, value)


def test_only_classes_with_users_are_searched() -> None:
    movable = moves({UserClass.TOWN, UserClass.INDUSTRY})
    changed = [move(Curves(), 0.1) for move in movable]
    assert len(changed) == 4
    assert {one for moved in changed for one in LIMITS if moved.strengths[one] != 1.0} == {UserClass.TOWN, UserClass.INDUSTRY}


@pytest.mark.parametrize("by", [-9.0, 9.0])
def test_numbers_stay_inside_their_bounds(by: float) -> None:
    for move in moves(LIMITS):
        moved = move(Curves(), by)
        assert moved != Curves()
        assert 0.0 <= min(moved.warning, moved.guarantee) <= max(moved.warning, moved.guarantee) <= 1.0
        assert all(0.0 <= strength <= 2.0 for strength in moved.strengths.values())


def test_a_deep_shortage_weighs_more_than_a_shallow_one(network) -> None:
    def score(served: float) -> float:
        case = network(10)
        case.river("river", served)
        case.town("town", "river", 10.0)
        return float(priced_shortage(case.run()).mean())

    shallow, deep = score(9.5), score(5.0)
    assert shallow == pytest.approx(60.0 * 0.5)
    assert deep > 10 * shallow


def test_less_is_sure_only_beyond_its_error() -> None:
    base = np.array([10.0, 20.0, 30.0, 40.0])
    assert surely_less(base - 1.0, base)
    assert not surely_less(base, base)
    assert not surely_less(base - np.array([9.0, -7.0, 8.0, -8.0]), base)
    assert surely_less(np.array([1.0]), np.array([2.0]))
