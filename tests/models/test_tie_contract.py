"""The tie as a contract: blocks, holds, reversals, daily settlement, poles, two prices and headroom, with answers by hand."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuqian.models.back_to_back import BackToBack
from yuqian.models.battery import Battery
from yuqian.models.book import Answer
from yuqian.models.clock import Clock, Horizon
from yuqian.models.commitment_law import Commitment
from yuqian.models.kind import Kind
from yuqian.models.port import Port
from yuqian.models.reserve_product import Direction
from yuqian.models.reserve_requirement import ReserveRequirement
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.program import Program
from yuqian.optimise.seams import Seams, cleaned
from yuqian.optimise.solve import Outcome, SolverOptions, solve
from yuqian.reports.audit import audit
from yuqian.timeseries.make import make_series
from yuqian.timeseries.stress import stress
from yuqian.timeseries.weather import WeatherPlan

DAY = Clock.of_days(dt.date(2030, 1, 1), 1)
BUY, SELL = 300.0, 200.0
MARKET = Port.market("bus", "mw", BUY, SELL)
"""Ours: power costs 300 at the bus and earns 200."""
POWER = 100.0
SOON, LATER = dt.datetime(2030, 1, 1), dt.datetime(2030, 1, 2)
EXACT = SolverOptions(gap_fraction=1e-9)


def tie(**changes: Any) -> BackToBack:
    facts = {
        "power_max_mw": POWER, "loss_fraction": 0.0, "standing_loss_fraction": 0.0, "availability_fraction": 1.0,
        "price_mean_yuan_per_mwh": 400.0, "price_swing_fraction": 0.0, "wheeling_yuan_per_mwh": 0.0,
    }  # fmt: skip
    return BackToBack(id="tie", bus="bus", **{**facts, **changes})


def run(
    one: BackToBack, price: Any, clock: Clock = DAY, others: tuple[Kind, ...] = (MARKET,), **series: Any
) -> tuple[Answer, float]:
    """The tie's answer, audited, and the cost."""
    hours = clock.power.count
    given = {("tie", "price_yuan_per_mwh"): price * np.ones(hours)}
    given |= {("tie", name): values * np.ones(hours) for name, values in series.items()}
    assets = (one, *others)
    given |= {
        (a.id, "requirement_mw"): np.full(hours, a.requirement_base_mw) for a in assets if isinstance(a, ReserveRequirement)
    }
    assembly = assemble(assets, given, clock)
    program = compile_model(assembly.model)
    assert program.structure is not None
    assert program.structure.notes == ()
    solution = solve(program, EXACT)
    assert solution.outcome is Outcome.OPTIMAL
    found = answers(assembly, program, solution)
    audit(assembly.assets, found, clock, solution.objective_yuan).require()
    return found["tie"], solution.objective_yuan


def gain(price: np.ndarray, level: float) -> np.ndarray:
    """What an hour earns at a net import of ``level``: an import sold at 200, an export bought at 300."""
    return level * (SELL - price) if level > 0 else -level * (price - BUY)


def best_by_hand(price: np.ndarray, block_h: int, hold_h: int = 1, reversals: int = 99, changes_max: int = 99) -> float:
    """Every schedule of full import, nothing and full export by block, tried one by one."""
    blocks, best = 24 // block_h, -np.inf
    for levels in itertools.product((-POWER, 0.0, POWER), repeat=blocks):
        changes = [k * block_h for k in range(1, blocks) if levels[k] != levels[k - 1]]
        if any(later - sooner < hold_h for sooner, later in itertools.pairwise(changes)):
            continue
        if len(changes) > changes_max:
            continue
        ways = [level for level in levels if level]
        if sum(a != b for a, b in itertools.pairwise(ways)) > reversals:
            continue
        by_block = (gain(price[k * block_h : (k + 1) * block_h], level).sum() for k, level in enumerate(levels))
        best = max(best, sum(by_block))
    return float(best)


