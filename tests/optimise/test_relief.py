"""Dams that keep flows in the river, or stand in for promised water taken elsewhere, against days worked out by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yuqian.models.kind import UserClass
from yuqian.models.user_class import STANDARD_ORDER
from yuqian.optimise.operating_compiler import has_compiler
from yuqian.optimise.operating_rules import DroughtLines, Rules
from yuqian.optimise.simulate import Engine, class_row

ROUNDING = 1e-9
few = settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
flows = st.lists(st.floats(0.0, 12.0), min_size=12, max_size=12)


def _estuary(network, days: int, storage: float, owed: float, loss: float = 0.0):
    """A dam and a side stream that meet above the outlet: 2 come by nature there, 4 by the side stream."""
    case = network(days)
    case.lake("lake", "upper", 100.0, storage)
    case.river("upper")
    case.river("side", 4.0)
    case.river("mouth", 2.0)
    case.reach("upper", "mouth", loss=loss)
    case.reach("side", "mouth")
    case.outlet("mouth", owed)
    return case


def test_a_dam_keeps_the_flow_owed_at_the_outlet(network) -> None:
    """9 are owed, 6 come by nature: the dam gives 3, and what is lost on the way, while it has any."""
    run = _estuary(network, 4, 9.0, 9.0, loss=0.25).run()
    assert run.delivered_hm3("mouth")[:, 0] == pytest.approx([9.0, 9.0, 6.75, 6.0])
    assert run.storage_hm3("lake")[:, 0] == pytest.approx([5.0, 1.0, 0.0, 0.0])
    assert run.carried_hm3("lake.release")[:, 0] == pytest.approx([4.0, 4.0, 1.0, 0.0])
    assert run.record.supplied[0, 0, run.names.classes.index(UserClass.ECOLOGICAL), 0] == pytest.approx(4.0)
    assert run.residual < ROUNDING


def test_a_dam_stands_in_for_promised_water(network) -> None:
    """Of 6 by nature 5 are owed. A town on the side stream takes 3: one is free, for two the dam gives 2.5, a fifth is lost."""
    case = _estuary(network, 2, 50.0, 5.0, loss=0.2)
    case.town("town", "side", 3.0)
    run = case.run()
    assert run.delivered_hm3("town")[:, 0] == pytest.approx(3.0)
    assert run.delivered_hm3("mouth")[:, 0] == pytest.approx(5.0)
    assert run.storage_hm3("lake")[:, 0] == pytest.approx([47.5, 45.0])
    assert run.residual < ROUNDING


def test_no_more_is_taken_than_flows_by(network) -> None:
    """The side stream has 4: a town there gets no more, however much the dam holds."""
    case = _estuary(network, 1, 50.0, 5.0)
    case.town("town", "side", 7.0)
    run = case.run()
    assert run.delivered_hm3("town")[0, 0] == pytest.approx(4.0)
    assert run.storage_hm3("lake")[0, 0] == pytest.approx(47.0)
    assert run.delivered_hm3("mouth")[0, 0] == pytest.approx(5.0)


@pytest.mark.parametrize(("first", "town", "mouth"), [(UserClass.TOWN, 4.0, 6.0), (UserClass.ECOLOGICAL, 1.0, 9.0)])
def test_stored_water_goes_to_the_river_when_it_is_its_turn(network, first: UserClass, town: float, mouth: float) -> None:
    """The dam holds 4. At the outlet 9 are owed and 6 come by nature; a town there asks for 4 beyond that."""
    case = _estuary(network, 1, 4.0, 9.0)
    case.town("town", "mouth", 4.0)
    order = (first, *(one for one in STANDARD_ORDER if one is not first))
    run = case.run(Rules(order=order))
    assert run.delivered_hm3("town")[0, 0] == pytest.approx(town)
    assert run.delivered_hm3("mouth")[0, 0] == pytest.approx(mouth)
    assert run.storage_hm3("lake")[0, 0] == pytest.approx(0.0, abs=ROUNDING)


def test_a_dam_below_its_drought_line_does_not_stand_in(network) -> None:
    """Fields get seven tenths of what they ask a dam for below its line, so it lends them nothing."""
    for line, fields in ((10.0, 3.0), (60.0, 1.0)):
        case = _estuary(network, 1, 50.0, 5.0)
        case.fields("fields", "side", 3.0)
        run = case.run(Rules(lines={"lake": DroughtLines(np.full(1, line), np.zeros(1))}))
        assert run.delivered_hm3("fields")[0, 0] == pytest.approx(fields)
        assert run.delivered_hm3("mouth")[0, 0] == pytest.approx(5.0)


def test_water_that_comes_back_fills_the_flow_before_dams_do(network) -> None:
    """9 are owed and 5 come by nature; the town takes 3 from the dam and gives 2 back, so the dam owes the river 2 more."""
    case = network(1)
    case.lake("lake", "mouth", 100.0, 50.0)
    case.river("mouth", 5.0)
    case.outlet("mouth", 9.0)
    case.town("town", "lake", 3.0, return_to="mouth", returned=2 / 3)
    run = case.run()
    assert run.delivered_hm3("mouth")[0, 0] == pytest.approx(9.0)
    assert run.storage_hm3("lake")[0, 0] == pytest.approx(45.0)


def test_a_dam_lends_all_that_it_holds(network) -> None:
    """However many balances lie between, and however much more is asked: 8 flow by and are promised, the dam gives 8."""
    for demand, between in ((8.0, 4), (8.1, 4), (12.0, 8)):
        case = network(1)
        names = [*(f"reach_{number}" for number in range(between)), "mouth"]
        case.lake("dam", names[0], 100.0, 10.0)
        case.river("side", 8.0)
        case.reach("side", names[0])
        for name in names:
            case.river(name)
        for start, end in pairwise(names):
            case.reach(start, end)
        case.outlet("mouth", 8.0)
        case.town("town", "side", demand)
        run = case.run()
        assert run.delivered_hm3("town")[0, 0] == pytest.approx(8.0)
        assert run.storage_hm3("dam")[0, 0] == pytest.approx(2.0)


@pytest.mark.parametrize("lags", [(1.0,), (0.0, 1.0)])
def test_a_dam_stands_in_above_another(network, lags: tuple[float, ...]) -> None:
    """The section above the lower dam is owed all 4 of the side stream; the upper dam gives it 4 in their place."""
    case = network(1)
    case.lake("upper", "section_start", 100.0, 50.0)
    case.river("side", 4.0)
    case.river("section_start")
    case.reach("side", "section_start")
    case.river("section_end")
    case.section("section_start", "section_end", 4.0)
    case.reach("section_end", "lower", lags)
    case.lake("lower", "mouth", 100.0, 50.0)
    case.river("mouth")
    case.outlet("mouth")
    case.town("town", "side", 4.0)
    run = case.run()
    assert run.delivered_hm3("town")[0, 0] == pytest.approx(4.0)
    assert run.delivered_hm3("section")[0, 0] == pytest.approx(4.0)
    assert run.storage_hm3("upper")[0, 0] == pytest.approx(46.0)


def test_a_dam_that_is_empty_passes_the_call_on(network) -> None:
    case = network(1)
    case.lake("upper", "lower", 100.0, 50.0)
    case.lake("lower", "mouth", 100.0, 0.0)
    case.river("mouth", 1.0)
    case.outlet("mouth", 9.0)
    run = case.run()
    assert run.delivered_hm3("mouth")[0, 0] == pytest.approx(9.0)
    assert run.storage_hm3("upper")[0, 0] == pytest.approx(42.0)


def test_a_narrow_canal_from_the_dam_is_no_hindrance(network) -> None:
    """Half a hm3 comes by it; the rest of 4 is taken from the stream, or called by river, as without it."""
    for stream, owed in ((4.0, 4.0), (0.0, 0.0)):
        case = network(1)
        case.lake("dam", "below", 100.0, 50.0)
        case.river("below")
        case.river("stream", stream)
        case.river("mouth")
        case.reach("below", "mouth")
        case.reach("stream", "mouth")
        case.outlet("mouth", owed)
        case.supply("head")
        case.canal("dam", "head", 0.5)
        case.canal("stream" if owed else "below", "head")
        case.town("town", "head", 4.0)
        run = case.run()
        assert run.delivered_hm3("town")[0, 0] == pytest.approx(4.0)
        assert run.delivered_hm3("mouth")[0, 0] == pytest.approx(owed)
        assert run.storage_hm3("dam")[0, 0] == pytest.approx(46.0)


def test_water_that_comes_back_fills_the_flow_without_a_dam_too(network) -> None:
    """5 come by nature and 2 come back: the outlet, which is owed 9, keeps all 7, and fields get none."""
    case = network(1)
    case.lake("far", "other", 100.0, 50.0)
    case.river("other")
    case.river("mouth", 5.0)
    case.outlet("mouth", 9.0)
    case.town("town", "far", 3.0, return_to="mouth", returned=2 / 3)
    case.fields("fields", "mouth", 2.0)
    run = case.run()
    assert run.delivered_hm3("mouth")[0, 0] == pytest.approx(7.0)
    assert run.delivered_hm3("fields")[0, 0] == pytest.approx(0.0, abs=ROUNDING)


def test_a_flow_owed_gets_its_share_of_a_dam_below_its_line(network) -> None:
    """With nine tenths for the river below the line, 3 that lack become 2.7."""
    case = _estuary(network, 1, 50.0, 9.0)
    lines = {"lake": DroughtLines(np.full(1, 60.0), np.zeros(1))}
    run = case.run(Rules(lines=lines, limits={UserClass.ECOLOGICAL: (0.9, 0.9)}))
    assert run.delivered_hm3("mouth")[0, 0] == pytest.approx(6.0 + 2.7)


def test_users_and_flows_of_the_ecological_class_share_its_row(network) -> None:
    """A wetland that asks for 2, 3 below a dam and 1 at the outlet make 6."""
    case = network(1)
    case.lake("dam", "mouth", 100.0, 50.0, 3.0, ecological=3.0)
    case.river("mouth", 4.0)
    case.outlet("mouth", 1.0)
    case.factory("wetland", "mouth", 2.0)
    case.assets[-1] = case.assets[-1].model_copy(update={"user_class": UserClass.ECOLOGICAL})
    run = case.run()
    row = class_row(UserClass.ECOLOGICAL)
    assert run.demand_hm3(row)[0, 0] == pytest.approx(6.0)
    assert run.delivered_hm3(row)[0, 0] == pytest.approx(6.0)


def test_rounding_calls_no_water(network) -> None:
    """What rounding leaves short at a balance, while another trace really is short, must not empty a dam."""
    flow, loss, kept = 10.0, 0.04, 0.5
    arrives, free = flow * (1.0 - loss), 0.54 * flow * (1.0 - loss)
    demand = free * kept * 1.15
    case = network(1)
    case.lake("dam", "meeting", 500.0, 250.0)
    case.river("side", flow)
    case.river("meeting")
    case.reach("side", "meeting", loss=loss)
    case.river("mouth")
    case.section("meeting", "mouth", arrives - free)
    case.outlet("mouth", 2.0 * arrives)
    case.supply("head")
    case.canal("side", "head", capacity=1e9, loss=1.0 - kept)
    case.town("town", "head", demand)
    alone = case.run()
    case.series["town", "demand_m3_per_s"] = case.flows([demand, 30.0])[:, None]
    both = case.run()
    assert both.residual < ROUNDING
    assert alone.delivered_hm3("town")[0, 0] == pytest.approx(demand)
    assert both.delivered_hm3("town")[0, 0] == pytest.approx(demand)
    assert both.storage_hm3("dam")[0, 0] == pytest.approx(alone.storage_hm3("dam")[0, 0])


def test_a_trace_does_not_hang_on_those_beside_it(network) -> None:
    """A town that recycles half of what it gets asks twice near by, and not once more because another trace calls on dams."""
    found = []
    for demands in ([0.0], [0.0, 4.0]):
        case = network(1)
        case.lake("dam", "below", 100.0, 50.0)
        case.river("below")
        case.river("stream", 1.0)
        case.supply("head")
        case.canal("stream", "head")
        case.town("recycling", "head", 10.0, return_to="head", returned=0.5)
        case.town("thirsty", "below", 0.0)
        case.series["thirsty", "demand_m3_per_s"] = case.flows(demands)[:, None] if len(demands) > 1 else case.flows(0.0)
        found.append(case.run().delivered_hm3("recycling")[0, 0])
    assert found == pytest.approx([1.5, 1.5])


def _branched(network, upper: list[float], side: list[float], storage: float, owed: float, demand: float):
    """A dam above a section and an outlet, with a stream coming in above each, lags, losses, and users on both streams."""
    case = network(12)
    case.lake("lake", "first", 100.0, storage, upper)
    case.river("stream", side)
    case.river("brook", [*reversed(side)])
    case.river("first", 0.5)
    case.river("second")
    case.river("mouth", 0.5)
    case.reach("stream", "first", (0.6, 0.4), 0.1)
    case.section("first", "second", owed)
    case.reach("second", "mouth", (0.5, 0.3, 0.2), 0.05)
    case.reach("brook", "mouth", (0.7, 0.3))
    case.outlet("mouth", 1.5 * owed)
    case.town("town", "stream", demand, return_to="second", returned=0.5)
    case.fields("fields", "brook", demand)
    case.factory("factory", "first", 0.5 * demand)
    return case


@few
@given(upper=flows, side=flows, storage=st.floats(0.0, 40.0), owed=st.floats(0.0, 6.0), demand=st.floats(0.5, 6.0))
def test_nothing_gives_more_than_it_has(network, upper, side, storage: float, owed: float, demand: float) -> None:
    run = _branched(network, upper, side, storage, owed, demand).run()
    assert run.residual < ROUNDING
    assert (run.storage_hm3("lake") >= -ROUNDING).all()
    for name in run.names.rows:
        assert (run.delivered_hm3(name) >= -ROUNDING).all()
        assert (run.delivered_hm3(name) <= run.demand_hm3(name) + ROUNDING).all()
    assert (run.totals()["outflow"] >= -ROUNDING).all()


@few
@given(upper=flows, side=flows, owed=st.floats(0.0, 6.0), demand=st.floats(0.5, 6.0))
def test_while_the_dam_holds_water_the_flows_are_kept(network, upper, side, owed: float, demand: float) -> None:
    """With more in store than can ever be asked for, section and outlet get what is owed them on every day."""
    run = _branched(network, upper, side, 90.0, min(owed, 2.0), min(demand, 2.0)).run()
    for name in ("section", "mouth"):
        assert run.delivered_hm3(name) == pytest.approx(run.demand_hm3(name), abs=ROUNDING)


@few
@given(upper=flows, side=flows, storage=st.floats(0.0, 40.0), owed=st.floats(0.0, 6.0), demand=st.floats(0.5, 6.0))
def test_traces_are_alone(network, upper, side, storage: float, owed: float, demand: float) -> None:
    """Three traces with a tenth, all and three times the side stream give together what each gives alone."""
    shares = (0.1, 1.0, 3.0)

    def run(*parts: float):
        case = _branched(network, upper, side, storage, owed, demand)
        key = ("stream_hills", "inflow_m3_per_s")
        case.series[key] = np.array([part * case.series[key] for part in parts])
        return case.run()

    together = run(*shares)
    for number, share in enumerate(shares):
        for left, right in zip(together.record, run(share).record, strict=True):
            assert left[..., number] == pytest.approx(right[..., 0], abs=ROUNDING)


@pytest.mark.slow
@pytest.mark.skipif(not has_compiler(), reason="numba is not installed")
def test_compiled_relief_is_the_same(network) -> None:
    random = np.random.default_rng(3)
    case = _branched(network, list(random.gamma(0.6, 4.0, 12)), list(random.gamma(0.6, 5.0, 12)), 20.0, 3.0, 3.0)
    plain, fast = case.run(), case.run(engine=Engine.COMPILED)
    ecological = plain.names.classes.index(UserClass.ECOLOGICAL)
    assert plain.record.supplied[:, 0, ecological].sum() > 1.0
    for left, right in zip(plain.record, fast.record, strict=True):
        assert right == pytest.approx(left, abs=ROUNDING)
