"""Tables of a long-series study: how often each class of user was served, and with what foresight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.table import Table

from yuqian.models.kind import UserClass
from yuqian.models.user_class import CLASS_ZH
from yuqian.optimise.long_rolling import INFLOW
from yuqian.optimise.operating_rules import ALLOWANCES
from yuqian.reports.guarantee import Failure, Formula, Guarantee, counts_of_series, guarantee_of
from yuqian.reports.long import LongResult, LongStudy, Supply


def driest_years(study: LongStudy, count: int) -> range:
    """The run of ``count`` years, from 0, with the least inflow of all catchments together."""
    volume = study.clock.water.hm3_per_m3_per_s
    inflow = sum(values * volume for (_, name), values in study.series.as_mapping().items() if name == INFLOW)
    by_year = np.asarray(inflow).reshape(study.plan.years, -1).sum(axis=1)
    runs = np.convolve(by_year, np.ones(count), mode="valid")
    first = int(np.argmin(runs))
    return range(first, first + count)


def served_in(supply: Supply, years: range) -> tuple[Guarantee, ...]:
    """The same in some years only; what was stored before them counts."""
    return served(supply.part((supply.years >= years.start) & (supply.years < years.stop), supply.years))


def served(
    *traces: Supply, formula: Formula = Formula.WEIBULL, failure: Failure = Failure.SHORT
) -> tuple[Guarantee, ...]:  # fmt: skip
    """Guarantee rates of all classes, by name, counted as those of a simulation by rule are.

    Args:
        traces: supply of the same users over the same years, one or several times.
    """
    out = []
    for name in sorted(set(traces[0].classes)):
        both = [supply.of_class(name) for supply in traces]
        demand, given = (np.stack([pair[k] for pair in both], axis=1) for k in range(2))
        counts = counts_of_series(given, demand, traces[0].years, *ALLOWANCES[UserClass(name)])
        out.append(guarantee_of(name, counts, formula, failure))
    return tuple(out)


def served_table(columns: Mapping[str, Sequence[Guarantee]], title: str, foresight: bool = False) -> Table:
    """Guarantee rates of several ways to run the same series, side by side.

    Args:
        columns: by what each way is called.
        foresight: whether a last column tells what lies between the first way and the last.
    """
    table = Table(title=title, title_justify="left")
    table.add_column("class")
    table.add_column("")
    for name in (*columns, *(["foresight"] if foresight else [])):
        table.add_column(name, justify="right")
    for rows in zip(*columns.values(), strict=True):
        low, high = rows[0], rows[-1]
        user_class = UserClass(low.name)
        more = high.delivered_hm3_per_year - low.delivered_hm3_per_year
        lines = [["supplied hm3/a", *(f"{row.delivered_hm3_per_year:.2f}" for row in rows), f"{more:+.2f}"]]
        by_year = [f"{row.by_year:.1%} ({row.by_year_interval[0]:.1%} to {row.by_year_interval[1]:.1%})" for row in rows]
        lines.append(["by year (95 % interval)", *by_year, f"{high.by_year - low.by_year:+.1%}"])
        by_period = [f"{row.by_period:.2%}" for row in rows]
        lines.append(["by period", *by_period, f"{high.by_period - low.by_period:+.2%}"])
        by_volume = [f"{row.by_volume:.2%}" for row in rows]
        lines.append(["by volume", *by_volume, f"{high.by_volume - low.by_volume:+.2%}"])
        heads = [
            f"{user_class.value.replace('_', ' ')} {CLASS_ZH[user_class]}",
            f"of {low.demand_hm3_per_year:.1f} hm3/a",
            "",
            "",
        ]
        for number, (head, line) in enumerate(zip(heads, lines, strict=True)):
            table.add_row(head, *(line if foresight else line[:-1]), end_section=number == len(lines) - 1)
    return table


def served_as_data(rows: Sequence[Guarantee]) -> list[dict[str, Any]]:
    """The same as JSON can hold it."""
    return [
        {
            "class": row.name,
            "demand_hm3_per_year": row.demand_hm3_per_year,
            "supplied_hm3_per_year": row.delivered_hm3_per_year,
            "failed_years": row.failed_years,
            "years": row.years,
            "traces": row.traces,
            "guarantee_by_year_fraction": row.by_year,
            "guarantee_by_year_interval": list(row.by_year_interval),
            "failed_periods": row.failed_periods,
            "deep_periods": row.deep_periods,
            "periods": row.periods,
            "guarantee_by_period_fraction": row.by_period,
            "guarantee_by_period_interval": list(row.by_period_interval),
            "guarantee_by_volume_fraction": row.by_volume,
            "longest_failure_periods": row.longest_periods,
            "deepest_period_fraction": row.depth,
            "formula": row.formula.value,
            "failure": row.failure.value,
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


def ways_as_data(columns: Mapping[str, Sequence[Guarantee]]) -> dict[str, Any]:
    """Several ways to run the same series as JSON can hold them; the gap between the first and the last is foresight."""
    names = list(columns)
    gap = [
        {
            "class": low.name,
            "supplied_hm3_per_year": high.delivered_hm3_per_year - low.delivered_hm3_per_year,
            "guarantee_by_year_fraction": high.by_year - low.by_year,
            "guarantee_by_period_fraction": high.by_period - low.by_period,
            "guarantee_by_volume_fraction": high.by_volume - low.by_volume,
        }
        for low, high in zip(columns[names[0]], columns[names[-1]], strict=True)
    ]
    return {
        "ways": {name: served_as_data(rows) for name, rows in columns.items()},
        "foresight": {"from": names[0], "to": names[-1], "gap": gap},
    }