prices = st.lists(st.sampled_from([100.0, 180.0, 250.0, 330.0, 420.0]), min_size=6, max_size=6).map(
    lambda levels: np.repeat(levels, 4) + np.tile([0.0, 7.0, -5.0, 3.0], 6)
)
few = settings(max_examples=8, deadline=None, derandomize=True)


@few
@given(prices)
def test_blocks_earn_what_the_best_schedule_by_hand_earns(price: np.ndarray) -> None:
    answer, cost = run(tie(block_h=6.0), price)
    assert -cost == pytest.approx(best_by_hand(price, 6), abs=1e-6)
    assert np.all(answer.import_mw.reshape(4, 6) == answer.import_mw[::6, None])


@few
@given(prices)
def test_a_hold_leaves_the_best_schedule_that_keeps_it(price: np.ndarray) -> None:
    held = tie(block_h=4.0, hold_h=12.0, commitment=Commitment.INTEGER)
    assert -run(held, price)[1] == pytest.approx(best_by_hand(price, 4, hold_h=12), abs=1e-6)


@few
@given(prices)
def test_reversals_are_limited(price: np.ndarray) -> None:
    for most in (0, 1):
        limited = tie(block_h=4.0, reversals_max_per_day=float(most), commitment=Commitment.INTEGER)
        assert -run(limited, price)[1] == pytest.approx(best_by_hand(price, 4, reversals=most), abs=1e-6)


@few
@given(prices)
def test_changes_of_a_day_are_limited(price: np.ndarray) -> None:
    """Two changes: any three pieces of the day, the first of which begins with it."""
    limited = tie(block_h=4.0, changes_max_per_day=2.0, commitment=Commitment.INTEGER)
    assert -run(limited, price)[1] == pytest.approx(best_by_hand(price, 4, changes_max=2), abs=1e-6)


def test_a_limit_on_reversals_binds_where_prices_alternate() -> None:
    """Export pays 100 and import 100 by turns of six hours: free, all four count; with one reversal, only two."""
    price = np.repeat([400.0, 100.0, 400.0, 100.0], 6)
    free = tie(reversals_max_per_day=3.0, commitment=Commitment.INTEGER)
    once = tie(reversals_max_per_day=1.0, commitment=Commitment.INTEGER)
    assert -run(free, price)[1] == pytest.approx(4 * 6 * POWER * 100.0)
    answer, cost = run(once, price)
    assert -cost == pytest.approx(3 * 6 * POWER * 100.0), "out, still, out and in: the direction stays while nothing flows"
    assert answer.reversal_count.sum() == pytest.approx(1.0)


def test_relaxed_is_the_same_formulation_and_never_earns_less() -> None:
    price = np.repeat([400.0, 100.0, 400.0, 100.0], 6)
    rules = {"hold_h": 8.0, "reversals_max_per_day": 1.0}
    whole = run(tie(commitment=Commitment.INTEGER, **rules), price)[1]
    relaxed = run(tie(commitment=Commitment.RELAXED, **rules), price)[1]
    free = run(tie(), price)[1]
    assert free <= relaxed + 1e-6
    assert relaxed <= whole + 1e-6


def test_an_opening_exchange_makes_the_first_change_count() -> None:
    """With a hold of a day the tie may change once: out of a full export at noon, when importing begins to pay; out of a full
    import never, for standing still until noon would take the second change."""
    out = tie(hold_h=24.0, commitment=Commitment.INTEGER, opening_exchange_mw=-POWER)
    assert -run(out, np.repeat([400.0, 100.0], 12))[1] == pytest.approx(2 * 12 * POWER * 100.0)
    price = np.repeat([250.0, 100.0], 12)
    into = tie(hold_h=24.0, commitment=Commitment.INTEGER, opening_exchange_mw=POWER)
    assert -run(into, price)[1] == pytest.approx(12 * POWER * (100.0 - 50.0))
    free = tie(hold_h=24.0, commitment=Commitment.INTEGER)
    assert -run(free, price)[1] == pytest.approx(12 * POWER * 100.0), "still until noon is no change where nothing went before"


