"""Writes a Program as text in the LP format, to be read by people and by other solvers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from yuqian.models.clock import OPENING
from yuqian.optimise.program import Family, Program

TERMS_PER_LINE = 6


def lp_text(program: Program) -> str:
    """The whole program, rows that are kept as bounds written as rows again; coefficients in full precision.

    A step stands in parentheses after the name, the opening instant as ``(start)``: the format allows no brackets or signs.
    """
    names = [name for family in program.layout.columns for name in _names(family)]
    lines = ["Minimize", *_wrapped("cost:", _objective(program, names)), "Subject To"]
    by_row = program.matrix.tocsr()
    for family in program.layout.rows:
        for position, name in zip(range(family.start, family.stop), _names(family), strict=True):
            span = slice(by_row.indptr[position], by_row.indptr[position + 1])
            terms = [_term(value, names[column]) for column, value in zip(by_row.indices[span], by_row.data[span], strict=True)]
            low, high = program.row_lower[position], program.row_upper[position]
            lines.extend(_row(name, terms, low, high))
    for rows in program.bound_rows:
        for k, name in enumerate(_names(rows.family)):
            terms = [_term(rows.coefficient, names[rows.columns[k]])]
            lines.extend(_row(name, terms, rows.low[k], rows.high[k]))
    lines.append("Bounds")
    lines.extend(
        f" {_number(low)} <= {name} <= {_number(high)}"
        for name, low, high in zip(names, program.declared_lower, program.declared_upper, strict=True)
    )
    whole = [name for name, integral in zip(names, program.integral, strict=True) if integral]
    if whole:
        lines.extend(["General", *(f" {name}" for name in whole)])
    return "\n".join([*lines, "End", ""])


def _names(family: Family) -> Iterator[str]:
    if not family.indexed:
        yield family.full_name
        return
    for step in family.at_steps():
        yield f"{family.full_name}({'start' if step == OPENING else step if step >= 0 else f'past{-step}'})"


def _objective(program: Program, names: list[str]) -> list[str]:
    terms = [_term(program.cost[column], names[column]) for column in np.flatnonzero(program.cost)]
    return [*terms, f"{program.offset:+.12g}"] if program.offset or not terms else terms


def _row(name: str, terms: list[str], low: float, high: float) -> Iterator[str]:
    if low == high:
        yield from _wrapped(f"{name}:", [*terms, f"= {low:.12g}"])
        return
    if np.isfinite(low):
        yield from _wrapped(f"{name}{'.low' if np.isfinite(high) else ''}:", [*terms, f">= {low:.12g}"])
    if np.isfinite(high):
        yield from _wrapped(f"{name}{'.high' if np.isfinite(low) else ''}:", [*terms, f"<= {high:.12g}"])


def _term(value: float, name: str) -> str:
    return f"{value:+.12g} {name}"


def _number(value: float) -> str:
    if np.isfinite(value):
        return f"{value:.12g}"
    return "+inf" if value > 0 else "-inf"


def _wrapped(head: str, parts: list[str]) -> Iterator[str]:
    for begin in range(0, max(len(parts), 1), TERMS_PER_LINE):
        yield f" {head if begin == 0 else '   '} {' '.join(parts[begin : begin + TERMS_PER_LINE])}".rstrip()
