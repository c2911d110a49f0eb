"""Values of the ledger's entries in an answer: what the columns of every report are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from yuqian.models.clock import Floats, Rhythm
from yuqian.models.ledger import Account, Balance, Entry, Flow
from yuqian.optimise.assemble import Assembly
from yuqian.optimise.program import Program


@dataclass(frozen=True)
class Line:
    """One entry with its numbers.

    Attributes:
        owner, label: who entered, and what.
        values: in a balance, the signed rate by step of the balance; in an account, the amount by step of the entry.
    """

    owner: str
    label: str
    values: Floats


@dataclass(frozen=True)
class BalanceSheet:
    """All entries of one balance in an answer; the values of an equality add up to nothing in every step."""

    name: str
    flow: Flow
    rhythm: Rhythm
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Books:
    """The whole ledger of an answer."""

    balances: Mapping[str, BalanceSheet]
    accounts: Mapping[Account, tuple[Line, ...]]

    def total(self, account: Account) -> float:
        """What an account sums up to, in the total unit of its flow."""
        return float(sum(line.values.sum() for line in self.accounts[account]))


def books(assembly: Assembly, program: Program, x: Floats) -> Books:
    """Evaluate every entry of the ledger at ``x``, shape (columns,)."""
    ledger, steps = assembly.ledger, assembly.steps

    def value(rhythm: Rhythm, rule: Callable[[Any], Any]) -> Floats:
        expression, placeholder = assembly.template(rhythm, rule)
        return program.values_of(expression, placeholder, np.arange(len(steps.of(rhythm))), x)

    def sheet(balance: Balance) -> BalanceSheet:
        lines = [
            Line(entry.owner, entry.label, value(balance.rhythm, partial(ledger.rate, balance, entry)))
            for entry in balance.entries
        ]
        return BalanceSheet(balance.name, balance.flow, balance.rhythm, tuple(lines))

    def line(entry: Entry) -> Line:
        return Line(entry.owner, entry.label, value(entry.rhythm, partial(ledger.amount, entry)))

    return Books(
        {name: sheet(balance) for name, balance in sorted(ledger.balances.items())},
        {account: tuple(line(entry) for entry in entries) for account, entries in ledger.accounts.items()},
    )
