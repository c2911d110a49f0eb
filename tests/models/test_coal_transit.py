"""Coal on the way, whole trains, late trains, closures, seasons of cover, unloading, blends and who goes first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pytest

from yuqian.models.book import Answer
from yuqian.models.clock import Clock, Floats, Horizon
from yuqian.models.coal_base import CoalBase
from yuqian.models.coal_bunker import CoalBunker
from yuqian.models.coal_feed import CoalFeed
from yuqian.models.coal_hub import CoalHub
from yuqian.models.coal_supply import CoalSupply
from yuqian.models.coal_transfer import CoalTransfer
from yuqian.models.coal_yard import CoalYard
from yuqian.models.commitment_law import Commitment
from yuqian.models.kind import Kind
from yuqian.models.port import Port
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import Assembly, assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.program import Program
from yuqian.optimise.seams import Seams, cleaned
from yuqian.optimise.solve import Outcome, Solution, SolverOptions, solve
from yuqian.reports.audit import audit
from yuqian.timeseries.make import make_series
from yuqian.timeseries.stress import stress_of
from yuqian.timeseries.weather import WeatherPlan

FIRST = dt.date(2030, 1, 1)
TEN = Clock.of_days(FIRST, 10)
HUB = CoalHub(id="hub")
PLANT = Port.to_open("yard", "t_per_h", 1e5, 0.0)


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(number)


def solved(assets: Iterable[Kind], clock: Clock = TEN) -> tuple[Assembly, Program, Solution, dict[str, Answer]]:
    """The answer with the series that the assets' own fields make, audited."""
    everything = tuple(assets)
    assembly = assemble(everything, make_series(everything, clock).as_mapping(), clock)
    program = compile_model(assembly.model)
    assert program.structure is not None
    assert program.structure.notes == ()
    solution = solve(program, SolverOptions(gap_fraction=1e-9))
    assert solution.outcome is Outcome.OPTIMAL
    found = answers(assembly, program, solution)
    audit(assembly.assets, found, clock, solution.objective_yuan).require()
    return assembly, program, solution, found


def corridor(**changes: Any) -> CoalSupply:
    facts = {"train_t": 1000.0, "trains_max_per_day": 6.0, "price_yuan_per_t": 700.0, "annual_max_t": 1e7}
    return CoalSupply(id="corridor", coal_hub="hub", **{**facts, **changes})


def haul(t_per_day: float = 50e3) -> CoalTransfer:
    return CoalTransfer(id="haul", coal_from="hub", coal_to="yard", flow_max_t_per_day=t_per_day, cost_yuan_per_t=0.0)


def yard(opening_t: float, **changes: Any) -> CoalYard:
    facts = {
        "stock_max_t": 100e3, "full_burn_t_per_day": 0.0, "days_of_cover_min": 0.0, "loss_fraction_per_year": 0.0,
        "cover_shortage_price_yuan_per_t": 0.0, "opening_stock_fraction": opening_t / 100e3, "closing_stock_fraction": 0.0,
    }  # fmt: skip
    return CoalYard(id="yard", **{**facts, **changes})


def burner(t_per_day: float, worth_yuan_per_t: float = 5000.0) -> CoalBase:
    """Takes so much a day; what it lacks costs."""
    return CoalBase(
        id="burner", coal_hub="yard", stock_max_t=1e-6, turnover_max_t_per_year=1e9,
        industry_demand_t_per_year=t_per_day * 365.0, industry_shortage_price_yuan_per_t=worth_yuan_per_t,
        loss_fraction_per_year=0.0, handling_yuan_per_t=0.0, opening_stock_fraction=0.0,
    )  # fmt: skip


def lacked_t(found: Mapping[str, Answer]) -> Floats:
    lacked: Floats = found["burner"].industry_shortage_t_per_h * 24
    return lacked


CHAIN = (HUB, haul())


def test_trains_arrive_a_lead_time_after_they_leave() -> None:
    """Three days of lead and nothing on the way: the yard lives on its stock for three days, 2500 t for 3000 burnt."""
    rail = corridor(lead_time_days=3, opening_transit_t=0.0)
    _, _, _, found = solved((*CHAIN, rail, yard(2500.0), burner(1000.0)))
    delivered = found["corridor"].delivery_t_per_h * 24
    assert delivered[:3] == pytest.approx(0.0)
    assert lacked_t(found).sum() == pytest.approx(500.0)
    assert lacked_t(found)[3:] == pytest.approx(0.0, abs=1e-6)
    assert found["corridor"].transit_t[0] == pytest.approx(0.0)