def test_a_contracted_energy_is_bought_in_the_cheapest_hours() -> None:
    price = 400.0 + np.arange(24.0)
    answer, cost = run(tie(import_of_day_min_mwh=650.0, import_of_day_max_mwh=650.0), price)
    assert answer.import_mw.sum() == pytest.approx(650.0)
    assert answer.import_mw[7:] == pytest.approx(0.0)
    cheapest = np.r_[np.full(6, POWER), 50.0]
    assert cost == pytest.approx(cheapest @ (price[:7] - BUY) - POWER * (price - BUY).sum())


def test_energy_outside_the_band_costs_its_price_where_that_is_less() -> None:
    """An import loses 251 a MWh: taking the 480 that are contracted loses more than the penalty of 240 on what is missing."""
    import_only = {"export_of_day_max_mwh": 0.0, "import_of_day_min_mwh": 480.0, "wheeling_yuan_per_mwh": 1.0}
    hard = run(tie(**import_only), 450.0)[1]
    assert hard == pytest.approx(480.0 * 251.0)
    answer, soft = run(tie(**import_only, deviation_price_yuan_per_mwh=240.0), 450.0)
    assert soft == pytest.approx(480.0 * 240.0)
    assert answer.import_under_mwh == pytest.approx([480.0])


def test_each_day_is_settled_alone_and_net_of_exports() -> None:
    two = Clock.of_days(dt.date(2030, 1, 1), 2)
    price = np.r_[np.full(24, 100.0), np.full(24, 500.0)]
    answer, _ = run(tie(net_import_of_day_min_mwh=-240.0, net_import_of_day_max_mwh=1200.0), price, two)
    net = (answer.import_mw - answer.export_mw).reshape(2, 24).sum(axis=1)
    assert net == pytest.approx([1200.0, -240.0])


def poles(**changes: Any) -> BackToBack:
    facts = {
        "pole": ("west", "east"), "pole_power_max_mw": (60.0, 40.0), "outage_pole": ("west", "east"),
        "outage_from": (dt.datetime(2030, 1, 1, 6), dt.datetime(2030, 1, 1, 18)),
        "outage_until": (dt.datetime(2030, 1, 1, 12), dt.datetime(2030, 1, 1, 21, 30)),
    }  # fmt: skip
    return tie(**{**facts, **changes})


def test_a_pole_that_is_out_leaves_the_others() -> None:
    one = poles(standing_loss_fraction=0.01)
    share = make_series([one], DAY).of("tie", "in_service_fraction")
    assert share == pytest.approx(np.r_[np.ones(6), np.full(6, 0.4), np.ones(6), np.full(3, 0.6), 0.8, np.ones(2)])
    answer, cost = run(one, 100.0, in_service_fraction=share)
    assert answer.import_mw == pytest.approx(POWER * share)
    assert cost == pytest.approx(-POWER * share.sum() * 100.0 + share.sum() * SELL)
    largest = make_series([one], DAY).of("tie", "largest_pole_fraction")
    assert largest == pytest.approx(
        np.r_[np.full(6, 0.6), np.ones(6), np.full(6, 0.6), np.ones(3), 60.0 / 80.0, np.full(2, 0.6)]
    )


def test_poles_carry_at_most_the_rating_of_the_tie() -> None:
    strong = poles(pole_power_max_mw=(80.0, 80.0))
    share = make_series([strong], DAY).of("tie", "in_service_fraction")
    assert (share[0], share[7]) == pytest.approx((1.0, 0.8))
    weak = poles(pole_power_max_mw=(40.0, 40.0))
    assert make_series([weak], DAY).of("tie", "in_service_fraction")[[0, 7]] == pytest.approx([0.8, 0.4])


