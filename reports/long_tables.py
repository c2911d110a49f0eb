"""Tables of a long-series study: how often each class of user was served, and with what foresight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.table import Table

from yuqian.optimise.long_rolling import INFLOW
from yuqian.reports.long import LongResult, LongStudy, Supply

NOT_SHORT_FRACTION = 1e-3
"""Shortage below this share of a step's demand is no failure: the tolerance that operating rules are judged by."""


@dataclass(frozen=True)
class Served:
    """How one class fared over a long series, all its users together.

    Attributes:
        demand_hm3, supplied_hm3: a year, in the mean.
        failed_years, failed_steps: with a shortage of the class.
        deepest_fraction: largest shortage of a year, as a share of its demand.
        years, steps: how many were counted.
    """

    user_class: str
    demand_hm3: float
    supplied_hm3: float
    failed_years: int
    failed_steps: int
    deepest_fraction: float
    years: int
    steps: int

    @property
    def by_year_fraction(self) -> float:
        """m/(n+1), by year."""
        return (self.years - self.failed_years) / (self.years + 1)

    @property
    def by_period_fraction(self) -> float:
        """m/(n+1), by period."""
        return (self.steps - self.failed_steps) / (self.steps + 1)


def driest_years(study: LongStudy, count: int) -> range:
    """The run of ``count`` years, from 0, with the least inflow of all catchments together."""
    volume = study.clock.water.hm3_per_m3_per_s
    inflow = sum(values * volume for (_, name), values in study.series.as_mapping().items() if name == INFLOW)
    by_year = np.asarray(inflow).reshape(study.plan.years, -1).sum(axis=1)
    runs = np.convolve(by_year, np.ones(count), mode="valid")
    first = int(np.argmin(runs))
    return range(first, first + count)


def served_in(supply: Supply, years: range) -> tuple[Served, ...]:
    """How classes fared in some years, what was stored before and after included."""
    inside = (supply.years >= years.start) & (supply.years < years.stop)
    part = Supply(
        supply.users, supply.classes, supply.demand_hm3[:, inside], supply.supplied_hm3[:, inside],
        supply.years[inside] - years.start,
    )  # fmt: skip
    return served(part)


def served(supply: Supply) -> tuple[Served, ...]:
    """All classes, by name."""
    years = int(supply.years.max()) + 1
    out = []
    for name in sorted(set(supply.classes)):
        demand, given = supply.of_class(name)
        short = np.maximum(demand - given, 0.0)
        failed = short > NOT_SHORT_FRACTION * np.maximum(demand, 1e-9)
        by_year = np.bincount(supply.years, weights=demand, minlength=years)
        short_by_year = np.bincount(supply.years, weights=short * failed, minlength=years)
        depth = float(np.max(short_by_year / np.maximum(by_year, 1e-9)))
        out.append(
            Served(
                name,
                float(demand.sum()) / years,
                float(given.sum()) / years,
                int(np.count_nonzero(short_by_year)),
                int(np.count_nonzero(failed)),
                depth,
                years,
                len(demand),
            )
        )
    return tuple(out)


def served_table(columns: Mapping[str, Sequence[Served]], title: str) -> Table:
    """Guarantee rates of several ways to run the same trace, side by side.

    Args:
        columns: by what each way is called.
    """
    table = Table(title=title)
    table.add_column("class")
    table.add_column("demand hm3/a", justify="right")
    for name in columns:
        for what in ("supplied hm3/a", "by year", "by period"):
            table.add_column(f"{name}\n{what}", justify="right")
    for rows in zip(*columns.values(), strict=True):
        cells = [rows[0].user_class, f"{rows[0].demand_hm3:.1f}"]
        for row in rows:
            cells += [f"{row.supplied_hm3:.1f}", f"{row.by_year_fraction:.1%}", f"{row.by_period_fraction:.1%}"]
        table.add_row(*cells)
    return table


def served_as_data(rows: Sequence[Served]) -> list[dict[str, Any]]:
    """The same as JSON can hold it."""
    return [
        {
            "class": row.user_class,
            "demand_hm3_per_year": row.demand_hm3,
            "supplied_hm3_per_year": row.supplied_hm3,
            "failed_years": row.failed_years,
            "years": row.years,
            "guarantee_by_year_fraction": row.by_year_fraction,
            "failed_periods": row.failed_steps,
            "periods": row.steps,
            "guarantee_by_period_fraction": row.by_period_fraction,
            "deepest_year_fraction": row.deepest_fraction,
            "counted_by": "m/(n+1), any shortage of the class is a failure",
        }
        for row in rows
    ]


def long_as_data(result: LongResult, drought_years: int = 0) -> dict[str, Any]:
    """A run over a long series as JSON can hold it.

    Args:
        drought_years: length of the driest run of years that is told apart; none for 0.
    """
    driest = driest_years(result.study, drought_years) if drought_years else range(0)
    drought = {"first_year": driest.start + 1, "last_year": driest.stop, "classes": []}
    if drought_years:
        drought["classes"] = served_as_data(served_in(result.supply, driest))
    plan = result.study.plan
    columns, rows, entries = result.size
    return {
        "scenario": result.study.region.scenario,
        "years": plan.years,
        "trace": plan.trace,
        "step": "day" if plan.by_day else "ten-day period",
        "foresight": "perfect: an optimistic bound, no guarantee rate",
        "status": result.solution.outcome.value,
        "objective_yuan": result.solution.objective_yuan,
        "largest_residual": result.audit.largest_relative,
        "columns": columns,
        "rows": rows,
        "non_zeros": entries,
        "iterations": result.solution.iterations,
        "seconds": dict(result.seconds),
        "assets": len(result.study.side.assets),
        "stand_ins": [port.id for port in result.study.side.ports],
        "left_out": list(result.study.side.left_out),
        "classes": served_as_data(served(result.supply)),
        "drought": drought if drought_years else None,
        "folder": None if result.folder is None else str(result.folder),
    }


def bracket_as_data(result: LongResult, columns: Mapping[str, Sequence[Served]]) -> dict[str, Any]:
    """Several ways to run the same trace as JSON can hold them; the gap between the first and the last is foresight."""
    plan, names = result.study.plan, list(columns)
    first, last = columns[names[0]], columns[names[-1]]
    gap = [
        {
            "class": low.user_class,
            "supplied_hm3_per_year": high.supplied_hm3 - low.supplied_hm3,
            "guarantee_by_year_fraction": high.by_year_fraction - low.by_year_fraction,
            "guarantee_by_period_fraction": high.by_period_fraction - low.by_period_fraction,
        }
        for low, high in zip(first, last, strict=True)
    ]
    return {
        "scenario": result.study.region.scenario,
        "years": plan.years,
        "trace": plan.trace,
        "ways": {name: served_as_data(rows) for name, rows in columns.items()},
        "foresight": {"from": names[0], "to": names[-1], "gap": gap},
    }
