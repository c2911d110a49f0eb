"""Prices: what one more unit of a balance would cost, also where units are committed whole.

A mixed-integer optimum has no duals. The usual answer is taken: whole decisions are held where the search found them, and the
linear program that is left is solved; R. P. O'Neill et al., "Efficient market-clearing prices in markets with nonconvexities"
(European Journal of Operational Research, 2005). Such a price is that of one more unit at this commitment; what the units pay
for being online and for starting is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from yuqian.models.clock import Floats
from yuqian.models.ledger import Flow, Sense
from yuqian.models.units import M3_PER_HM3
from yuqian.optimise.assemble import Assembly
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Outcome, Solution, SolverOptions, solve


class PriceError(RuntimeError):
    """A solution that has no prices; the message says why."""


@dataclass(frozen=True)
class Price:
    """Price of a balance by step.

    Attributes:
        values: yuan per ``unit``, shape (steps of the balance,): what one more unit taken out in the step would cost. Positive
            where it is scarce, negative where it must be got rid of.
        unit: "MWh", "m3" or "t".
        is_requirement: whether it is the price of a requirement (reserve) rather than of a flow.
    """

    values: Floats
    unit: str
    is_requirement: bool


_UNITS = {Flow.POWER: ("MWh", 1.0), Flow.WATER: ("m3", M3_PER_HM3), Flow.COAL: ("t", 1.0)}
"""For each flow, what its price is given per, and how many of it make the flow's total unit."""


def fixed_at(program: Program, x: Floats) -> Program:
    """The linear program that is left when every whole decision is held at ``x``, shape (columns,), rounded."""
    held = held_at(program, x, program.integral)
    return replace(held, integral=np.zeros_like(program.integral))


def held_at(program: Program, x: Floats, held: npt.NDArray[np.bool_]) -> Program:
    """The same program with some decisions held at ``x``, rounded; both of shape (columns,).

    A held decision has its limits behind it; rows kept as bounds that hold other decisions too become bounds of those.
    """
    lower, upper = program.declared_lower.copy(), program.declared_upper.copy()
    kept = []
    for rows in program.bound_rows:
        if not held[rows.columns].any():
            kept.append(rows)
            continue
        low, high = rows.limits()
        np.maximum.at(lower, rows.columns, low)
        np.minimum.at(upper, rows.columns, high)
    whole = np.round(x)
    return replace(
        program, declared_lower=np.where(held, whole, lower), declared_upper=np.where(held, whole, upper),
        bound_rows=tuple(kept),
    )  # fmt: skip


def priced(program: Program, solution: Solution, options: SolverOptions | None = None) -> Solution:
    """The same solution with duals, the decisions that are not whole made optimal for those that are.

    Returns ``solution`` itself when it has duals already. Whole decisions have no reduced cost.

    Raises:
        PriceError: for a solve that ended without a solution, or whole decisions that leave no feasible rest.
    """
    if solution.row_dual is not None:
        return solution
    if solution.x is None:
        raise PriceError(f"there are no prices: the solve ended as '{solution.outcome.value}'")
    found = solve(fixed_at(program, solution.x), options)
    if found.outcome is not Outcome.OPTIMAL or found.column_dual is None:
        raise PriceError(f"with its whole decisions held, the solution is '{found.outcome.value}'; solve to a smaller gap")
    return replace(
        solution, objective_yuan=found.objective_yuan, x=found.x, row_dual=found.row_dual,
        column_dual=np.where(program.integral, 0.0, found.column_dual),
    )  # fmt: skip


def balance_prices(assembly: Assembly, program: Program, solution: Solution) -> Mapping[str, Price]:
    """Price of every balance that has rows, by its name.

    Args:
        solution: with duals; see :func:`priced`.

    Raises:
        PriceError: for a solution without duals.
    """
    if solution.row_dual is None or solution.column_dual is None or solution.x is None:
        raise PriceError("this solution has no duals; take the one that priced() gives")
    duals = program.row_duals(solution.row_dual, solution.column_dual, solution.x)
    prices = {}
    for name, balance in assembly.ledger.balances.items():
        key = ("balance", name.replace(".", "__"))
        if key not in duals:
            continue
        unit, per_total = _UNITS[balance.flow]
        hours = assembly.clock.timeline(balance.rhythm).hours
        amount = hours * balance.flow.total_per_rate_hour * per_total
        prices[name] = Price(duals[key] / amount, unit, balance.sense is Sense.AT_LEAST)
    return prices
