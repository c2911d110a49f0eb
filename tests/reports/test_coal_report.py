"""A late train in a small region: days of cover, energy lost and the value of a tonne, all by hand; and what a shortage is."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from yuqian.cli import main
from yuqian.optimise.compile import compile_model
from yuqian.optimise.prices import balance_prices
from yuqian.optimise.solve import solve
from yuqian.reports.coal import LateReport, late_report
from yuqian.reports.shortage import shortage
from yuqian.reports.stretch import StretchError, load_stretch, solved, stressed

POWER = """\
assets:
  - {id: main_bus, kind: bus, name: {en: Bus, zh: 母线}, status: operating, scope: district, evidence: {source: plan},
     voltage_kv: {value: 220, source: plan, confidence: plan}}
  - {id: hub, kind: coal_hub, name: {en: Hub, zh: 枢纽}, status: operating, scope: district, evidence: {source: plan}}
"""
T_PER_MWH, LOAD_MW, TRAIN_T, SHED, COVER_T = 0.4, 600.0, 3000.0, 5000.0, 1000.0
BURNT_T = 24 * LOAD_MW * T_PER_MWH


def entry(asset_id: str, kind: str, plain: dict[str, str], **numbers: object) -> str:
    """One asset of a YAML catalogue."""
    identity = f"  - id: {asset_id}\n    kind: {kind}\n    name: {{en: {asset_id}, zh: 甲}}\n    status: operating\n"
    rest = "".join(f"    {name}: {value}\n" for name, value in plain.items())
    facts = "".join(f"    {name}: {{value: {value}, source: plan, confidence: plan}}\n" for name, value in numbers.items())
    return f"{identity}    scope: district\n    evidence: {{source: plan}}\n{rest}{facts}"


def region() -> str:
    """A flat load of 600 MW on coal that comes by rail in two days and is burnt as it comes; the yard holds 1000 t."""
    return POWER + "".join(
        [
            entry(
                "rail", "coal_supply", {"coal_hub": "hub"}, train_t=TRAIN_T, trains_max_per_day=2, price_yuan_per_t=700,
                annual_max_t=1e7, lead_time_days=2, unloading_max_t_per_day=20000,
            ),
            entry("belt", "coal_transfer", {"coal_from": "hub", "coal_to": "yard"}, flow_max_t_per_day=20000,
                  cost_yuan_per_t=0),
            entry(
                "yard", "coal_yard", {}, stock_max_t=COVER_T, full_burn_t_per_day=COVER_T, days_of_cover_min=1,
                loss_fraction_per_year=0, cover_shortage_price_yuan_per_t=10, opening_stock_fraction=1,
            ),
            entry(
                "station", "coal_unit", {"bus": "main_bus", "coal_yard": "yard"}, unit_count=1, unit_power_max_mw=1000,
                power_min_fraction=0, must_run_fraction=0, ramp_fraction_per_h=1, coal_rate_net_gce_per_kwh=300,
                no_load_fraction=0, auxiliary_fraction=0, coal_heat_tce_per_t=0.75, co2_t_per_tce=2.6, water_m3_per_mwh=0,
                variable_cost_yuan_per_mwh=13, outage_fraction=0, hot_derate_fraction_per_c=0, hot_derate_above_c=33,
            ),
            entry(
                "works", "industrial_load", {"bus": "main_bus"}, production_t_per_year=8760,
                energy_kwh_per_t=LOAD_MW * 1000, shed_share_fraction="[0.5, 0.5]", shed_price_yuan_per_mwh=f"[{SHED}, 9000]",
            ),
        ]
    )  # fmt: skip


LATE = ("rail.late_due=[2030-01-11]", "rail.late_days=[3]", "rail.late_train_count=[1]")


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory, write_region: Callable[..., Path]) -> Path:
    return write_region(tmp_path_factory.mktemp("coal"), power=region(), water=None)


@pytest.fixture(scope="module")
def late(scenario: Path) -> LateReport:
    return late_report(load_stretch(scenario, None, 20, LATE), stressed(()))


def test_a_late_train_loses_the_energy_of_its_coal_less_what_the_yard_held(late: LateReport) -> None:
    """3000 t late, 1000 t in the yard, 0.4 t/MWh: 5000 MWh."""
    assert late.event_day == 10
    assert late.unserved_mwh == pytest.approx((0.0, (TRAIN_T - COVER_T) / T_PER_MWH), abs=1e-4)
    (yard,) = late.yards
    assert yard.cover_days[0] == pytest.approx(1.0, abs=1e-6)
    assert yard.cover_days[1].min() == pytest.approx(0.0, abs=1e-4)
    assert yard.cover_days[1][:10] == pytest.approx(1.0, abs=1e-6)
    assert yard.cover_days[1][-1] >= 1.0 - 1e-6
    assert yard.burnt_t == pytest.approx((20 * BURNT_T, 20 * BURNT_T - TRAIN_T + COVER_T), abs=1e-3)


def test_a_tonne_is_worth_what_its_energy_is_worth(late: LateReport) -> None:
    (yard,) = late.yards
    worth = (SHED - 13.0) / T_PER_MWH
    assert yard.value_yuan_per_t[1][10:13].max() == pytest.approx(worth, rel=1e-6)
    assert yard.heat_tce_per_t == 0.75
    data = late.as_data()["yards"]["yard"]
    assert max(data["value_yuan_per_tce"]["late"]) == pytest.approx(worth / 0.75, rel=1e-6)
    assert data["stock_tce"]["in_time"] == pytest.approx([0.75 * COVER_T] * 20, rel=1e-6)
    assert data["lowest_cover_days"] == pytest.approx({"in_time": 1.0, "late": 0.0}, abs=1e-4)


def test_the_value_of_a_tonne_is_the_change_of_cost_when_one_more_is_taken(scenario: Path) -> None:
    assembly = load_stretch(scenario, None, 20, LATE).assemble()
    program = compile_model(assembly.model)
    solution = solve(program)
    values = balance_prices(assembly, program, solution)["yard"].values
    rows = next(family for family in program.layout.rows if (family.owner, family.name) == ("balance", "yard"))
    hours = assembly.clock.water.hours
    for day in (2, 11, 15):
        costs = []
        for taken_t in (-5.0, 5.0):
            lower, upper = program.row_lower.copy(), program.row_upper.copy()
            for limit in (lower, upper):
                limit[rows.start + day] += taken_t / hours[day]
            costs.append(solve(dataclasses.replace(program, row_lower=lower, row_upper=upper)).objective_yuan)
        slopes = (solution.objective_yuan - costs[0]) / 5.0, (costs[1] - solution.objective_yuan) / 5.0
        assert slopes[0] - 1e-3 <= values[day] <= slopes[1] + 1e-3, day


def test_who_foresees_it_loses_no_more(scenario: Path, late: LateReport) -> None:
    foreseen = late_report(load_stretch(scenario, None, 20, LATE), stressed(()), is_foreseen=True)
    assert foreseen.cost_yuan[1] <= late.cost_yuan[1] + 1e-3
    assert foreseen.cost_yuan[0] == pytest.approx(late.cost_yuan[0])


def test_an_event_that_these_days_cannot_hold_is_refused(scenario: Path) -> None:
    for due in ("2030-01-02", "2030-02-01"):
        overrides = (f"rail.late_due=[{due}]", *LATE[1:])
        with pytest.raises(StretchError, match="must leave and be due"):
            late_report(load_stretch(scenario, None, 20, overrides), stressed(()))
    with pytest.raises(StretchError, match="do not lie in 2030"):
        load_stretch(scenario, dt.date(2030, 12, 20), 20)


def call(*words: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_verb_prints_the_same(scenario: Path) -> None:
    words = ("coal", scenario, "--days", "20", "--late-train", "rail:2030-01-11:3")
    data = json.loads(call(*words, "--json").stdout)
    assert data["energy_lost_mwh"] == pytest.approx(5000.0)
    assert data["event_day"] == "2030-01-11"
    text = call(*words).stdout
    assert "5,000.000 MWh lost" in text
    assert "yuan/tce" in text


def test_whole_trains_late(scenario: Path) -> None:
    """Six trains of 960 t a day; one that is late by three days leaves 40 t of the 1000 t in the yard, and nothing is lost."""
    whole = ("train_t=960", "trains_max_per_day=7", "commitment=integer", "waiting_cost_yuan_per_t=1")
    overrides = [word for field in whole for word in ("-o", f"rail.{field}")]
    words = ("coal", scenario, "--days", "16", "--late-train", "rail:2030-01-11:3", *overrides, "--json")
    data = json.loads(call(*words).stdout)
    assert data["energy_lost_mwh"] == pytest.approx(0.0, abs=1e-3)
    assert data["yards"]["yard"]["lowest_cover_days"]["late"] == pytest.approx(0.04, abs=1e-3)


def test_a_closed_corridor_by_the_verb(scenario: Path) -> None:
    """Closed for two days: 2 x 5760 t do not come, 1000 t are in the yard."""
    words = ("coal", scenario, "--days", "20", "--closed", "rail:2030-01-11:2030-01-13", "--json")
    data = json.loads(call(*words).stdout)
    assert data["energy_lost_mwh"] == pytest.approx((2 * BURNT_T - COVER_T) / T_PER_MWH, rel=1e-6)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--late-train", "rail:2030-01-11"), "is no late train"),
        (("--closed", "rail:2030-01-11"), "is no closure"),
        (("--late-train", "nobody:2030-01-11:3"), "nobody"),
        (("--from", "2031-01-01"), "do not lie in 2030"),
        (("--stress", "ice_age"), "summer_2022"),
    ],
)
def test_what_the_verb_refuses(scenario: Path, words: tuple[str, ...], said: str) -> None:
    result = call("coal", scenario, "--days", "20", *words)
    assert result.exit_code == 2
    assert said in result.output


def test_a_shortage_is_told_by_hours_and_by_what_was_cut_first(scenario: Path) -> None:
    """1200 MW are asked for; two trains a day make 15 000 MWh of 28 800."""
    study = load_stretch(scenario, None, 3, ("works.energy_kwh_per_t=1200000",))
    assembly = study.assemble()
    found = shortage(solved(assembly, compile_model(assembly.model)))
    assert found.energy_mwh == pytest.approx(3 * (28_800.0 - 2 * TRAIN_T / T_PER_MWH))
    assert found.energy_mwh == pytest.approx(sum(cut.energy_mwh for cut in found.cuts), rel=1e-6)
    assert found.cuts[0].price_yuan_per_mwh == pytest.approx(SHED)
    assert [(cut.owner, cut.tier) for cut in found.cuts] == [("works", 1)]
    assert found.hours == np.count_nonzero(found.shed_mw > 1e-3)


def test_the_verb_for_shortages_compares_with_an_asset_left_out(scenario: Path) -> None:
    words = ("shortage", scenario, "--days", "3", "--without", "station", "--json")
    data = json.loads(call(*words).stdout)
    assert data["with all"]["energy_not_served_mwh"] == pytest.approx(0.0, abs=1e-6)
    without = data["without station"]
    assert without["energy_not_served_mwh"] == pytest.approx(3 * 24 * LOAD_MW)
    assert [cut["price_yuan_per_mwh"] for cut in without["cuts_in_order"]] == pytest.approx([5000.0, 9000.0])
    assert without["hours_short"] == 72
    assert "1. works, tier 1" in call(*words[:-1]).stdout
