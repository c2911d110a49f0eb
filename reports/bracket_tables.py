"""Tables of the bracket: what each way costs, and what stored water is worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from rich.table import Table

from yuqian.models.units import M3_PER_HM3
from yuqian.optimise.end_values import ValueFunctions
from yuqian.reports.bracket import Leg

MILLION = 1e6
STORED = "stored water used up, at its value"
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
QUARTERS = (0, 3, 6, 9)


def bill_table(legs: Mapping[str, Leg], opening_hm3: float) -> Table:
    """The objective that all ways share, in parts; million yuan over the whole trace."""
    title = f"million yuan; all begin with {opening_hm3:.1f} hm3; the lower the better"
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for name in legs:
        table.add_column(name, justify="right")
    rows: dict[str, Callable[[Leg], str]] = {
        "shortage of users and rivers": lambda leg: f"{leg.bill.shortage / MILLION:,.2f}",
        "power sold, coal bought": lambda leg: f"{leg.bill.trade / MILLION:,.2f}",
        "operation, spill, levels": lambda leg: f"{leg.bill.other / MILLION:,.2f}",
        STORED: lambda leg: f"{leg.bill.stored / MILLION:,.2f}",
        "all together": lambda leg: f"{leg.bill.total / MILLION:,.2f}",
        "left in reservoirs, hm3": lambda leg: f"{leg.closing_hm3:.1f}",
        "largest residual of the audit": lambda leg: f"{leg.residual:.1e}",
    }
    for label, written in rows.items():
        table.add_row(label, *(written(leg) for leg in legs.values()), end_section=label == STORED)
    return table


def bills_as_data(legs: Mapping[str, Leg]) -> dict[str, Any]:
    """The same as JSON can hold it; yuan."""
    return {
        name: {
            "shortage_yuan": leg.bill.shortage, "trade_yuan": leg.bill.trade, "other_yuan": leg.bill.other,
            "stored_yuan": leg.bill.stored, "total_yuan": leg.bill.total, "closing_hm3": leg.closing_hm3,
            "largest_residual": leg.residual,
        }
        for name, leg in legs.items()
    }  # fmt: skip


def values_table(values: ValueFunctions) -> Table:
    """What one more m3 saves, by stock, month and how full the stock is between the emptiest and the fullest learnt from."""
    table = Table(title="yuan/m3 of one more m3, where a store is filled to a share of its range", title_justify="left")
    for head in ("store", "first of", *(f"{share:.0%}" for share in SHARES)):
        table.add_column(head)
    for key in sorted(values.storage_hm3):
        for month in QUARTERS:
            low, high = values.storage_hm3[key][month][[0, -1]]
            slopes = values.slope(key, month, low + (high - low) * np.array(SHARES))
            head = key.split(".")[0] if month == 0 else ""
            written = (f"{slope / M3_PER_HM3:.2f}" for slope in slopes)
            table.add_row(head, f"month {month + 1}", *written, end_section=month == QUARTERS[-1])
    return table
