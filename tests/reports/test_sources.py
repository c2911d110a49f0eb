"""Water traced back to where it came from, on books whose shares are worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from yuqian.models.clock import Rhythm
from yuqian.models.ledger import Account, Flow
from yuqian.optimise.entries import BalanceSheet, Books, Line
from yuqian.reports.sources import Allocation, allocations

DAY_H = 24.0
HM3_PER_DAY = 0.0864
"""Volume of 1 m3/s kept up for a day."""


def ledger(balances: dict[str, dict[str, float]], allocated: dict[str, tuple[str, float]]) -> Books:
    """Books of one day: what each owner gives to (+) and takes from (-) each balance, and what users are handed, m3/s."""
    sheets = {
        name: BalanceSheet(
            name, Flow.WATER, Rhythm.WATER, tuple(Line(owner, "flow", np.array([rate])) for owner, rate in entries.items())
        )
        for name, entries in balances.items()
    }
    lines = tuple(Line(owner, label, np.array([rate * HM3_PER_DAY])) for owner, (label, rate) in allocated.items())
    return Books(sheets, {Account.ALLOCATION: lines, Account.COST: (), Account.CO2: ()})


def traced(books: Books, *sources: str) -> dict[str, Allocation]:
    return {one.owner: one for one in allocations(books, frozenset(sources), {"day": np.array([DAY_H]), "hour": np.ones(24)})}


def test_shares_mix_in_proportion() -> None:
    """Three parts of the lake and one of the river."""
    books = ledger(
        {
            "lake": {"hills": 9.0, "ditch": -3.0},
            "river": {"rain": 9.0, "pump": -1.0},
            "head": {"ditch": 3.0, "pump": 1.0, "town": -1.0, "farm": -3.0},
        },
        {"town": ("town", 1.0), "farm": ("irrigation", 3.0)},
    )
    found = traced(books, "lake", "river")
    assert found["town"].volume_hm3 == pytest.approx(HM3_PER_DAY)
    assert found["town"].by_source_hm3 == pytest.approx({"lake": 0.75 * HM3_PER_DAY, "river": 0.25 * HM3_PER_DAY})
    assert found["farm"].by_source_hm3 == pytest.approx({"lake": 2.25 * HM3_PER_DAY, "river": 0.75 * HM3_PER_DAY})
    assert found["farm"].user_class == "irrigation"


def test_mixing_goes_on_downstream() -> None:
    """The second point takes half from the first, which is half lake, half river."""
    books = ledger(
        {
            "first": {"ditch": 1.0, "pump": 1.0, "pipe": -1.0, "farm": -1.0},
            "second": {"pipe": 1.0, "weir": 1.0, "town": -2.0},
            "lake": {"hills": 2.0, "ditch": -1.0},
            "river": {"rain": 9.0, "pump": -1.0, "weir": -1.0},
        },
        {"town": ("town", 2.0)},
    )
    assert traced(books, "lake", "river")["town"].by_source_hm3 == pytest.approx(
        {"lake": 0.5 * HM3_PER_DAY, "river": 1.5 * HM3_PER_DAY}
    )


def test_points_may_feed_each_other() -> None:
    """a = (lake + b) / 2 and b = (river + a) / 2: two thirds and one third."""
    books = ledger(
        {
            "a": {"ditch": 1.0, "back": 1.0, "forth": -1.0, "town": -1.0},
            "b": {"forth": 1.0, "pump": 1.0, "back": -1.0, "farm": -1.0},
            "lake": {"hills": 2.0, "ditch": -1.0},
            "river": {"rain": 2.0, "pump": -1.0},
        },
        {"town": ("town", 1.0)},
    )
    assert traced(books, "lake", "river")["town"].by_source_hm3 == pytest.approx(
        {"lake": 2 / 3 * HM3_PER_DAY, "river": 1 / 3 * HM3_PER_DAY}
    )


def test_leakage_comes_from_where_the_works_take() -> None:
    """The works take 5 from the lake and leak 1; town and leakage together are what was taken."""
    books = ledger(
        {"lake": {"hills": 9.0, "works": -5.0}, "network": {"works": 4.0, "town": -4.0}},
        {"works": ("leakage", 1.0), "town": ("town", 4.0)},
    )
    found = traced(books, "lake")
    assert found["works"].user_class == "leakage"
    assert found["works"].by_source_hm3 == pytest.approx({"lake": HM3_PER_DAY})
    assert sum(one.volume_hm3 for one in found.values()) == pytest.approx(5.0 * HM3_PER_DAY)


def test_reclaimed_water_is_a_source_of_its_own() -> None:
    """Used water is the lake's, but what the plant has cleaned counts as the plant's: no drop of the lake's twice."""
    books = ledger(
        {
            "lake": {"hills": 9.0, "town": -2.0, "ditch": -3.0},
            "sewer": {"town": 1.0, "reclaim": -1.0},
            "park": {"reclaim": 1.0, "ditch": 3.0, "factory": -4.0},
        },
        {"town": ("town", 2.0), "factory": ("industry", 4.0)},
    )
    found = traced(books, "lake", "reclaim")
    assert found["factory"].by_source_hm3 == pytest.approx({"lake": 3.0 * HM3_PER_DAY, "reclaim": 1.0 * HM3_PER_DAY})
    assert found["town"].by_source_hm3 == pytest.approx({"lake": 2.0 * HM3_PER_DAY})


def test_return_flow_keeps_its_origin_where_nobody_cleans_it() -> None:
    books = ledger(
        {"lake": {"hills": 9.0, "town": -2.0}, "pond": {"town": 1.0, "rain": 1.0, "farm": -2.0}},
        {"farm": ("irrigation", 2.0)},
    )
    assert traced(books, "lake")["farm"].by_source_hm3 == pytest.approx({"lake": HM3_PER_DAY, "rain": HM3_PER_DAY})


def test_all_that_is_allocated_has_an_origin() -> None:
    rng = np.random.default_rng(3)
    given = rng.uniform(0.1, 5.0, 6)
    books = ledger(
        {
            "lake": {"hills": 50.0, "d1": -given[0], "d2": -given[1]},
            "river": {"rain": 50.0, "d3": -given[2], "d4": -given[3]},
            "x": {"d1": given[0], "d3": given[2], "pipe": -0.05, "town": 0.05 - given[0] - given[2]},
            "y": {"d2": given[1], "d4": given[3], "pipe": 0.05, "farm": -given[1] - given[3] - 0.05},
        },
        {"town": ("town", given[0] + given[2] - 0.05), "farm": ("irrigation", given[1] + given[3] + 0.05)},
    )
    for one in traced(books, "lake", "river").values():
        assert sum(one.by_source_hm3.values()) == pytest.approx(one.volume_hm3)


def test_a_user_that_got_nothing_and_other_balances_do_no_harm() -> None:
    books = ledger(
        {"lake": {"hills": 1.0, "town": 0.0}, "lake.ecological": {"lake": 1.0}, "dry": {"ditch": 0.0, "farm": 0.0}},
        {"town": ("town", 0.0), "farm": ("irrigation", 0.0)},
    )
    assert sum(one.volume_hm3 for one in traced(books, "lake").values()) == 0.0
