"""Networks run by rule against days worked out by hand, published cases and what must always hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yuqian.models.hydro_plant import HydroPlant
from yuqian.models.kind import UserClass
from yuqian.optimise import operating_run
from yuqian.optimise import simulate as simulate_module
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.operating_compiler import has_compiler
from yuqian.optimise.operating_network import OperatingError
from yuqian.optimise.operating_plan import STORE_ITEMS
from yuqian.optimise.operating_rules import DroughtLines, Rules
from yuqian.optimise.operating_run import LANES
from yuqian.optimise.simulate import Engine
from yuqian.optimise.solve import solve

ROUNDING = 1e-9
few = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
flows = st.lists(st.floats(0.0, 12.0), min_size=12, max_size=12)


def test_a_reservoir_serves_while_there_is_water(network) -> None:
    """The small reservoir of pywr's own tests: 35 in store, 10 asked a day."""
    case = network(5)
    case.river("below")
    case.lake("lake", "below", 100.0, 35.0)
    case.town("town", "lake", 10.0)
    run = case.run()
    assert run.delivered_hm3("town")[:, 0] == pytest.approx([10, 10, 10, 5, 0])
    assert run.storage_hm3("lake")[:, 0] == pytest.approx([25, 15, 5, 0, 0])
    assert run.residual < ROUNDING


def test_analytic_reservoir(network) -> None:
    """Inflow S cos(wt) + S against a demand of S: storage is S sin(wt) / w + V0."""
    days, size, w = 365, 100.0, 2 * np.pi / 365
    edges = np.arange(days + 1)
    inflow = np.diff(size * np.sin(w * edges) / w + size * edges)
    case = network(days)
    case.river("below")
    case.lake("lake", "below", 3 * size / w, size / w, inflow)
    case.town("town", "lake", size)
    expected = size * np.sin(w * edges[1:]) / w + size / w
    assert case.run().storage_hm3("lake")[:, 0] == pytest.approx(expected, abs=1e-4 * size / w)


def test_river_keeps_what_is_owed_downstream(network) -> None:
    """pywr's river with a minimum residual flow: 100 flows, 20 or 60 is owed, 80 or 40 can be taken."""
    for owed, taken in ((20.0, 80.0), (60.0, 40.0)):
        case = network(3)
        case.river("river", 100.0)
        case.outlet("river", owed)
        case.town("town", "river", 90.0)
        assert case.run().delivered_hm3("town")[:, 0] == pytest.approx(min(90.0, taken))


def test_loss_of_inflow(network) -> None:
    """10 at the end of a canal that loses a fifth of its inflow need 12.5 at its head."""
    case = network(2)
    case.river("river", 100.0)
    case.supply("head")
    case.canal("river", "head", loss=0.2)
    case.town("town", "head", 10.0)
    run = case.run()
    assert run.delivered_hm3("town")[:, 0] == pytest.approx(10.0)
    assert run.carried_hm3("canal_river_head")[:, 0] == pytest.approx(12.5)


def test_a_higher_class_downstream_goes_first(network) -> None:
    case = network(2)
    case.river("upper", 10.0)
    case.river("lower")
    case.reach("upper", "lower")
    case.fields("fields", "upper", 8.0)
    case.town("town", "lower", 7.0)
    run = case.run()
    assert run.delivered_hm3("town")[:, 0] == pytest.approx(7.0)
    assert run.delivered_hm3("fields")[:, 0] == pytest.approx(3.0)


def test_equals_share_alike(network) -> None:
    """Two towns, on canals of their own, of a dam that can give a half; and two along a river."""
    case = network(1)
    case.river("below")
    case.lake("lake", "below", 100.0, 15.0)
    for name, demand in (("one", 20.0), ("two", 10.0)):
        case.supply(f"{name}_head")
        case.canal("lake", f"{name}_head")
        case.town(name, f"{name}_head", demand)
    run = case.run()
    assert (run.delivered_hm3("one")[0, 0], run.delivered_hm3("two")[0, 0]) == pytest.approx((10.0, 5.0))
    case = network(1)
    case.river("upper", 15.0)
    case.river("lower")
    case.reach("upper", "lower")
    case.town("one", "upper", 20.0)
    case.town("two", "lower", 10.0)
    run = case.run()
    assert run.delivered_hm3("one")[0, 0] + run.delivered_hm3("two")[0, 0] == pytest.approx(15.0)
    assert run.delivered_hm3("one")[0, 0] == pytest.approx(2 * run.delivered_hm3("two")[0, 0])


