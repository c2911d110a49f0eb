"""The ledger: who may enter what, how entries of the other rhythm count, and what accounts add up to."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyomo.environ as pyo
import pytest

from yuqian.models.clock import Clock, Rhythm, Steps, Timeline
from yuqian.models.ledger import Account, Flow, Ledger, LedgerError, Sense
from yuqian.models.units import unit_of

TWO_DAYS = Clock.of_days(dt.date(2030, 1, 1), 2)


def opened(clock: Clock = TWO_DAYS) -> tuple[pyo.ConcreteModel, Ledger, Steps]:
    """A ledger with one bus and one river."""
    model = pyo.ConcreteModel()
    steps = Steps(model, clock)
    ledger = Ledger(model, steps)
    ledger.open("bus", "mw", Rhythm.POWER)
    ledger.open("river", "m3_per_s", Rhythm.WATER)
    model.power_mw = pyo.Var(steps.hours, initialize=lambda m, t: float(t))
    model.flow_m3_per_s = pyo.Var(steps.days, initialize=lambda m, d: 10.0 * (d + 1))
    return model, ledger, steps


def test_a_wrong_unit_is_refused_by_name() -> None:
    model, ledger, _ = opened()
    ledger.enter("bus", "pump", "lift", m3_per_s=model.flow_m3_per_s)
    with pytest.raises(LedgerError, match="pump enters m3_per_s into 'bus', which is kept in mw"):
        ledger.close()


def test_a_dangling_balance_is_refused_by_name() -> None:
    model, ledger, _ = opened()
    ledger.enter("buss", "plant", "generation", mw=model.power_mw)
    with pytest.raises(LedgerError, match="plant enters 'generation' into 'buss', which nobody opened"):
        ledger.close()


def test_all_wrong_entries_are_named_at_once() -> None:
    model, ledger, _ = opened()
    ledger.enter("bus", "pump", "lift", m3_per_s=model.flow_m3_per_s)
    ledger.enter("buss", "plant", "generation", mw=model.power_mw)
    with pytest.raises(LedgerError) as caught:
        ledger.close()
    assert "pump" in str(caught.value)
    assert "plant" in str(caught.value)


def test_opening_twice_is_refused() -> None:
    _, ledger, _ = opened()
    with pytest.raises(LedgerError, match="balance 'bus' is opened twice"):
        ledger.open("bus", "mw", Rhythm.POWER)


def test_opening_in_no_rate_of_a_flow_is_refused() -> None:
    _, ledger, _ = opened()
    with pytest.raises(ValueError, match="'mwh' is no rate of a flow; known: mw, m3_per_s"):
        ledger.open("other", "mwh", Rhythm.POWER)


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        ({}, "exactly one rate, got none"),
        ({"mw": 0, "t_per_h": 0}, r"exactly one rate, got \['mw', 't_per_h'\]"),
        ({"kw": 0}, "plant, 'generation': 'kw' is no rate of a flow"),
    ],
)
def test_an_entry_has_exactly_one_known_rate(rates: dict[str, int], message: str) -> None:
    model, ledger, _ = opened()
    with pytest.raises(LedgerError, match=message):
        ledger.enter("bus", "plant", "generation", **dict.fromkeys(rates, model.power_mw))


def test_an_account_is_kept_in_one_rate() -> None:
    model, ledger, _ = opened()
    with pytest.raises(LedgerError, match="plant enters mw into the account 'cost', which is kept in yuan_per_h"):
        ledger.account(Account.COST, "plant", "fuel", rhythm=Rhythm.POWER, mw=model.power_mw)


def test_entries_may_come_before_the_balance_is_opened() -> None:
    model, ledger, _ = opened()
    ledger.enter("later", "plant", "generation", mw=model.power_mw)
    ledger.open("later", "mw", Rhythm.POWER)
    ledger.close()
    assert len(model.balance.later) == 48


def test_a_finer_entry_counts_with_its_mean() -> None:
    model, ledger, _ = opened()
    ledger.enter("river", "plant", "cooling", sign=-1, rhythm=Rhythm.POWER, m3_per_s=model.power_mw)
    ledger.close()
    assert len(model.balance.river) == 2
    assert pyo.value(model.balance.river[0].body) == pytest.approx(-np.arange(24).mean())
    assert pyo.value(model.balance.river[1].body) == pytest.approx(-np.arange(24, 48).mean())


def test_a_coarser_entry_is_spread_evenly() -> None:
    model, ledger, _ = opened()
    ledger.enter("bus", "works", "treatment", sign=-1, rhythm=Rhythm.WATER, mw=model.flow_m3_per_s)
    ledger.close()
    assert len(model.balance.bus) == 48
    assert [pyo.value(model.balance.bus[t].body) for t in (0, 23, 24, 47)] == [-10.0, -10.0, -20.0, -20.0]


def test_a_balance_adds_up_with_signs_and_a_requirement_is_one_sided() -> None:
    model, ledger, _ = opened()
    ledger.open("bus.reserve", "mw", Rhythm.POWER, Sense.AT_LEAST)
    for balance in ("bus", "bus.reserve"):
        ledger.enter(balance, "plant", "generation", mw=model.power_mw)
        ledger.enter(balance, "load", "demand", sign=-1, mw=lambda t: 3.0)
    ledger.close()
    row, requirement = model.balance.bus[5], model.balance.bus__reserve[5]
    assert pyo.value(row.body) - pyo.value(row.upper) == pytest.approx(2.0)
    assert row.equality
    assert not requirement.equality
    assert pyo.value(requirement.slack()) == pytest.approx(2.0)


def test_a_balance_that_nobody_entered_has_no_row() -> None:
    model, ledger, _ = opened()
    ledger.close()
    assert list(model.balance.component_objects(pyo.Constraint)) == []
    assert pyo.value(model.total_cost_yuan) == 0.0


def test_totals_of_accounts() -> None:
    model, ledger, steps = opened()
    ledger.cost("plant", "fuel", rhythm=Rhythm.POWER, yuan_per_h=lambda t: 2.0 * model.power_mw[t])
    ledger.cost("works", "operation", rhythm=Rhythm.WATER, yuan_per_h=model.flow_m3_per_s)
    ledger.account(Account.ALLOCATION, "town", "town", rhythm=Rhythm.WATER, m3_per_s=model.flow_m3_per_s)
    ledger.account(Account.CO2, "plant", "combustion", rhythm=Rhythm.POWER, sign=-1, t_per_h=model.power_mw)
    ledger.close()
    assert pyo.value(model.total_cost_yuan) == pytest.approx(2.0 * sum(range(48)) + 24 * 10 + 24 * 20)

    def total(account: Account) -> float:
        entries = ledger.accounts[account]
        return sum(pyo.value(ledger.amount(entry, t)) for entry in entries for t in steps.of(entry.rhythm))

    assert total(Account.ALLOCATION) == pytest.approx((10 + 20) * 86_400 / 1e6)
    assert total(Account.CO2) == pytest.approx(-sum(range(48)))


def test_totals_over_uneven_water_steps() -> None:
    """Periods of 8, 10 and 11 days: a rate counts for as long as its step is."""
    start, lengths = dt.datetime(2030, 2, 21), np.array([8.0, 10.0, 11.0]) * 24.0
    clock = Clock(Timeline(Rhythm.POWER, start, np.repeat(lengths / 24.0, 24)), Timeline(Rhythm.WATER, start, lengths))
    model, ledger, _ = opened(clock)
    ledger.cost("works", "operation", rhythm=Rhythm.WATER, yuan_per_h=model.flow_m3_per_s)
    ledger.cost("plant", "fuel", rhythm=Rhythm.POWER, yuan_per_h=lambda t: 1.0 + 0.0 * model.power_mw[t])
    ledger.enter("river", "plant", "cooling", rhythm=Rhythm.POWER, m3_per_s=model.power_mw)
    ledger.close()
    assert pyo.value(model.total_cost_yuan) == pytest.approx(24 * (8 * 10 + 10 * 20 + 11 * 30) + 24 * 29)
    assert pyo.value(model.balance.river[2].body) == pytest.approx(np.arange(48, 72).mean())


@pytest.mark.parametrize("flow", list(Flow))
def test_rates_and_totals_have_units(flow: Flow) -> None:
    assert Flow.of_rate(flow.rate) is flow
    assert unit_of(flow.rate)
    assert unit_of(flow.total)
    assert flow.total_per_rate_hour > 0
