"""The law of emissions: what a plant emits counts in the account of carbon dioxide, and in a budget if it has one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yuqian.models.book import Book
from yuqian.models.clock import Floats, Rhythm
from yuqian.models.ledger import Account, Ledger


def enter_emission(
    ledger: Ledger, owner: str, label: str, co2_t_per_mwh: float, budget: str | None, power_mw: Callable[[Any], Any]
) -> None:  # fmt: skip
    """Enter what every MWh emits; nothing where it emits nothing.

    Args:
        budget: balance in t/h that it counts in besides; see :class:`yuqian.models.emission_budget.EmissionBudget`.
        power_mw: power in a step.
    """
    if not co2_t_per_mwh:
        return

    def emitted(t: Any) -> Any:
        return co2_t_per_mwh * power_mw(t)

    ledger.account(Account.CO2, owner, label, rhythm=Rhythm.POWER, t_per_h=emitted)
    if budget is not None:
        ledger.enter(budget, owner, "emission", rhythm=Rhythm.POWER, t_per_h=emitted)


def audit_emission(book: Book, co2_t_per_mwh: float, budget: str | None, power_mw: Floats) -> None:
    """Write the same into the auditor's book, from the power by step."""
    book.account(Account.CO2, power_mw * co2_t_per_mwh, Rhythm.POWER)
    if budget is not None:
        book.enter(budget, power_mw * co2_t_per_mwh, Rhythm.POWER)