def test_rounding_cuts_nobody_downstream(network) -> None:
    """What rounding leaves of the upper town's water is not drawn upon, so the lower town keeps its own."""
    case = network(1)
    case.river("upper", 2.33)
    case.river("lower", 5.6)
    case.reach("upper", "lower")
    case.outlet("lower")
    case.town("high", "upper", 9.3)
    case.town("low", "lower", 5.6)
    run = case.run()
    assert (run.delivered_hm3("high")[0, 0], run.delivered_hm3("low")[0, 0]) == pytest.approx((2.33, 5.6))
    assert run.totals()["outflow"][0] == pytest.approx(0.0, abs=ROUNDING)


def test_own_river_then_dam_then_transfer(network) -> None:
    case = network(3)
    case.river("river", [5.0, 2.0, 0.0])
    case.river("far")
    case.supply("head")
    case.lake("lake", "river", 100.0, 4.0)
    case.lake("distant", "far", 100.0, 50.0)
    case.supply("between")
    case.canal("river", "head")
    case.canal("lake", "head")
    case.canal("distant", "between")
    case.canal("between", "head")
    case.town("town", "head", 5.0)
    run = case.run()
    assert run.delivered_hm3("town")[:, 0] == pytest.approx(5.0)
    assert run.carried_hm3("canal_river_head")[:, 0] == pytest.approx([5.0, 2.0, 0.0])
    assert run.carried_hm3("canal_lake_head")[:, 0] == pytest.approx([0.0, 3.0, 1.0])
    assert run.carried_hm3("canal_distant_between")[:, 0] == pytest.approx([0.0, 0.0, 4.0])


def test_a_user_down_the_river_calls_on_the_dam(network) -> None:
    """The dam adds what the river lacks, and what is lost on the way."""
    case = network(2)
    case.lake("lake", "upper", 100.0, 60.0)
    case.river("upper")
    case.river("lower", 4.0)
    case.reach("upper", "lower", lags=(0.5, 0.5), loss=0.2)
    case.outlet("lower")
    case.town("town", "lower", 12.0)
    run = case.run()
    assert run.delivered_hm3("town")[:, 0] == pytest.approx(12.0)
    assert run.storage_hm3("lake")[:, 0] == pytest.approx([50.0, 40.0])
    assert run.carried_hm3("lake.release")[:, 0] == pytest.approx(10.0)
    assert run.residual < ROUNDING


def test_dams_that_are_called_give_by_what_they_hold(network) -> None:
    case = network(1)
    for name, storage in (("big", 30.0), ("small", 10.0)):
        case.lake(name, "lower", 100.0, storage)
    case.river("lower")
    case.town("town", "lower", 8.0)
    run = case.run()
    assert run.storage_hm3("big")[0, 0] == pytest.approx(24.0)
    assert run.storage_hm3("small")[0, 0] == pytest.approx(8.0)


def test_ecological_release_goes_first_but_never_over_inflow(network) -> None:
    case = network(2)
    case.river("below")
    case.lake("lake", "below", 100.0, 5.0, [3.0, 1.0], ecological=2.0)
    case.town("town", "lake", 10.0)
    run = case.run()
    assert run.delivered_hm3("lake.ecological")[:, 0] == pytest.approx([2.0, 1.0])
    assert run.delivered_hm3("town")[:, 0] == pytest.approx([6.0, 0.0])


def test_limit_coefficients_below_the_drought_lines(network) -> None:
    case = network(3)
    case.river("below")
    case.lake("lake", "below", 100.0, 45.0)
    case.town("town", "lake", 10.0)
    case.fields("fields", "lake", 10.0)
    lines = {"lake": DroughtLines(np.full(3, 40.0), np.full(3, 20.0))}
    limits = {UserClass.TOWN: (1.0, 0.8), UserClass.IRRIGATION: (0.5, 0.0)}
    run = case.run(Rules(lines=lines, limits=limits))
    # 45 is above the warning line, 25 below it, 10 below the guarantee line.
    assert run.delivered_hm3("town")[:, 0] == pytest.approx([10.0, 10.0, 8.0])
    assert run.delivered_hm3("fields")[:, 0] == pytest.approx([10.0, 5.0, 0.0])


def test_evaporation_goes_by_the_mean_storage(network) -> None:
    case = network(1)
    case.river("below")
    case.lake("lake", "below", 100.0, 50.0, evaporation_mm=100.0, area=(1.0, 11.0))
    end = case.run().storage_hm3("lake")[0, 0]
    assert 50.0 - end == pytest.approx(0.1 * (1.0 + 0.1 * (50.0 + end) / 2))


def test_flood_limit_spills_and_off_stream_store_catches(network) -> None:
    case = network(1)
    case.river("below")
    case.river("river", 6.0)
    case.outlet("river", 1.0)
    case.lake("side", "below", 100.0, 98.0, area=(1.0, 1.0 + 1e-9))
    case.canal("river", "side", capacity=10.0, loss=0.5)
    run = case.run()
    # Room for 2 asks for 4 at the head; 5 could be taken.
    assert run.storage_hm3("side")[0, 0] == pytest.approx(100.0)
    assert run.carried_hm3("canal_river_side")[0, 0] == pytest.approx(4.0)
    assert run.residual < ROUNDING


