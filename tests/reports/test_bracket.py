"""Rules and perfect foresight over one trace: they begin alike, end alike, and are counted alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from yuqian.assets.region import Region
from yuqian.assets.scenario import load_region
from yuqian.models.ledger import Account
from yuqian.optimise.long_simulation import LongRun
from yuqian.optimise.simulate import Simulation
from yuqian.optimise.water_values import LearningPlan
from yuqian.reports.bracket import PERFECT, RULES, Bracket, ByRule, values_of_water, windows_of
from yuqian.reports.foresight import ForesightError, foresight_of
from yuqian.reports.long import LongResult, LongStudy, Supply
from yuqian.timeseries.long_series import LongPlan
from yuqian.timeseries.trace_series import DroughtYears

PRICES = {"town": 60.0, "industry": 15.0}
ECOLOGICAL_YUAN_PER_M3 = 5.0
# The hills bring some 500 hm3 a year: dry years are short, wet ones are not.
THIRSTY, DESPERATE = "factory.demand_hm3_per_year=420", "factory.demand_hm3_per_year=900"


def priced_yuan(supply: Supply, ecological_hm3: float) -> float:
    """Shortage at the prices of the region, which has one tier for each user."""
    short = (supply.demand_hm3 - supply.supplied_hm3).sum(axis=1)
    prices = np.array([PRICES[name] for name in supply.classes])
    return float(prices @ short + ECOLOGICAL_YUAN_PER_M3 * ecological_hm3) * 1e6


def ecological_short_hm3(simulation: Simulation) -> float:
    rows = [name for name in simulation.names.rows if name.endswith(".ecological")]
    assert rows
    return float(sum((simulation.demand_hm3(row) - simulation.delivered_hm3(row)).sum() for row in rows))


def ecological_priced_hm3(result: LongResult) -> float:
    lines = [line for line in result.ledger.accounts[Account.SHORTAGE] if line.label == "ecological"]
    return float(sum(line.values.sum() for line in lines if line.owner == "lake"))


@pytest.fixture(
    params=[(THIRSTY,), (THIRSTY, "lake.opening_storage_fraction=0.0"), (DESPERATE, "lake.opening_storage_fraction=1.0")]
)
def thirsty(tiny_scenario: Path, request: pytest.FixtureRequest) -> Region:
    return load_region(tiny_scenario, request.param)


@pytest.mark.parametrize("trace", [0, 3])
def test_perfect_foresight_has_no_more_priced_shortage_than_rules(thirsty: Region, trace: int) -> None:
    by_rule = ByRule.of(LongStudy.of(thirsty, LongPlan(years=3, trace=trace)))
    result = by_rule.study.run()
    rules = by_rule.supply(result.supply)
    cost_of_rules = priced_yuan(rules, ecological_short_hm3(by_rule.simulation))
    cost = priced_yuan(result.supply, ecological_priced_hm3(result))
    assert cost_of_rules > 0.0
    assert cost <= cost_of_rules * (1 + 1e-6)
    assert by_rule.closing_of(result) >= by_rule.closing_hm3 - 1e-6


def test_the_legs_of_a_bracket_lie_in_order(thirsty: Region) -> None:
    """One objective, one opening, the end valued alike: the rules cost most, perfect foresight least; all pass their audit."""
    study = LongStudy.of(thirsty, LongPlan(years=4))
    other = LongStudy.of(thirsty, LongPlan(years=6, trace=1))
    windows = windows_of(study)
    values = values_of_water(other, LearningPlan(rounds=3, visited=4, spread=8), windows)
    by_rule = ByRule.of(study)
    found = Bracket(by_rule, values)
    rules, rolling, perfect = found.rules(), found.rolling(), found.perfect()
    assert found.opening[[place.is_stored_water for place in found.windows.whole.places]] == pytest.approx(
        [by_rule.opening_hm3]
    )
    assert rules.closing_hm3 == pytest.approx(by_rule.closing_hm3, abs=1e-4)
    size = abs(perfect.bill.shortage) + abs(perfect.bill.trade)
    assert rules.bill.shortage > 0.0
    assert perfect.bill.total <= rolling.bill.total + 1e-6 * size
    assert perfect.bill.total <= rules.bill.total + 1e-6 * size
    assert rolling.bill.total <= rules.bill.total + 1e-6 * size


def test_the_bill_of_the_rules_is_their_shortage_at_its_prices(thirsty: Region) -> None:
    study = LongStudy.of(thirsty, LongPlan(years=3))
    by_rule = ByRule.of(study)
    values = values_of_water(study, LearningPlan(rounds=1, visited=2, spread=2))
    leg = Bracket(by_rule, values).rules()
    asked = priced_yuan(by_rule.supply(leg.supply), ecological_short_hm3(by_rule.simulation))
    assert leg.bill.shortage == pytest.approx(asked, rel=1e-3)


def test_foresight_is_counted_over_traces_and_counting_years(tiny_scenario: Path) -> None:
    region = load_region(tiny_scenario, [THIRSTY])
    found = foresight_of(region, LongRun(years=3, traces=2, by_day=False, year_start="05-01"), 2)
    assert list(found.columns) == [RULES, PERFECT]
    for low, high in zip(found.columns[RULES], found.columns[PERFECT], strict=True):
        # Three calendar years hold two that begin in May.
        assert (low.traces, low.years, high.years) == (2, 2, 2)
        assert low.demand_hm3_per_year == pytest.approx(high.demand_hm3_per_year)


def test_what_has_no_counterpart_is_refused(tiny_scenario: Path) -> None:
    region = load_region(tiny_scenario)
    with pytest.raises(ForesightError, match="drought"):
        foresight_of(region, LongRun(3, 2, drought=DroughtYears(1)), 1)
    with pytest.raises(ForesightError, match="1 to 2"):
        foresight_of(region, LongRun(3, 2), 3)
