"""What ``yuqian regulate`` tells: a network run by rule through series that are given, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from yuqian.assets.region import Region
from yuqian.models.clock import Floats
from yuqian.optimise.operating_plan import STORE_ITEMS
from yuqian.optimise.simulate import Calendar, Keep, Simulation, simulate
from yuqian.reports.usual_rules import usual_rules
from yuqian.timeseries.given import clock_of, read_given

LISTED_STEPS = 31
"""Days up to which every one is printed."""
HM3 = tuple(item for item in STORE_ITEMS if item != "restricted")
"""What is a volume of what is kept of a reservoir."""


def regulate(region: Region, series_files: Sequence[Path]) -> Simulation:
    """Run a region by rule over the days of the first file.

    Nothing is made up: every series that the network asks for, and that has no number of its own, must be in a file.

    Raises:
        CatalogueError: with everything that is wrong in the files.
        OperatingError: for series that are missing, or a network that cannot be run by rule.
    """
    clock = clock_of(series_files[0])
    given = read_given(series_files, region.kinds, clock)
    return simulate(region.kinds, given.values, Calendar.of(clock), usual_rules(region), keep=Keep.STEP)


def regulation_as_data(region: Region, simulation: Simulation) -> dict[str, Any]:
    """Volumes of every day, hm3, as JSON can hold them."""
    names, record = simulation.names, simulation.record
    return {
        "scenario": region.scenario,
        "foresight": "none: operating rules",
        "first_day": str(simulation.calendar.timeline.start.date()),
        "days": simulation.calendar.count,
        "balance_residual": simulation.residual,
        "supply": {
            row: {
                "demand_hm3": _plain(simulation.demand_hm3(row)[:, 0]),
                "delivered_hm3": _plain(simulation.delivered_hm3(row)[:, 0]),
            }
            for row in names.rows
        },
        "reservoirs": {
            store: {
                "level_m": _plain(level),
                **{
                    f"{item}_hm3": _plain(record.stores[:, number, k, 0].astype(float))
                    for k, item in enumerate(STORE_ITEMS)
                    if item in HM3
                },
            }
            for number, (store, level) in enumerate(levels(simulation).items())
        },
        "carried_hm3": {way: _plain(simulation.carried_hm3(way)[:, 0]) for way in names.ways},
    }


def levels(simulation: Simulation) -> dict[str, Floats]:
    """Level of each reservoir at the end of each day, m."""
    return {
        store.id: np.interp(simulation.storage_hm3(store.id)[:, 0], store.curve_storage_hm3, store.curve_level_m)
        for store in simulation.operation.stores
    }


def regulation_tables(simulation: Simulation) -> list[Table]:
    """Totals of supply, and of a short run every day."""
    total = Table(title="Supply by rule, hm3", title_justify="left")
    for heading in ("", "demand", "delivered", "short", "by volume", "days short"):
        total.add_column(heading, justify="left" if not heading else "right")
    for row in simulation.names.rows:
        demand, got = simulation.demand_hm3(row)[:, 0], simulation.delivered_hm3(row)[:, 0]
        share = got.sum() / demand.sum() if demand.sum() else 1.0
        failed = int(simulation.row(row, 2).sum())
        short = (demand - got).sum()
        total.add_row(row, f"{demand.sum():,.3f}", f"{got.sum():,.3f}", f"{short:,.3f}", f"{share:.2%}", f"{failed}")
    return [total, _by_day(simulation)] if simulation.calendar.count <= LISTED_STEPS else [total]


def _by_day(simulation: Simulation) -> Table:
    """What users got, and what reservoirs hold at the end of the day."""
    table = Table(title="By day, hm3: delivered, and stored at the end", title_justify="left")
    columns = {use: simulation.delivered_hm3(use)[:, 0] for use in simulation.names.uses}
    columns |= {f"{store} stored": simulation.storage_hm3(store)[:, 0] for store in simulation.names.stores}
    for heading in ("", *columns):
        table.add_column(heading, justify="left" if not heading else "right")
    for number, stamp in enumerate(simulation.calendar.timeline.stamps.astype("datetime64[D]")):
        table.add_row(str(stamp), *(f"{values[number]:,.3f}" for values in columns.values()))
    return table


def _plain(values: Floats) -> list[float]:
    return [round(float(value), 9) for value in values]
