"""Tables and data of what a run did with the water: shortage by class, the proof of a strict order, what has settled."""

from __future__ import annotations

import math
from typing import Any

from rich.table import Table

from yuqian.models.kind import UserClass
from yuqian.optimise.lexicographic import Lexicographic
from yuqian.optimise.settle import Settled
from yuqian.reports.study import RunResult
from yuqian.reports.water_shortage import ClassShortage, shortages

ASKED = ("demand_m3_per_s", "ecological_flow_m3_per_s")
"""Series that say what a member of a class asks for."""


def shortages_of(result: RunResult) -> tuple[ClassShortage, ...]:
    """Shortage of every class in a run."""
    series = result.study.series.as_mapping()
    asked = {owner: values for (owner, name), values in series.items() if name in ASKED}
    return shortages(result.ledger, asked, result.study.clock, result.study.region.water.order)


def water_as_data(result: RunResult) -> dict[str, Any]:
    """What ``yuqian run --json`` says of the water beyond the promises."""
    data: dict[str, Any] = {
        "shortage": {
            one.user_class.value: {
                "demand_hm3": one.demand_hm3, "shortage_hm3": one.shortage_hm3, "depth_fraction": one.depth_fraction,
                "days_short": one.steps_short, "longest_days": one.longest_spell, "days": one.steps,
                "satisfied_fraction": dict(one.members),
            }
            for one in shortages_of(result)
        }
    }  # fmt: skip
    if result.refined.strict is not None:
        data["strict_order"] = {"proven": result.refined.strict.proven, "stages": _stages(result.refined.strict)}
    if result.refined.settled is not None:
        data["settled"] = _settled(result.refined.settled) | {"bound_yuan": result.refined.head_bound_yuan}
    return data


def water_tables(result: RunResult) -> list[Table]:
    """The same as tables."""
    return [_shortage_table(shortages_of(result)), *refined_tables(result)]


def refined_tables(result: RunResult) -> list[Table]:
    """How an answer in strict order, or with settled heads, was come by; none for an ordinary one."""
    tables = []
    if result.refined.strict is not None:
        tables.append(_proof(result.refined.strict))
    if result.refined.settled is not None:
        tables.append(_passes(result.refined.settled, result.refined.head_bound_yuan))
    return tables


def _shortage_table(classes: tuple[ClassShortage, ...]) -> Table:
    table = Table(title="Water short, by class (perfect foresight)", title_justify="left")
    table.add_column("class")
    for heading in ("asked hm3", "short hm3", "deepest", "days", "longest", "worst member"):
        table.add_column(heading, justify="right")
    for one in classes:
        worst = min(one.members, key=lambda member: (one.members[member], member))
        table.add_row(
            one.user_class.value, f"{one.demand_hm3:,.1f}", f"{one.shortage_hm3:,.2f}", f"{one.depth_fraction:.0%}",
            f"{one.steps_short} of {one.steps}", f"{one.longest_spell}", f"{worst}: {one.members[worst]:.1%} of days",
        )  # fmt: skip
    return table


def _proof(strict: Lexicographic) -> Table:
    classes = list(strict.stages[-1].shortage_hm3)
    table = Table(
        title=f"Strict order: shortage in hm3 after each stage ({'proven' if strict.proven else 'NOT PROVEN'})",
        title_justify="left",
    )  # fmt: skip
    table.add_column("stage")
    for one in classes:
        table.add_column(one.value, justify="right")
    table.add_column("iterations", justify="right")
    for stage in strict.stages:
        shown = [f"{stage.shortage_hm3[one]:,.3f}" for one in classes]
        table.add_row(_name(stage.user_class), *shown, f"{stage.iterations:,}" if stage.was_solved else "no need")
    return table


def _name(user_class: UserClass | None) -> str:
    return "ordinary costs" if user_class is None else user_class.value


def _stages(strict: Lexicographic) -> list[dict[str, Any]]:
    return [
        {
            "stage": _name(stage.user_class), "was_solved": stage.was_solved, "iterations": stage.iterations,
            "shortage_hm3": {one.value: short for one, short in stage.shortage_hm3.items()},
        }
        for stage in strict.stages
    ]  # fmt: skip


def _passes(settled: Settled, bound_yuan: float | None) -> Table:
    table = Table(title=f"Heads, water surfaces and gates: {_said(settled)}", title_justify="left")
    for heading in ("pass", "cost, yuan", "at its own heads", "promised", "room", "furthest off (1 = tolerance)", "unsettled"):
        table.add_column(heading, justify="right")
    table.add_column("taken")
    for number, one in enumerate(settled.passes, start=1):
        promised = f"{max(one.promised_yuan, 0.0):,.0f}" if math.isfinite(one.promised_yuan) else "-"
        table.add_row(
            str(number), f"{one.objective_yuan:,.0f}", f"{one.renewed_yuan:,.0f}", promised, f"{one.room_fraction:.2%}",
            f"{one.worst:,.1f}", str(len(one.unsettled)), "yes" if one.taken else "no",
        )  # fmt: skip
    notes = [f"to first order {settled.left_yuan:,.0f} yuan less within {settled.room_fraction:.1%} of each storage"]
    if bound_yuan is not None:
        gap = (settled.solution.objective_yuan - bound_yuan) / max(1.0, abs(settled.solution.objective_yuan))
        notes.append(f"with every plant at its highest head: {bound_yuan:,.0f} yuan, {gap:.2%} less")
    table.caption, table.caption_justify = "\n".join(notes), "left"
    return table


def _said(settled: Settled) -> str:
    if not settled.is_settled:
        return "NOT SETTLED"
    return "settled" if settled.is_stationary else "numbers fit the answer, but a better one is near"


def _settled(settled: Settled) -> dict[str, Any]:
    return {
        "is_settled": settled.is_settled,
        "is_stationary": settled.is_stationary,
        "left_yuan": settled.left_yuan,
        "room_fraction": settled.room_fraction,
        "change_fraction": settled.change_fraction,
        "passes": [
            {
                "objective_yuan": one.objective_yuan,
                "renewed_yuan": one.renewed_yuan,
                "promised_yuan": one.promised_yuan if math.isfinite(one.promised_yuan) else None,
                "room_fraction": one.room_fraction,
                "worst": one.worst,
                "unsettled": dict(one.unsettled),
                "taken": one.taken,
            }
            for one in settled.passes
        ],
    }
