"""What a course of storages and deliveries costs: the program with both held, and the rest at its least.

A rule decides what is stored and who gets how much. Its releases, and what turbines earn by them, follow from the balances; so
the program, held to the rule's storages and to no more than its deliveries, tells what the rule costs in the same money as any
other way to run the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from yuqian.models.clock import Floats
from yuqian.models.ledger import Account
from yuqian.optimise.assemble import Assembly
from yuqian.optimise.program import ExtraRows, Program

OWNER = "given"
ROOM_HM3 = 1e-6
"""One m3 on either side: what rounding may take."""


def held_to(
    assembly: Assembly, program: Program, storage_hm3: Mapping[str, Floats], delivered_hm3: Mapping[str, Floats],
    room_hm3: float = ROOM_HM3,
) -> Program:  # fmt: skip
    """A program that keeps to storages, and delivers no more than given.

    Args:
        storage_hm3: by asset, after each step, shape (steps,).
        delivered_hm3: by user, in each step, shape (steps,).
    """
    lower, upper = program.declared_lower.copy(), program.declared_upper.copy()
    for owner, values in storage_hm3.items():
        family = program.layout.by_column_name[owner, "storage_hm3"]
        at = slice(family.stop - len(values), family.stop)
        lower[at] = np.maximum(lower[at], values - room_hm3)
        upper[at] = np.minimum(upper[at], values + room_hm3)
    rows = [_at_most(assembly, program, user, values + room_hm3) for user, values in sorted(delivered_hm3.items())]
    return replace(program, declared_lower=lower, declared_upper=upper).with_rows((*program.extra, *rows))


def _at_most(assembly: Assembly, program: Program, user: str, most: Floats) -> ExtraRows:
    """A user's entries in the account of allocation, at most so much in each step."""
    assert program.structure is not None
    steps = np.arange(len(most))
    columns, coefficients, constant = [], [], np.zeros(len(most))
    nought = np.zeros(program.column_count)
    for entry in assembly.ledger.accounts[Account.ALLOCATION]:
        if entry.owner != user:
            continue
        expression, placeholder = assembly.template(entry.rhythm, partial(assembly.ledger.amount, entry))
        for term in program.structure.terms_of(program, expression, placeholder, steps):
            columns.append(np.broadcast_to(term.columns, steps.shape))
            coefficients.append(np.broadcast_to(np.asarray(term.coefficient, dtype=float), steps.shape))
        constant += program.values_of(expression, placeholder, steps, nought)
    return ExtraRows(
        OWNER,
        user,
        steps,
        len(steps),
        np.array(columns).T,
        np.array(coefficients).T,
        np.full(len(most), -np.inf),
        most - constant,
    )