def test_what_is_on_the_way_at_the_beginning_arrives_and_as_much_is_left_at_the_end() -> None:
    rail = corridor(lead_time_days=3, opening_transit_t=3000.0)
    _, _, solution, found = solved((*CHAIN, rail, yard(0.0), burner(1000.0)))
    assert lacked_t(found) == pytest.approx(0.0, abs=1e-6)
    transit = found["corridor"].transit_t
    assert (transit[0], transit[-1]) == pytest.approx((3000.0, 3000.0))
    assert solution.objective_yuan == pytest.approx(10 * 1000.0 * 700.0), "what is burnt is what is bought"
    spent = corridor(lead_time_days=3, opening_transit_t=3000.0, closing_transit_t=0.0)
    assert solved((*CHAIN, spent, yard(0.0), burner(1000.0)))[2].objective_yuan == pytest.approx(7 * 1000.0 * 700.0)


def test_without_an_opening_what_is_on_the_way_ends_as_it_began() -> None:
    _, _, solution, found = solved((*CHAIN, corridor(lead_time_days=4), yard(0.0), burner(1000.0)))
    assert lacked_t(found) == pytest.approx(0.0, abs=1e-6)
    sent = found["corridor"].dispatch_t_per_h
    assert sent[:4] == pytest.approx(sent[-4:])
    assert solution.objective_yuan == pytest.approx(10 * 1000.0 * 700.0)


def test_a_late_train_leaves_exactly_its_coal_short_until_it_comes() -> None:
    """One train a day is burnt as it comes; the yard holds 400 t. Four days late, it leaves 600 t short by the day it was
    due, and nothing later: from then on trains come as planned, and the late one fills the yard."""
    rail = corridor(lead_time_days=2, opening_transit_t=2000.0, trains_max_per_day=1.0, unloading_max_t_per_day=5000.0)
    late = rail.model_copy(update={"late_due": (day(4),), "late_days": (4,), "late_train_count": (1.0,)})
    store = yard(400.0, closing_stock_fraction=0.004)
    calm = solved((*CHAIN, rail, store, burner(1000.0)))
    struck = solved((*CHAIN, late, store, burner(1000.0)))
    assert lacked_t(calm[3]) == pytest.approx(0.0, abs=1e-6)
    assert lacked_t(struck[3]).sum() == pytest.approx(600.0)
    assert lacked_t(struck[3])[5:] == pytest.approx(0.0, abs=1e-6)
    delivered = struck[3]["corridor"].delivery_t_per_h * 24
    assert delivered[:5].sum() == pytest.approx(4000.0), "of five days, the trains of four"
    assert delivered[:8].sum() <= 7000.0 + 1e-6


def test_a_closed_corridor_lets_its_trains_wait() -> None:
    rail = corridor(
        lead_time_days=2, opening_transit_t=2000.0, trains_max_per_day=1.0, unloading_max_t_per_day=4000.0,
        closed_from=(day(3),), closed_until=(day(6),),
    )  # fmt: skip
    _, _, _, found = solved((*CHAIN, rail, yard(1000.0), burner(1000.0)))
    delivered = found["corridor"].delivery_t_per_h * 24
    assert delivered[3:6] == pytest.approx(0.0)
    assert lacked_t(found).sum() == pytest.approx(2000.0)
    assert delivered[6:].sum() <= 4 * 1000.0 + 3000.0 + 1e-6


def test_waiting_costs_by_the_day() -> None:
    """A train of 1000 t that is two days late waits twice, on the day it was due and the next."""
    rail = corridor(
        lead_time_days=1, opening_transit_t=1000.0, unloading_max_t_per_day=9000.0, late_due=(day(4),), late_days=(2,),
        late_train_count=(1.0,), price_yuan_per_t=0.0,
    )  # fmt: skip
    held = (*CHAIN, rail, yard(10_000.0), burner(1000.0))
    free = solved(held)[2].objective_yuan
    priced = rail.model_copy(update={"waiting_cost_yuan_per_t": 5.0})
    assert solved((*CHAIN, priced, *held[3:]))[2].objective_yuan - free == pytest.approx(2 * 1000.0 * 5.0)


def test_stress_closes_corridors_in_part() -> None:
    window = {"first": "01-03", "last": "01-05", "rail_factor": 0.25}
    snow = stress_of("snow", {"title": "Snow", "source": "a test", "windows": [window]})
    made = make_series([corridor()], TEN, WeatherPlan(stress=(snow,)))
    assert made.of("corridor", "open_fraction") == pytest.approx([1.0, 1.0, 0.25, 0.25, 0.25, 1.0, 1.0, 1.0, 1.0, 1.0])