def test_lags_keep_the_water(network) -> None:
    case = network(4)
    case.river("upper", [10.0, 0.0, 0.0, 0.0])
    case.river("lower")
    case.reach("upper", "lower", lags=(0.2, 0.5, 0.3))
    case.town("town", "lower", 8.0)
    run = case.run()
    # The river begins as if 10 had always come.
    assert run.delivered_hm3("town")[:, 0] == pytest.approx([8.0, 8.0, 3.0, 0.0])
    assert run.residual < ROUNDING


def test_return_flow_serves_lower_classes_on_the_same_day(network) -> None:
    case = network(1)
    case.river("river", 10.0)
    case.town("town", "river", 10.0, return_to="river", returned=0.6)
    case.fields("fields", "river", 10.0)
    run = case.run()
    assert run.delivered_hm3("fields")[0, 0] == pytest.approx(6.0)
    assert run.residual < ROUNDING


@few
@given(inflow=flows, demand=st.floats(1.0, 9.0), size=st.floats(2.0, 30.0))
def test_standard_rule_lacks_no_more_than_perfect_foresight(network, inflow: list[float], demand: float, size: float) -> None:
    """Without evaporation the total shortage of one reservoir is the same by rule and with foresight."""
    case = network(12)
    case.river("below")
    case.outlet("below")
    case.lake("lake", "below", size, 0.0, inflow)
    case.town("town", "lake", demand)
    short = 12 * demand - case.run().delivered_hm3("town").sum()
    solution = solve(compile_model(assemble(case.assets, case.series, case.clock).model))
    assert solution.objective_yuan / 1e6 == pytest.approx(50.0 * short, abs=0.02)


@pytest.mark.parametrize("engine", [Engine.NUMPY, Engine.COMPILED])
def test_wrong_networks_are_refused(network, engine: Engine) -> None:
    case = network(2)
    case.river("a", 1.0)
    case.river("b")
    case.river("c")
    case.reach("a", "b")
    case.reach("a", "c")
    with pytest.raises(OperatingError, match="parts at 'a' into a_b, a_c"):
        case.run(engine=engine)
    case = network(2)
    case.town("town", "nowhere", 1.0)
    with pytest.raises(OperatingError, match="'nowhere', which no asset opens"):
        case.run(engine=engine)
    case = network(2)
    case.river("a", [1.0, np.nan])
    with pytest.raises(OperatingError, match=r"a_hills.inflow_m3_per_s is nan in step 1"):
        case.run(engine=engine)


@pytest.mark.slow
@pytest.mark.skipif(not has_compiler(), reason="numba is not installed")
@pytest.mark.parametrize("traces", [1, LANES + 3])
def test_compiled_run_gives_the_same(network, traces: int) -> None:
    """One trace alone; and a full group of lanes beside one that is not; with drought lines and quotas that bind."""
    case = _wide(network, 40, traces, quota_start=("01-01",), quota_hm3=(30.0,))
    rules = Rules(lines={"lake": DroughtLines(np.full(40, 50.0), np.full(40, 8.0))})
    plain, fast = case.run(rules), case.run(rules, engine=Engine.COMPILED)
    assert plain.traces == fast.traces == traces
    for left, right in zip(plain.record, fast.record, strict=True):
        assert right == pytest.approx(left, abs=1e-9)
    assert fast.record.stores[:, 0, STORE_ITEMS.index("restricted")].any()
    assert fast.carried_hm3("canal_head_works").sum(axis=0).max() == pytest.approx(30.0)
    assert plain.residual < ROUNDING


@pytest.mark.slow
@pytest.mark.skipif(not has_compiler(), reason="numba is not installed")
def test_compiled_run_keeps_many_bins_in_single_precision(network, monkeypatch) -> None:
    monkeypatch.setattr(simulate_module, "DOUBLES_UP_TO", 1.0)
    case = _wide(network, 40, LANES)
    plain, fast = case.run(), case.run(engine=Engine.COMPILED)
    assert fast.record.rows.dtype == np.float32
    for left, right in zip(plain.record, fast.record, strict=True):
        assert right == pytest.approx(left, rel=1e-6, abs=1e-6)


@pytest.mark.skipif(not has_compiler(), reason="numba is not installed")
def test_runs_of_one_width_share_what_was_flattened(monkeypatch) -> None:
    """Chunk after chunk of traces is run by one function; to flatten it again for each takes half as long as running."""
    made: list[int] = []
    monkeypatch.setattr(operating_run, "compile_flat", lambda name, modules, tuples, count: made.append(count))
    operating_run.flattened.cache_clear()
    for count in (LANES, 1, LANES, 1):
        operating_run.flattened(count)
    operating_run.flattened.cache_clear()
    assert made == [LANES, 1]


