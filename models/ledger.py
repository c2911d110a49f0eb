"""The ledger: balances are written into, not written out.

A kind of asset never writes a bus equation. It *enters* what it gives or takes, as a rate, into a balance by name; when all
have entered, the ledger closes one row per balance and step. What is summed over the whole horizon (cost, CO2, water
allocated) is an account; the account of cost is the objective. Reports take their columns from the same entries, so a table
cannot disagree with a constraint.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pyomo.environ as pyo

from yuqian.models.clock import Rhythm, Steps
from yuqian.models.reserve_product import Product
from yuqian.models.units import HM3_PER_M3_PER_S_HOUR


class Sense(enum.Enum):
    """What a balance asks of the sum of its entries."""

    EQUAL = "=="
    AT_LEAST = ">="


class Flow(enum.Enum):
    """The quantities that balances and accounts are kept in: name of the rate, and of its total over time."""

    POWER = ("mw", "mwh", 1.0)
    WATER = ("m3_per_s", "hm3", HM3_PER_M3_PER_S_HOUR)
    COAL = ("t_per_h", "t", 1.0)
    MONEY = ("yuan_per_h", "yuan", 1.0)

    def __init__(self, rate: str, total: str, total_per_rate_hour: float) -> None:
        self.rate = rate
        self.total = total
        self.total_per_rate_hour = total_per_rate_hour

    @classmethod
    def of_rate(cls, rate: str) -> Flow:
        """The flow whose rate is named ``rate``; ValueError lists the known ones."""
        for flow in cls:
            if flow.rate == rate:
                return flow
        raise ValueError(f"'{rate}' is no rate of a flow; known: {', '.join(flow.rate for flow in cls)}")


class Account(enum.Enum):
    """What is summed over the whole horizon."""

    COST = "cost"
    CO2 = "co2"
    ALLOCATION = "allocation"
    """Water handed to users, gross: at the works' outlet, the canal head or the plant's intake, each drop once."""
    SHORTAGE = "shortage"
    """Water that users, rivers and plants asked for and did not get; the label is the class of user."""

    @property
    def flow(self) -> Flow:
        return {Account.COST: Flow.MONEY, Account.CO2: Flow.COAL, Account.ALLOCATION: Flow.WATER, Account.SHORTAGE: Flow.WATER}[
            self
        ]


@dataclass(frozen=True)
class Published:
    """Something that an asset lets others read in their rules: a stock, a shortage.

    Attributes:
        owner: who published it.
        terms: by name (ending in its unit), anything indexed by step, or a function of the step.
    """

    owner: str
    terms: Mapping[str, Callable[[Any], Any]]


class LedgerError(ValueError):
    """An entry that no balance can take; the message names balance, owner and what to do."""


@dataclass(frozen=True)
class Entry:
    """One line of the ledger: ``sign * terms(step)`` given to (+) or taken from (-) a balance or account by an owner."""

    owner: str
    label: str
    flow: Flow
    sign: float
    rhythm: Rhythm
    terms: Callable[[Any], Any]


@dataclass
class Balance:
    """One row per step: the sum of the entries equals zero, or is at least zero.

    Attributes:
        name: id of the asset that opened it, with a suffix for a requirement.
        flow: what is balanced; entries in another rate are refused.
        rhythm: the steps that rows are made for; entries of the other rhythm are averaged over, or spread into, them.
    """

    name: str
    flow: Flow
    rhythm: Rhythm
    sense: Sense
    entries: list[Entry] = field(default_factory=list)

    @property
    def intake(self) -> list[Entry]:
        """What others give to it."""
        return [entry for entry in self.entries if entry.sign > 0.0 and entry.owner != self.name]


@dataclass(frozen=True)
class _IntakeLimit:
    balance: str
    block: pyo.Block
    name: str
    most: float


@dataclass(frozen=True)
class Failure:
    """A single event that takes power away: a unit or a pole trips.

    Attributes:
        owner: id of the asset that fails.
        label: what fails of it, unique within the asset.
        lost_mw: power that is gone, as a function of the power step.
        is_whole_asset: whether all that the asset holds in reserve is gone with it.
    """

    owner: str
    label: str
    lost_mw: Callable[[Any], Any]
    is_whole_asset: bool


class Exposure(enum.Enum):
    """What makes the need of reserve grow."""

    LOAD = "load"
    VARIABLE = "wind and sun available"


class Ledger:
    """All balances and accounts of one model.

    Args:
        products: what each reserve requirement asks for, by its id.

    Attributes:
        failures: what may fail, in the order of entry.
        exposures: load, and what wind and sun have available, by owner: functions of the power step, MW.
    """

    def __init__(self, model: pyo.ConcreteModel, steps: Steps, products: Mapping[str, Product] | None = None) -> None:
        self._model = model
        self._steps = steps
        self._products = products or {}
        self.failures: list[Failure] = []
        self.exposures: dict[Exposure, list[tuple[str, Callable[[Any], Any]]]] = {what: [] for what in Exposure}
        self.balances: dict[str, Balance] = {}
        self.accounts: dict[Account, list[Entry]] = {account: [] for account in Account}
        self.published: dict[str, list[Published]] = {}
        self._waiting: list[tuple[str, Entry, Rhythm | None]] = []
        self._intake_limits: list[_IntakeLimit] = []
        self._ends: list[Callable[[], Any]] = []

    def open(self, name: str, rate: str, rhythm: Rhythm, sense: Sense = Sense.EQUAL) -> None:
        """Open a balance in a rate ("mw", "m3_per_s", "t_per_h"); each name once."""
        if name in self.balances:
            raise LedgerError(f"balance '{name}' is opened twice")
        self.balances[name] = Balance(name, Flow.of_rate(rate), rhythm, sense)

    def enter(
        self, balance: str, owner: str, label: str, *, sign: float = 1.0, rhythm: Rhythm | None = None, **rate: Any
    ) -> None:
        """Give to (``sign=1``) or take from (``sign=-1``) a balance.

        Args:
            balance: name it was, or will be, opened under.
            owner: id of the asset that enters.
            label: what it is, for reports: "generation", "spill", ...
            rhythm: the steps that the terms are indexed by; the balance's own when left out.
            rate: exactly one of ``mw=``, ``m3_per_s=``, ``t_per_h=``: anything indexed by step (Var, Param), or a
                function of the step.

        Raises:
            LedgerError: for no or several rates; a wrong rate or an unknown balance is refused by :meth:`close`.
        """
        self._waiting.append((balance, _entry(owner, label, sign, rhythm or Rhythm.POWER, rate), rhythm))

    def may_fail(self, owner: str, label: str, lost_mw: Callable[[Any], Any], *, is_whole_asset: bool) -> None:
        """State what power would be gone if something of the owner failed; reserve for contingencies covers each such event."""
        self.failures.append(Failure(owner, label, lost_mw, is_whole_asset))

    def expose(self, what: Exposure, owner: str, mw: Callable[[Any], Any]) -> None:
        """State load, or what wind and sun have available, by power step: reserve may be sized by it. Numbers, no decisions."""
        self.exposures[what].append((owner, mw))

    @property
    def covers_failures(self) -> bool:
        """Whether any reserve requirement is sized by single failures."""
        return any(product.covers_failures for product in self._products.values())

    def entered(self, balance: str, owner: str) -> tuple[Entry, ...]:
        """What an owner has entered into a balance so far."""
        return tuple(entry for name, entry, _ in self._waiting if name == balance and entry.owner == owner)

    def product(self, requirement: str) -> Product:
        """What a reserve requirement asks for; plain spinning reserve where it says nothing."""
        return self._products.get(requirement, Product())

    def limit_intake(self, balance: str, m: pyo.Block, name: str, most: float) -> None:
        """Limit what other assets give to a balance, together, in each of its steps.

        Args:
            m: block of the asset that opens the balance; the rows go there, by ``name``.
            most: in the rate of the balance.
        """
        self._intake_limits.append(_IntakeLimit(balance, m, name, most))

    def account(self, account: Account, owner: str, label: str, *, rhythm: Rhythm, sign: float = 1.0, **rate: Any) -> None:
        """Add to an account: a rate (``yuan_per_h=``, ``t_per_h=``, ``m3_per_s=``) that is summed over all its steps."""
        entry = _entry(owner, label, sign, rhythm, rate)
        if entry.flow is not account.flow:
            raise LedgerError(
                f"{owner} enters {entry.flow.rate} into the account '{account.value}', which is kept in {account.flow.rate}"
            )
        self.accounts[account].append(entry)

    def cost(self, owner: str, label: str, *, rhythm: Rhythm, yuan_per_h: Any) -> None:
        """Add to the cost that the optimum minimises."""
        self.account(Account.COST, owner, label, rhythm=rhythm, yuan_per_h=yuan_per_h)

    def value_end(self, yuan: Callable[[], Any]) -> None:
        """Add to the objective what the state at the end costs (or, negative, is worth): yuan, in no account."""
        self._ends.append(yuan)

    def publish(self, topic: str, owner: str, **terms: Any) -> None:
        """Let others read something of ``owner``: by :attr:`published`, once every asset has contributed.

        Args:
            topic: what it is looked up by: the id of an asset, or what several assets publish of their own ("shortage.town").
            terms: by name, anything indexed by step (Var, Param), or a function of the step.
        """
        callables = {name: _callable(term) for name, term in terms.items()}
        self.published.setdefault(topic, []).append(Published(owner, callables))

    def close(self) -> None:
        """Sort the entries into their balances and declare one constraint per balance, and the objective.

        Raises:
            LedgerError: naming every entry into a balance that nobody opened or that is kept in another rate.
        """
        self._sort()
        self._model.balance = pyo.Block()
        for balance in self.balances.values():
            if balance.entries:
                component = pyo.Constraint(self._steps.of(balance.rhythm), rule=self._row(balance))
                self._model.balance.add_component(balance.name.replace(".", "__"), component)
        for limit in self._intake_limits:
            balance = self.balances[limit.balance]
            if balance.intake:
                over = self._steps.of(balance.rhythm)
                limit.block.add_component(limit.name, pyo.Constraint(over, rule=self._intake_row(balance, limit.most)))
        costs = self.accounts[Account.COST]

        def total_cost_yuan(_: Any) -> Any:
            by_step = sum(sum(self.amount(entry, step) for step in self._steps.of(entry.rhythm)) for entry in costs)
            return by_step + sum(yuan() for yuan in self._ends) if self._ends else by_step

        self._model.total_cost_yuan = pyo.Objective(rule=total_cost_yuan if costs or self._ends else 0.0)

    def amount(self, entry: Entry, step: Any) -> Any:
        """What an entry adds to its account in a step: rate times length of the step, in the flow's total unit."""
        return (entry.sign * entry.flow.total_per_rate_hour) * self._steps.length_h(entry.rhythm, step) * entry.terms(step)

    def rate(self, balance: Balance, entry: Entry, step: Any) -> Any:
        """What an entry gives to its balance in one step *of the balance*, in the flow's rate."""
        if entry.rhythm is balance.rhythm:
            value = entry.terms(step)
        elif balance.rhythm is Rhythm.POWER:
            value = entry.terms(self._steps.day_of_hour[step])
        else:
            inside = self._steps.hours_per_day
            value = sum(entry.terms(inside * step + k) for k in range(inside)) / inside
        return value if entry.sign == 1.0 else entry.sign * value

    def _sort(self) -> None:
        wrong = []
        for name, entry, rhythm in self._waiting:
            balance = self.balances.get(name)
            if balance is None:
                wrong.append(f"{entry.owner} enters '{entry.label}' into '{name}', which nobody opened")
            elif entry.flow is not balance.flow:
                wrong.append(f"{entry.owner} enters {entry.flow.rate} into '{name}', which is kept in {balance.flow.rate}")
            else:
                balance.entries.append(replace(entry, rhythm=rhythm or balance.rhythm))
        self._waiting.clear()
        if wrong:
            raise LedgerError("; ".join(wrong))

    def _intake_row(self, balance: Balance, most: float) -> Callable[[Any, Any], Any]:
        return lambda _, step: sum(self.rate(balance, entry, step) for entry in balance.intake) <= most

    def _row(self, balance: Balance) -> Callable[[Any, Any], Any]:
        def row(_: Any, step: Any) -> Any:
            total = sum(self.rate(balance, entry, step) for entry in balance.entries)
            return total == 0.0 if balance.sense is Sense.EQUAL else total >= 0.0

        return row


def _entry(owner: str, label: str, sign: float, rhythm: Rhythm, rate: dict[str, Any]) -> Entry:
    if len(rate) != 1:
        raise LedgerError(f"{owner} must enter '{label}' in exactly one rate, got {sorted(rate) or 'none'}")
    ((name, terms),) = rate.items()
    try:
        flow = Flow.of_rate(name)
    except ValueError as error:
        raise LedgerError(f"{owner}, '{label}': {error}") from None
    return Entry(owner, label, flow, sign, rhythm, _callable(terms))


def _callable(terms: Any) -> Callable[[Any], Any]:
    found: Callable[[Any], Any] = terms if callable(terms) and not hasattr(terms, "index_set") else terms.__getitem__
    return found