def test_the_far_side_has_two_prices() -> None:
    _, cost = run(tie(loss_fraction=0.1, wheeling_yuan_per_mwh=10.0), 500.0, price_to_sellers_yuan_per_mwh=400.0)
    assert cost == pytest.approx(24 * POWER * (BUY - 0.9 * 390.0))
    made = make_series([tie(price_to_sellers_mean_yuan_per_mwh=300.0, price_swing_fraction=0.2)], DAY)
    bought, sold = (made.of("tie", name) for name in ("price_yuan_per_mwh", "price_to_sellers_yuan_per_mwh"))
    assert sold == pytest.approx(0.75 * bought)


def test_a_far_side_that_buys_dearer_than_it_sells_cannot_be_milked_by_a_committed_tie() -> None:
    free = run(tie(), 100.0, price_to_sellers_yuan_per_mwh=500.0)[1]
    assert free == pytest.approx(-24 * POWER * 400.0), "in and out at once"
    answer, held = run(tie(commitment=Commitment.INTEGER), 100.0, price_to_sellers_yuan_per_mwh=500.0)
    assert held == pytest.approx(-24 * POWER * 200.0), "bought at our bus for 300 and sold for 500"
    assert np.minimum(answer.import_mw, answer.export_mw) == pytest.approx(0.0)


def test_headroom_counts_towards_a_reserve() -> None:
    """An import earns 100; of the 150 MW required, half of the tie's 100 MW can be imported: 50, and more by exporting less."""
    required = ReserveRequirement(id="spinning", requirement_base_mw=30.0, shortage_price_yuan_per_mwh=1000.0)
    answer, cost = run(tie(reserve="spinning"), 100.0, others=(MARKET, required), import_limit_fraction=0.5)
    assert answer.import_mw == pytest.approx(20.0)
    assert answer.reserve_mw == pytest.approx(30.0)
    assert cost == pytest.approx(-24 * 20.0 * 100.0)


def test_the_largest_pole_is_a_contingency_that_others_must_cover() -> None:
    """Of an import half is lost with a pole; 30 MW of reserve elsewhere, so that 60 are imported and no more pays."""
    required = ReserveRequirement(id="spinning", requirement_base_mw=0.0, covers_failures=True, without_the_failed=True)
    battery = Battery.example().asset.model_copy(update={"id": "other", "reserve": "spinning", "power_max_mw": 30.0})
    others = (MARKET, required, battery)
    answer, _ = run(tie(reserve="spinning"), 199.0, others=others, largest_pole_fraction=0.5)
    assert answer.import_mw.max() <= 60.0 + 1e-6
    assert answer.import_mw.mean() > 50.0
    free, _ = run(tie(), 199.0, others=(MARKET, battery.model_copy(update={"reserve": None})))
    assert free.import_mw == pytest.approx(POWER)


def test_headroom_down_is_held_too() -> None:
    """Exports earn 100: 20 MW must be kept free downwards, so 80 are exported."""
    required = ReserveRequirement(id="low", requirement_base_mw=20.0, direction=Direction.DOWN)
    answer, _ = run(tie(reserves=("low",)), 400.0, others=(MARKET, required))
    assert answer.export_mw == pytest.approx(80.0)
    assert answer.reserve_low_mw == pytest.approx(20.0)


def test_stress_reaches_the_imports_of_the_tie() -> None:
    august = Clock.of_days(dt.date(2030, 8, 10), 1)
    hot = make_series([tie()], august, WeatherPlan(stress=(stress("summer_2022"),)))
    left = hot.of("tie", "import_limit_fraction")
    assert left == pytest.approx(np.where((np.arange(24) >= 12) & (np.arange(24) < 23), 0.3, 0.5))
    answer, _ = run(tie(), 100.0, august, import_limit_fraction=left)
    assert answer.import_mw == pytest.approx(POWER * left)