def test_whole_trains_are_the_relaxed_formulation_with_another_domain() -> None:
    """2600 t are needed in ten days: two trains and 0.6 of one, or three."""
    relaxed = corridor(commitment=Commitment.RELAXED)
    whole = corridor(commitment=Commitment.INTEGER)
    assert solved((*CHAIN, relaxed, yard(0.0), burner(260.0)))[2].objective_yuan == pytest.approx(2600.0 * 700.0)
    _, _, solution, found = solved((*CHAIN, whole, yard(0.0), burner(260.0)))
    assert solution.objective_yuan == pytest.approx(3000.0 * 700.0)
    assert found["corridor"].train_count.sum() == pytest.approx(3.0)


@pytest.mark.parametrize("where", ["hub", "yard", "corridor"])
def test_a_day_unloads_no_more_than_it_can(where: str) -> None:
    limit = {"unloading_max_t_per_day": 800.0}
    hub = CoalHub(id="hub", **(limit if where == "hub" else {}))
    rail = corridor(lead_time_days=1, opening_transit_t=6000.0, **(limit if where == "corridor" else {}))
    store = yard(0.0, **(limit if where == "yard" else {}))
    assembly, _, solution, found = solved((hub, haul(), rail, store, burner(1000.0)))
    assert lacked_t(found).sum() == pytest.approx(10 * 200.0)
    arrays = {name: values.copy() for name, values in found["haul"]._arrays.items()}
    arrays["flow_t_per_h"] += 1.0
    damaged = {**found, "haul": Answer("haul", arrays)}
    if where == "yard":
        wrong = [f for f in audit(assembly.assets, damaged, TEN, solution.objective_yuan).findings if f.check == "unloading"]
        assert [finding.residual > 0.5 for finding in wrong if finding.owner == "yard"] == [True]


def test_a_season_asks_for_more_days_of_cover() -> None:
    """Seven days of cover, ten from 4 to 7 January: 3000 t more are held then, or short where no coal is to be had."""
    store = yard(
        7000.0, full_burn_t_per_day=1000.0, days_of_cover_min=7.0, cover_shortage_price_yuan_per_t=3000.0,
        season_first=("01-04",), season_last=("01-07",), cover_in_season_days=(10.0,),
    )  # fmt: skip
    burning = burner(1000.0, worth_yuan_per_t=1e6)
    _, _, _, found = solved((*CHAIN, corridor(), store, burning))
    stock = store.stock_of(found["yard"])[1:]
    assert stock[3:7].min() >= 10_000.0 - 1e-6
    assert found["yard"].season_shortfall_t == pytest.approx(0.0, abs=1e-6)
    _, _, solution, dry = solved((*CHAIN, corridor(trains_max_per_day=1.0), store, burning))
    lacking = dry["yard"].season_shortfall_t + dry["yard"].shortfall_t[1:]
    assert lacking == pytest.approx([0, 0, 0, 3000, 3000, 3000, 3000, 0, 0, 0])
    assert solution.objective_yuan == pytest.approx(10 * 1000.0 * 700.0 + 4 * 3000.0 * 3000.0)


def blended(**changes: Any) -> tuple[Kind, ...]:
    """A plant that burns 700 tce a day from poor coal (0.6 tce/t, 400 yuan/t) and rich coal (0.8 tce/t, 700 yuan/t)."""
    facts = {"heat_tce_per_t": 0.7, "blend_heat_min_tce_per_t": 0.6, "blend_heat_max_tce_per_t": 0.8}
    bunker = CoalBunker(id="yard", **{**facts, **changes})
    feeds = [
        CoalFeed(id=name, coal_from=f"pile_{name}", bunker="yard", heat_tce_per_t=heat, flow_max_t_per_day=900.0,
                 cost_yuan_per_t=0.0)
        for name, heat in (("poor", 0.6), ("rich", 0.8))
    ]  # fmt: skip
    piles = [Port.market(f"pile_{name}", "t_per_h", price, 0.0) for name, price in (("poor", 400.0), ("rich", 700.0))]
    return (bunker, *feeds, *piles, burner(1000.0))


def test_a_blend_of_two_heats() -> None:
    """700 tce: 900 t of the poor coal, as much as its feed can give, are 540; 200 t of the rich are 160."""
    _, _, solution, found = solved(blended())
    assert found["poor"].flow_t_per_h * 24 == pytest.approx(900.0)
    assert found["rich"].flow_t_per_h * 24 == pytest.approx(200.0)
    assert solution.objective_yuan == pytest.approx(10 * (900.0 * 400.0 + 200.0 * 700.0))


def test_the_lowest_heat_of_a_blend_binds() -> None:
    """At 0.72 tce/t, 700 tce are 972.2 t: 388.9 of the poor, 583.3 of the rich."""
    _, _, solution, found = solved(blended(blend_heat_min_tce_per_t=0.72))
    mass = 700.0 / 0.72
    poor = (0.8 - 0.72) / 0.2 * mass
    assert found["poor"].flow_t_per_h * 24 == pytest.approx(poor)
    assert found["yard"].heat_tce_per_h * 24 == pytest.approx(700.0)
    assert solution.objective_yuan == pytest.approx(10 * (poor * 400.0 + (mass - poor) * 700.0))