def test_names_do_not_matter(network) -> None:
    plain, renamed = _wide(network, 30, 1), _wide(network, 30, 1, {"upper": "zz", "lake": "a", "one": "y", "two": "b"})
    one, other = plain.run(), renamed.run()
    for mine, theirs in (("one", "y"), ("two", "b"), ("fields", "fields")):
        assert other.delivered_hm3(theirs) == pytest.approx(one.delivered_hm3(mine))


def _wide(network, days: int, traces: int, names: dict[str, str] | None = None, **of_works: object):
    """Two rivers, two dams, canals, lags, returns and four users."""
    called = names or {}
    name = {word: called.get(word, word) for word in ("upper", "lower", "lake", "second", "one", "two", "head", "works")}
    random = np.random.default_rng(7)
    case = network(days)
    case.river(name["upper"], random.gamma(1.0, 4.0, days))
    case.lake(
        name["lake"], name["lower"], 60.0, 30.0, random.gamma(0.6, 8.0, days), 0.5, 4.0, (1.0, 5.0), 5.0,
        level_flood_limit_m=55.0, level_normal_m=55.0,
        discharge_level_m=(5.0, 30.0, 60.0), discharge_max_m3_per_s=(20.0, 50.0, 100.0),
    )  # fmt: skip
    case.lake(name["second"], name["lower"], 20.0, None, random.gamma(0.6, 2.0, days), 0.3, 4.0, (0.5, 2.0), 1.0)
    case.river(name["lower"], 1.0)
    case.reach(name["upper"], name["lower"], (0.3, 0.5, 0.2), 0.05)
    case.outlet(name["lower"], 1.0)
    case.supply(name["head"])
    case.supply(name["works"])
    case.canal(name["lake"], name["head"], 5.0, 0.1)
    case.canal(name["second"], name["head"], 2.0, 0.05)
    case.canal(name["head"], name["works"], 4.0, **of_works)
    case.canal(name["lower"], name["works"], 3.0, cost=0.1)
    case.canal(name["upper"], name["second"], 1.0)
    case.town(name["one"], name["works"], 4.0, name["lower"], 0.7, lag=2)
    case.town(name["two"], name["head"], 2.0)
    case.factory("factory", name["lower"], 1.5)
    case.fields("fields", name["upper"], 3.0, name["lower"], 0.2)
    plant = {"reservoir": name["lake"], "downstream": name["lower"], "bus": "bus", "power_max_mw": 8.0, "net_head_m": 20.0}
    plant |= {"tailwater_level_m": 3.0, "tailwater_curve_flow_m3_per_s": (0, 50), "tailwater_curve_level_m": (3, 6)}
    plant |= {"efficiency_fraction": 0.8, "variable_cost_yuan_per_mwh": 0.0}
    case.assets.append(HydroPlant.model_validate({"id": "plant", **plant}))
    if traces > 1:
        key = (f"{name['lake']}_hills", "inflow_m3_per_s")
        case.series[key] = case.series[key] * np.linspace(0.3, 1.0, traces)[:, None]
    return case


@few
@given(inflow=flows, more=st.floats(0.0, 20.0))
def test_more_storage_never_lowers_supply(network, inflow: list[float], more: float) -> None:
    def supplied(size: float) -> float:
        case = network(12)
        case.river("below")
        case.lake("lake", "below", size, 0.0, inflow)
        case.town("town", "lake", 5.0)
        return float(case.run().delivered_hm3("town").sum())

    assert supplied(5.0 + more) >= supplied(5.0) - ROUNDING


def test_licence_runs_from_its_date(network) -> None:
    """pywr's annual licence: 200 a year at 10 a day, served on 20 days, 5 left on the next, and again from the next date."""
    case = network(370)
    case.river("river", 100.0)
    case.supply("head")
    case.canal("river", "head", quota_start=("01-01",), quota_hm3=(205.0,))
    case.town("town", "head", 10.0)
    got = case.run().delivered_hm3("town")[:, 0]
    assert got[[0, 19, 20, 21, 364, 365, 369]] == pytest.approx([10, 10, 5, 0, 0, 10, 10])


def test_a_control_section_keeps_its_flow(network) -> None:
    case = network(2)
    case.river("upper", [10.0, 3.0])
    case.river("lower")
    case.section("upper", "lower", 4.0)
    case.fields("fields", "upper", 8.0)
    run = case.run()
    assert run.delivered_hm3("fields")[:, 0] == pytest.approx([6.0, 0.0])
    assert run.delivered_hm3("section")[:, 0] == pytest.approx([4.0, 3.0])