def test_the_audit_notices_every_decision_of_a_whole_contract() -> None:
    one = poles(
        changes_max_per_day=5.0,
        block_h=2.0, hold_h=4.0, reversals_max_per_day=1.0, commitment=Commitment.INTEGER, opening_exchange_mw=-10.0,
        import_of_day_min_mwh=10.0, export_of_day_max_mwh=20.0, net_import_of_day_max_mwh=500.0,
        deviation_price_yuan_per_mwh=5.0, reserve="spinning",
    )  # fmt: skip
    others = (MARKET, ReserveRequirement(id="spinning", requirement_base_mw=30.0))
    series = {("tie", "price_yuan_per_mwh"): np.full(24, 100.0), ("spinning", "requirement_mw"): np.full(24, 30.0)}
    assembly = assemble((one, *others), series, DAY)
    program = compile_model(assembly.model)
    solution = solve(program)
    found = answers(assembly, program, solution)
    audit(assembly.assets, found, DAY, solution.objective_yuan).require()
    for family in program.layout.columns:
        if family.owner != "tie":
            continue
        arrays = {key: values.copy() for key, values in found["tie"]._arrays.items()}
        arrays[family.name][0] += 1.0
        damaged = {**found, "tie": Answer("tie", arrays)}
        assert not audit(assembly.assets, damaged, DAY, solution.objective_yuan).passes, family.name


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"block_h": 5.0}, "must divide the day"),
        ({"hold_h": 4.0}, "set the commitment"),
        ({"reversals_max_per_day": 1.0}, "set the commitment"),
        ({"import_of_day_min_mwh": 2.0, "import_of_day_max_mwh": 1.0}, "must not be above"),
        ({"pole": ("a",), "pole_power_max_mw": ()}, "name of its own and its rating"),
        ({"outage_pole": ("a",), "outage_from": (SOON,), "outage_until": (LATER,)}, "no pole 'a'"),
        ({"opening_exchange_mw": 200.0}, "opening exchange"),
    ],
)  # fmt: skip
def test_what_does_not_hold_together_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tie(**changes)


def test_the_schedule_is_carried_into_the_next_window() -> None:
    """Cut at midnight, the second day of the optimum keeps all rules of a window opened by what the first day hands on."""
    two, first = Clock.of_days(dt.date(2030, 1, 1), 2), dt.date(2030, 1, 1)
    held = tie(hold_h=6.0, reversals_max_per_day=2.0, commitment=Commitment.INTEGER, opening_exchange_mw=POWER)
    price = np.r_[np.full(22, 50.0), np.full(2, 400.0), np.full(3, 400.0), np.full(21, 100.0)]
    whole = assemble((held, MARKET), {("tie", "price_yuan_per_mwh"): price}, two)
    program = compile_model(whole.model)
    solution = solve(program, EXACT)
    assert solution.x is not None
    seams = Seams(whole)
    x = cleaned(program, solution.x)
    begun = {
        (one.owner, param): np.array(one.opening) for one in seams.carried if one.opening is not None for param in one.params
    }
    opened = seams.handed_on(program, x, begun, 1)
    second = Clock.of_days(first + dt.timedelta(1), 1)
    window = assemble((held, MARKET), {("tie", "price_yuan_per_mwh"): price[24:]}, second, Horizon.WINDOW)
    following = compile_model(window.model).with_series(opened)
    rest = solve(following, EXACT)
    assert rest.outcome is Outcome.OPTIMAL
    found = answers(window, following, rest)
    audit(window.assets, found, second, rest.objective_yuan, Horizon.WINDOW).require()
    earned = sum(gain(np.array([p]), float(level)).sum() for p, level in zip(price[24:], _net(program, x)[24:], strict=True))
    assert -rest.objective_yuan == pytest.approx(earned, abs=1e-6)
    assert found["tie"].change_count[:6].sum() == pytest.approx(1.0), "the change at ten in the evening is remembered"
    assert found["tie"].export_scheduled_mw[:5] == pytest.approx(POWER), "held until four"


def _net(program: Program, x: np.ndarray) -> np.ndarray:
    ways = [program.layout.by_column_name["tie", name] for name in ("import_mw", "export_mw")]
    net: np.ndarray = x[ways[0].start : ways[0].stop] - x[ways[1].start : ways[1].stop]
    return net