@pytest.mark.parametrize(("rule", "served"), [(None, 0.0), (Commitment.RELAXED, 500.0), (Commitment.INTEGER, 500.0)])
def test_a_rule_serves_industry_first_where_a_price_would_not(rule: Commitment | None, served: float) -> None:
    """A plant pays 9000 yuan for a tonne and industry 5000; 500 t come in a day, and industry takes 1000."""
    base = CoalBase(
        id="base", coal_hub="hub", stock_max_t=1e-6, turnover_max_t_per_year=1e9, industry_demand_t_per_year=365e3,
        industry_shortage_price_yuan_per_t=5000.0, loss_fraction_per_year=0.0, handling_yuan_per_t=0.0,
        opening_stock_fraction=0.0, sending_max_t_per_day=500.0, industry_first=rule,
    )  # fmt: skip
    plant = Port.to_open("base", "t_per_h", 1e6, 9000.0)
    _, _, _, found = solved((HUB, corridor(trains_max_per_day=0.5), base, plant))
    industry = 1000.0 - found["base"].industry_shortage_t_per_h * 24
    assert industry.min() >= (served if rule is Commitment.INTEGER else 0.0) - 1e-6
    assert found["port_base"].sold.sum() * 24 <= (5000.0 if rule is None else 2500.0 + 1e-6)


def test_coal_on_the_way_is_carried_into_the_next_window() -> None:
    """The second half of the optimum is feasible in a window opened by what the first half hands on."""
    assets = (*CHAIN, corridor(lead_time_days=3, opening_transit_t=3000.0), yard(2000.0), burner(1000.0))
    assembly, program, solution, _ = solved(assets)
    assert solution.x is not None
    x = cleaned(program, solution.x)
    numbers = {}
    seams = Seams(assembly)
    for one in seams.carried:
        values = np.array(one.opening) if one.quota_row else seams.values(one, program, x, np.asarray(one.over))
        numbers |= {(one.owner, param): values for param in one.params}
    opened = seams.handed_on(program, x, numbers, 5)
    sent = program.layout.by_column_name["corridor", "dispatch_t_per_h"]
    assert opened["corridor", "opening_dispatch_t_per_h"] == pytest.approx(x[sent.start + 5 : sent.start + 8])
    second = Clock.of_days(day(5), 5)
    made = make_series(assets, second).as_mapping()
    window = assemble(assets, made, second, Horizon.WINDOW)
    following = compile_model(window.model).with_series(opened)
    rest = solve(following)
    assert rest.outcome is Outcome.OPTIMAL
    found = answers(window, following, rest)
    audit(window.assets, found, second, rest.objective_yuan, Horizon.WINDOW).require()
    assert found["corridor"].dispatch_t_per_h[:3] == pytest.approx(opened["corridor", "opening_dispatch_t_per_h"])
    assert lacked_t(found) == pytest.approx(0.0, abs=1e-6)


def test_the_audit_notices_every_decision_of_a_corridor_with_all_it_may_have() -> None:
    rail = corridor(
        lead_time_days=2, opening_transit_t=2000.0, commitment=Commitment.INTEGER, late_due=(day(4),), late_days=(2,),
        late_train_count=(1.0,), closed_from=(day(8),), closed_until=(day(9),), unloading_max_t_per_day=9000.0,
    )  # fmt: skip
    store = yard(2000.0, season_first=("01-02",), season_last=("01-03",), cover_in_season_days=(1.0,),
                 full_burn_t_per_day=1000.0)  # fmt: skip
    assembly, program, solution, found = solved((*CHAIN, rail, store, burner(1000.0)))
    for family in program.layout.columns:
        if family.owner not in ("corridor", "yard"):
            continue
        arrays = {key: values.copy() for key, values in found[family.owner]._arrays.items()}
        arrays[family.name][0] -= 1e5
        damaged = {**found, family.owner: Answer(family.owner, arrays)}
        assert not audit(assembly.assets, damaged, TEN, solution.objective_yuan).passes, family.full_name


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"late_due": (day(1),)}, "each late delivery"),
        ({"late_due": (day(1),), "late_days": (0,), "late_train_count": (1.0,)}, "by one day or more"),
        ({"closed_from": (day(1),)}, "each closure"),
        ({"closed_from": (day(2),), "closed_until": (day(2),)}, "opens again later"),
        ({"lead_time_days": 1, "opening_transit_t": 7000.0}, "at most 6000 t"),
        ({"closing_transit_t": 1.0}, "needs an opening too"),
    ],
)
def test_what_does_not_hold_together_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        corridor(**changes)
