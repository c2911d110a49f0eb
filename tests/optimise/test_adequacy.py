"""Adequacy against answers by hand, and its three engines against each other."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuqian.models.adequacy import Machines
from yuqian.models.battery import Battery
from yuqian.models.clock import Clock, Floats, Rhythm
from yuqian.models.kind import Kind
from yuqian.models.load_profile import LoadProfile
from yuqian.models.renewable_profile import RenewableProfile
from yuqian.models.thermal_unit import ThermalUnit
from yuqian.optimise.adequacy_case import AdequacyError, AdequacyOptions, Case, Members, SampledStore
from yuqian.optimise.adequacy_indices import Estimate, Indices, MemberResults
from yuqian.optimise.adequacy_program import foreseen_mwh, programmed_mwh
from yuqian.optimise.capacity_credit import Measure, Risk, credit, largest_export
from yuqian.optimise.capacity_table import CapacityTable, convolved
from yuqian.optimise.maintenance import levelled
from yuqian.optimise.outages import machine_up, machines_up
from yuqian.optimise.storage_dispatch import serve
from yuqian.timeseries.series import Series, series_of

JANUARY = dt.date(2030, 1, 1)


def unit(name: str, count: int, power_mw: float, forced: float, repair_h: float | None = 40.0, **fields: Any) -> ThermalUnit:
    return ThermalUnit(
        id=name, bus="bus", unit_count=count, power_min_mw=0.0, power_max_mw=power_mw, ramp_up_mw_per_h=power_mw,
        ramp_down_mw_per_h=power_mw, ramp_startup_mw=power_mw, ramp_shutdown_mw=power_mw, time_up_minimum_h=1.0,
        time_down_minimum_h=1.0, curve_power_mw=(0.0, power_mw), curve_cost_yuan_per_h=(0.0, 100.0 * power_mw),
        outage_forced_fraction=forced, repair_mean_h=repair_h, **fields,
    )  # fmt: skip


def battery(name: str, power_mw: float, energy_mwh: float, efficiency: float = 1.0) -> Battery:
    return Battery(
        id=name, bus="bus", power_max_mw=power_mw, energy_max_mwh=energy_mwh, soc_min_fraction=0.0, soc_max_fraction=1.0,
        efficiency_charge_fraction=efficiency, efficiency_discharge_fraction=1.0, cycles_max_per_day=10.0,
        variable_cost_yuan_per_mwh=0.0,
    )  # fmt: skip


def demand(clock: Clock, values: Mapping[str, Any], name: str = "demand_mw") -> Series:
    """Series by asset: one number, (steps,) or (members, steps)."""
    steps = clock.power.count
    arrays = {asset: np.asarray(value, dtype=float) for asset, value in values.items()}
    members = max((len(array) for array in arrays.values() if array.ndim == 2), default=1)
    wide = {(asset, name): np.broadcast_to(array, (members, steps)).copy() for asset, array in arrays.items()}
    if members == 1:
        wide = {key: array[0] for key, array in wide.items()}
    stamps = {rhythm: clock.timeline(rhythm).stamps for rhythm in Rhythm}
    labels = tuple(range(members)) if members > 1 else None
    return series_of(wide, {name: Rhythm.POWER}, stamps, {name: "by hand"}, {}, labels)


def case(load: Any, *plants: Kind, days: int = 365, **options: Any) -> Case:
    clock = Clock.of_days(JANUARY, days)
    series = demand(clock, {"load": load})
    return Case((LoadProfile(id="load", bus="bus"), *plants), clock, AdequacyOptions(**options), series)


# ---- capacity tables


@pytest.mark.parametrize(("count", "forced", "needed"), [(10, 0.05, 9), (5, 0.02, 4), (20, 0.1, 16)])
def test_lole_of_identical_units_is_binomial(count: int, forced: float, needed: int) -> None:
    found = convolved(case(needed * 50.0, unit("units", count, 50.0, forced, None)), 1)
    chance = sum(math.comb(count, k) * (1 - forced) ** k * forced ** (count - k) for k in range(needed))
    assert found.lole_h[0] == pytest.approx(8760 * chance, rel=1e-12)
    short = sum(
        (needed - k) * 50.0 * math.comb(count, k) * (1 - forced) ** k * forced ** (count - k) for k in range(needed)
    )  # fmt: skip
    assert found.eens_mwh[0] == pytest.approx(8760 * short, rel=1e-12)


def test_two_units_and_three_levels_of_load_by_hand() -> None:
    """3 x 25 MW at 2 % and one of 50 MW at 2 %, as in the first tables of the textbooks.

    At 25 MW and 2 %: three units up .941192, two .057624, one .001176, none .000008.
    """
    units = (unit("small", 3, 25.0, 0.02, None), unit("large", 1, 50.0, 0.02, None))
    table = CapacityTable.of((u.unit_count, u.power_max_mw, u.outage_forced_fraction) for u in units)
    assert table.capacity_mw == pytest.approx([0, 25, 50, 75, 100, 125])
    by_hand = [
        0.000008 * 0.02, 0.001176 * 0.02, 0.057624 * 0.02 + 0.000008 * 0.98,
        0.941192 * 0.02 + 0.001176 * 0.98, 0.057624 * 0.98, 0.941192 * 0.98,
    ]  # fmt: skip
    assert table.probability == pytest.approx(by_hand, rel=1e-12)
    load = np.repeat([60.0, 90.0, 110.0], 8)
    found = convolved(case(load, *units, days=1), 1)
    under_60, under_90, under_110 = sum(by_hand[:3]), sum(by_hand[:4]), sum(by_hand[:5])
    assert found.lole_h[0] == pytest.approx(8 * (under_60 + under_90 + under_110), rel=1e-12)
    capacity = np.array([0, 25, 50, 75, 100, 125])
    short = sum(8 * np.maximum(level - capacity, 0.0) @ np.array(by_hand) for level in (60.0, 90.0, 110.0))
    assert found.eens_mwh[0] == pytest.approx(short, rel=1e-12)


def test_a_load_of_just_the_capacity_is_served() -> None:
    assert convolved(case(150.0, unit("units", 3, 50.0, 0.0, None), days=1), 1).lole_h[0] == 0.0


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(1, 3), st.sampled_from([30.0, 45.5, 80.0]), st.floats(0.01, 0.3)), min_size=1, max_size=3),
    st.floats(50.0, 300.0),
)
def test_tables_equal_all_states_one_by_one(groups: list[tuple[int, float, float]], load: float) -> None:
    table = CapacityTable.of(groups)
    states = [(0.0, 1.0)]
    for count, power, forced in groups:
        for _ in range(count):
            states = [(c + p, w * q) for c, w in states for p, q in ((power, 1 - forced), (0.0, forced))]
    assert table.below(np.array([load]))[0] == pytest.approx(sum(w for c, w in states if c < load - 1e-6), abs=1e-12)
    short = sum(w * max(load - c, 0.0) for c, w in states)
    assert table.shortfall_mw(np.array([load]))[0] == pytest.approx(short, abs=1e-9)


def test_power_that_moves_by_the_hour_is_convolved_too() -> None:
    """Two groups whose power moves apart, and one that stands still, against all states one by one."""
    from yuqian.models.adequacy import Adequacy

    shares = {"a": np.linspace(0.5, 1.0, 24), "b": np.linspace(1.0, 0.7, 24)}
    clock = Clock.of_days(JANUARY, 1)

    class Moving(ThermalUnit):
        def adequacy(self, series: Mapping[str, Floats], clock: Clock) -> Adequacy:
            return Adequacy(machines=(Machines(self.unit_count, self.power_max_mw, self.outage_forced_fraction, None, 0.0,
                                               shares.get(self.id, 1.0)),))  # fmt: skip

    plants = [Moving(**unit(name, 2, mw, 0.1, None).model_dump()) for name, mw in (("a", 40.0), ("b", 30.0), ("c", 50.0))]
    load = np.linspace(120.0, 200.0, 24)
    assets = (LoadProfile(id="load", bus="bus"), *plants)
    found = convolved(Case(assets, clock, AdequacyOptions(), demand(clock, {"load": load})), 1)
    lole = short = 0.0
    for t in range(24):
        for states in np.ndindex(3, 3, 3):
            chance = math.prod(math.comb(2, k) * 0.9**k * 0.1 ** (2 - k) for k in states)
            mw = states[0] * 40 * shares["a"][t] + states[1] * 30 * shares["b"][t] + states[2] * 50
            lole += chance * (mw < load[t] - 1e-6)
            short += chance * max(load[t] - mw, 0.0)
    assert found.lole_h[0] == pytest.approx(lole, rel=1e-12)
    assert found.eens_mwh[0] == pytest.approx(short, rel=1e-12)


# ---- outages


def test_outages_have_the_rate_and_the_length_that_were_given() -> None:
    machines = Machines(1, 100.0, 0.08, 50.0)
    up = np.concatenate([machine_up(machines, (1, k), 7, 8760, 1.0) for k in range(150)])
    assert 1.0 - up.mean() == pytest.approx(0.08, rel=0.05)
    down = np.flatnonzero(np.diff(up.astype(int)) == 1).size
    # Seen once an hour, an outage lasts a little longer than its mean: those shorter than the hour are often not seen.
    assert (~up).sum() / down == pytest.approx(50.0, rel=0.06)


def test_another_machine_leaves_the_draws_of_the_others_alone() -> None:
    members = [(0, 0), (0, 1), (1, 0)]
    two, three = (machines_up(Machines(n, 10.0, 0.2, 20.0), "plant", 0, members, 5, 500, 1.0) for n in (2, 3))
    other = machines_up(Machines(1, 10.0, 0.2, 20.0), "other", 0, members, 5, 500, 1.0)
    assert np.all((three - two >= 0) & (three - two <= 1))
    assert np.any(three - two != other)
    longer = machines_up(Machines(2, 10.0, 0.2, 20.0), "plant", 0, members, 5, 900, 1.0)
    assert np.array_equal(longer[:, :500], two)


def test_sampling_agrees_with_convolution() -> None:
    plants = (unit("big", 2, 60.0, 0.06, 30.0), unit("small", 3, 25.0, 0.04, 20.0))
    load = 120.0 + 40.0 * np.sin(np.arange(8760) * 2 * np.pi / 24)
    some = case(load, *plants, draws=60)
    exact = convolved(some, 1)
    found = MemberResults.of(some.members(1), 24)
    error = found.lost_h.std(ddof=1) / np.sqrt(60)
    assert abs(found.lost_h.mean() - exact.lole_h[0]) < 3.5 * error
    error = found.unserved_mwh.std(ddof=1) / np.sqrt(60)
    assert abs(found.unserved_mwh.mean() - exact.eens_mwh[0]) < 3.5 * error


def test_outages_without_a_time_to_repair_are_refused_by_name() -> None:
    with pytest.raises(AdequacyError, match=r"'plant' has random outages and no time to repair"):
        case(10.0, unit("plant", 1, 20.0, 0.1, None), days=1).check()
    with pytest.raises(AdequacyError, match="'load' brings no imports"):
        case(10.0, unit("plant", 1, 20.0, 0.1), days=1, imports=frozenset({"load"})).check()


def test_a_machine_out_all_the_time() -> None:
    both = case(70.0, unit("plant", 2, 50.0, 0.0), days=1)
    one = case(70.0, unit("plant", 2, 50.0, 0.0), days=1, out={"plant": 1})
    assert serve(both.members(1)).unserved_mw.sum() == 0.0
    assert serve(one.members(1)).unserved_mw == pytest.approx(np.full((1, 24), 20.0))


def test_planned_outage_goes_where_the_peaks_are_low() -> None:
    clock = Clock.of_days(JANUARY, 10)
    peaks = np.array([9.0, 9.0, 5.0, 4.0, 5.0, 9.0, 9.0, 9.0, 3.0, 9.0])
    groups = {("plant", 0): Machines(2, 3.0, planned_fraction=0.2), ("tiny", 0): Machines(1, 1.0, planned_fraction=0.1)}
    service, out = levelled(groups, peaks, clock)
    assert out == pytest.approx([0, 0, 3, 6, 3, 0, 0, 0, 1, 0])
    assert service["plant", 0].shape == (2, 240)
    assert not service["plant", 0][:, 72:96].any()


def test_maintenance_by_date_takes_machines_away() -> None:
    """One of two units out for six hours, both for two: 20 and 70 MW short."""
    day = dt.datetime(2030, 1, 1)
    windows = {
        "maintenance_from": (day + dt.timedelta(hours=4), day + dt.timedelta(hours=20)),
        "maintenance_until": (day + dt.timedelta(hours=10), day + dt.timedelta(hours=22)),
        "maintenance_unit_count": (1, 2),
    }
    some = case(70.0, unit("plant", 2, 50.0, 0.0, **windows), days=1)
    assert serve(some.members(1)).unserved_mw[0] == pytest.approx([0] * 4 + [20] * 6 + [0] * 10 + [70] * 2 + [0] * 2)
    assert convolved(some, 1).eens_mwh[0] == pytest.approx(6 * 20 + 2 * 70)


# ---- stores


def members(margin: Any, *stores: SampledStore) -> Members:
    wide = np.atleast_2d(np.asarray(margin, dtype=float))
    return Members(np.arange(len(wide)), 1.0, wide, {}, stores)


def store(name: str, power_mw: float, charge_mw: float, energy_mwh: float, efficiency: float = 1.0) -> SampledStore:
    return SampledStore(name, power_mw, charge_mw, energy_mwh, efficiency, np.ones((1, 1)))


def test_a_store_of_four_hours_by_hand() -> None:
    """100 MW for 4 h against 6 h that are 80 MW short: 400 of 480 MWh; then 200 MW over, 75 % of which is stored."""
    margin = [50.0] * 2 + [-80.0] * 6 + [200.0] * 2 + [-120.0] * 3 + [10.0]
    found = serve(members(margin, store("store", 100.0, 100.0, 400.0, 0.75)))
    assert found.unserved_mw[0] == pytest.approx([0] * 7 + [80] + [0] * 2 + [20, 70, 120, 0])


def test_those_that_last_longest_give_first() -> None:
    """A short and a long store: used evenly the short one would be empty when both powers are needed."""
    margin = [-50.0, -50.0, -100.0]
    short, long = store("short", 50.0, 0.0, 50.0), store("long", 50.0, 0.0, 150.0)
    assert serve(members(margin, short, long)).unserved_mw.sum() == pytest.approx(0.0, abs=1e-9)


sizes = st.tuples(
    st.floats(5.0, 60.0), st.floats(0.0, 60.0), st.floats(5.0, 200.0), st.sampled_from([0.5, 0.75, 0.9, 1.0])
)  # fmt: skip
margins = st.lists(st.floats(-90.0, 60.0), min_size=24, max_size=24)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(sizes, margins)
def test_one_store_by_the_rule_is_the_optimum(size: tuple[float, float, float, float], margin: list[float]) -> None:
    some = members(margin, store("store", *size))
    served = serve(some)
    assert served.unserved_mw.sum() == pytest.approx(programmed_mwh(some)[0], rel=1e-6, abs=1e-5)
    assert not list(served.open_windows())


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(sizes, min_size=2, max_size=3), st.lists(st.floats(-120.0, 0.0), min_size=12, max_size=12))
def test_several_stores_without_recharge_by_the_rule_are_the_optimum(
    many: list[tuple[float, float, float, float]], margin: list[float]
) -> None:
    some = members([*margin, *[0.0] * 12], *(store(f"s{k}", size[0], 0.0, *size[2:]) for k, size in enumerate(many)))
    assert serve(some).unserved_mw.sum() == pytest.approx(programmed_mwh(some)[0], rel=1e-6, abs=1e-5)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.lists(sizes, min_size=2, max_size=3), margins, margins)
def test_windows_and_whole_years_have_the_same_optimum(
    many: list[tuple[float, float, float, float]], first: list[float], second: list[float]
) -> None:
    some = members([[*first, *[300.0] * 24, *second]], *(store(f"s{k}", *size) for k, size in enumerate(many)))
    served = serve(some)
    best = programmed_mwh(some)[0]
    assert foreseen_mwh(some, served)[0] == pytest.approx(best, rel=1e-6, abs=1e-4)
    assert served.least_mw.sum() - 1e-4 <= best <= served.unserved_mw.sum() + 1e-4


def test_stores_that_fail() -> None:
    """Of two machines one is down in the second hour: half the power, and the energy is still there."""
    up = np.array([[2.0, 1.0, 2.0, 2.0]])
    failing = SampledStore("store", 50.0, 50.0, 300.0, 0.8, up)
    found = serve(members([-100.0, -100.0, -100.0, -100.0], failing)).unserved_mw[0]
    assert found == pytest.approx([0, 50, 0, 50])


def test_processes_do_not_change_the_answer() -> None:
    some = members([[-30.0] * 12 + [20.0] * 12, [-50.0] * 24], store("a", 40.0, 10.0, 90.0, 0.8), store("b", 5.0, 5.0, 60.0))
    assert programmed_mwh(some, processes=2) == pytest.approx(programmed_mwh(some), abs=1e-9)


# ---- indices


def test_indices_by_hand() -> None:
    margin = np.full((2, 48), 10.0)
    margin[0, [3, 4, 5, 30]] = -20.0
    margin[1, 47] = -1.0
    found = MemberResults.of(members(margin), 24)
    indices = Indices.of(found, 48.0)
    assert found.lost_h.tolist() == [4, 1]
    assert found.lost_days.tolist() == [2, 1]
    assert found.events.tolist() == [2, 1]
    assert found.unserved_mwh == pytest.approx([80, 1])
    assert (indices.lole_h.mean, indices.lolp, indices.mean_duration_h) == pytest.approx((2.5, 2.5 / 48, 2.5 / 1.5))
    assert (indices.largest_mw, indices.longest_h) == (20.0, 3.0)


def test_intervals_are_taken_between_years() -> None:
    """Two years of two draws: means 1 and 4; t with one degree of freedom, 12.706."""
    found = Estimate.between_years(np.array([0.0, 2.0, 3.0, 5.0]), np.array([0, 0, 1, 1]))
    assert (found.mean, found.standard_error) == pytest.approx((2.5, 1.5))
    assert found.high == pytest.approx(2.5 + 12.7062 * 1.5, rel=1e-5)
    assert found.low == 0.0


# ---- firm power


def some_case(*more: Kind, **options: Any) -> Case:
    load = 170.0 + 50.0 * np.sin(np.arange(8760) * 2 * np.pi / 24) + 20.0 * np.sin(np.arange(8760) * 2 * np.pi / 8760)
    return case(load, unit("big", 3, 60.0, 0.05, 30.0), unit("small", 4, 25.0, 0.05, 20.0), *more, draws=8, **options)


def test_a_perfect_unit_is_worth_its_power() -> None:
    found = some_case(unit("perfect", 1, 20.0, 0.0)).members(1, keep={"perfect": "perfect", "big": "big"})
    for risk in Risk:
        for measure in Measure:
            assert credit(found, "it", ["perfect"], 20.0, risk, measure).credit.mw == pytest.approx(20.0, abs=0.1)
    less = credit(found, "big", ["big"], 20.0).credit.mw
    assert less is not None
    assert 60.0 < less < 180.0


def test_nothing_is_worth_nothing() -> None:
    idle = RenewableProfile(id="idle", bus="bus", rated_mw=10.0)
    clock = Clock.of_days(JANUARY, 365)
    load = demand(clock, {"load": 150.0 + 50.0 * np.sin(np.arange(8760))})
    nought = demand(clock, {"idle": 0.0}, "highest_mw").dataset
    both = Series(load.dataset.merge(nought).merge(demand(clock, {"idle": 0.0}, "lowest_mw").dataset))
    found = Case((LoadProfile(id="load", bus="bus"), unit("plant", 4, 55.0, 0.1, 20.0), idle), clock, AdequacyOptions(), both)
    assert credit(found.members(1, keep={"plant": "plant"}), "nothing", []).credit.mw == pytest.approx(0.0, abs=0.1)
    assert found.not_counted == ()


def test_a_credit_without_risk_is_refused() -> None:
    found = case(10.0, unit("plant", 2, 50.0, 0.0), days=1).members(1, keep={"plant": "plant"})
    assert credit(found, "nothing", []).credit.mw is None


def test_a_store_is_worth_less_than_its_power_and_more_than_nothing() -> None:
    found = some_case(battery("store", 40.0, 160.0, 0.8)).members(1)
    worth = credit(found, "store", ["store"], 30.0).credit.mw
    assert worth is not None
    assert 2.0 < worth < 40.0


def test_largest_export_by_hand() -> None:
    """100 MW against 60 MW, and 80 MW in three hours: with 3 h allowed the 80 do not count."""
    load = np.full(8760, 60.0)
    load[[100, 5000, 7000]] = 80.0
    found = case(load, unit("plant", 1, 100.0, 0.0)).members(1)
    assert largest_export(found, 3.0).mw == pytest.approx(40.0, abs=0.1)
    assert largest_export(found, 2.0).mw == pytest.approx(20.0, abs=0.1)
    with_store = case(load, unit("plant", 1, 100.0, 0.0), battery("store", 10.0, 10.0)).members(1)
    assert largest_export(with_store, 2.0).mw == pytest.approx(30.0, abs=0.1)
    short = case(load, unit("plant", 1, 50.0, 0.0)).members(1)
    assert largest_export(short, 3.0).mw is None


@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.integers(0, 1000), st.floats(1.0, 40.0), st.booleans())
def test_more_supply_never_leaves_more_unserved(seed: int, extra: float, is_store: bool) -> None:
    plants = (unit("plant", 4, 50.0, 0.1, 15.0), battery("first", 20.0, 60.0, 0.8))
    more = battery("second", extra, 3 * extra, 0.8) if is_store else unit("more", 1, extra, 0.2, 30.0)
    load = 160.0 + 40.0 * np.sin(np.arange(30 * 24) * 2 * np.pi / 24)
    before, after = (case(load, *found, days=30, seed=seed, draws=2).members(1) for found in (plants, (*plants, more)))
    without = foreseen_mwh(before, serve(before))
    assert np.all(foreseen_mwh(after, serve(after)) <= without + 1e-4)
