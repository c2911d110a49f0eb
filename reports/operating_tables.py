"""The standard table of long-series regulation (长系列调节计算成果表), under the names that engineers expect.

One row a reservoir and bin (step, month or year), hm3 and m: 来水, 蒸发渗漏, 生态下泄, 供水 by class, 缺水, 弃水, 月末库容,
月末水位, 是否破坏. A reservoir's 缺水 is that of the users that conveyances lead to from it; 是否破坏 says whether any of them
failed in the bin. What leaves it through the river for users downstream stands under the class that called for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from yuqian.models.clock import Floats
from yuqian.models.units import HOURS_PER_YEAR
from yuqian.models.user_class import CLASS_ZH
from yuqian.optimise.operating_plan import STORE_ITEMS
from yuqian.optimise.simulate import Keep, Simulation
from yuqian.timeseries.pearson import empirical_share

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]

DRY_YEAR = 0.95
"""Share of years that supply at least what the design dry year supplies."""


def standard_table(simulation: Simulation, trace: int = 0) -> pd.DataFrame:
    """The standard table of one trace, a row for each reservoir and bin."""
    import pandas as pd

    parts = []
    for number, store in enumerate(simulation.operation.stores):
        items = {name: simulation.record.stores[:, number, k, trace].astype(float) for k, name in enumerate(STORE_ITEMS)}
        short, failed = _users_below(simulation, store.id, trace)
        columns: dict[str, object] = {
            "水库": store.id,
            **_bins(simulation, len(short)),
            "来水": items["inflow"] + items["filled"],
            "蒸发渗漏": items["losses"],
            "生态下泄": items["ecological"],
        }
        for c, user_class in enumerate(simulation.names.classes):
            columns[f"供水_{CLASS_ZH[user_class]}"] = simulation.record.supplied[:, number, c, trace].astype(float)
        columns |= {
            "调出": items["passed_on"], "缺水": short, "弃水": items["spill"], "月末库容": items["closing"],
            "月末水位": np.interp(items["closing"], store.curve_storage_hm3, store.curve_level_m), "是否破坏": failed,
        }  # fmt: skip
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _users_below(simulation: Simulation, store: str, trace: int) -> tuple[Floats, object]:
    """What the users that conveyances lead to from a reservoir lack, and whether any of them failed, by bin."""
    uses = [
        use.id for use in simulation.operation.uses if store in simulation.network.ancestors([use.node], by_river=False)
    ]  # fmt: skip
    count = len(simulation.record.rows)
    short, failed = np.zeros(count), np.zeros(count, dtype=bool)
    for use in uses:
        short += simulation.demand_hm3(use)[:, trace] - simulation.delivered_hm3(use)[:, trace]
        failed |= simulation.row(use, 2)[:, trace] > 0
    return np.maximum(short, 0.0), failed


def supply_table(simulation: Simulation, trace: int = 0) -> pd.DataFrame:
    """Demand, supply and shortage of every user, a row for each user and bin."""
    import pandas as pd

    parts = []
    for use in simulation.operation.uses:
        demand, got = simulation.demand_hm3(use.id)[:, trace], simulation.delivered_hm3(use.id)[:, trace]
        parts.append(
            pd.DataFrame(
                {
                    "用户": use.id,
                    "类别": CLASS_ZH[use.user_class],
                    **_bins(simulation, len(got)),
                    "需水": demand,
                    "供水": got,
                    "缺水": np.maximum(demand - got, 0.0),
                    "是否破坏": simulation.row(use.id, 2)[:, trace] > 0,
                }
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def indicators(simulation: Simulation) -> pd.DataFrame:
    """Indicators of every reservoir over all traces, from a simulation kept by year.

    多年平均供水量 and 设计枯水年供水量 (exceeded in 95 % of years, m/(n+1)) in hm3; 弃水率 is spill over inflow, 库容系数 β the
    storage between dead and normal level over the mean annual inflow, 调节系数 α what is supplied and released for the river
    over inflow.

    Raises:
        ValueError: for a simulation that is not kept by year.
    """
    import pandas as pd

    if simulation.keep is not Keep.YEAR:
        raise ValueError(f"the indicators of reservoirs go by year; the simulation is kept by {simulation.keep.value}")
    whole = simulation.calendar.whole_years
    years = float(simulation.calendar.hours.sum()) / HOURS_PER_YEAR * simulation.traces
    rows = []
    for number, store in enumerate(simulation.operation.stores):
        sums = {name: float(simulation.record.stores[:, number, k].sum()) for k, name in enumerate(STORE_ITEMS)}
        supplied = simulation.record.supplied[:, number].sum(axis=1).astype(float)
        inflow = (sums["inflow"] + sums["filled"]) / years
        rows.append(
            {
                "水库": store.id,
                "多年平均来水量": inflow,
                "多年平均供水量": float(supplied.sum()) / years,
                "设计枯水年供水量": _design(supplied[whole].ravel()),
                "弃水率": _over(sums["spill"] / years, inflow),
                "库容系数": _over(store.normal_hm3 - store.dead_hm3, inflow),
                "调节系数": _over((float(supplied.sum()) + sums["ecological"]) / years, inflow),
            }
        )
    return pd.DataFrame(rows)


def _bins(simulation: Simulation, count: int) -> dict[str, object]:
    """Columns that say when a row is: the year of the series, from 1, and the calendar month where it is kept by month."""
    numbers = np.arange(count) + 1
    if simulation.keep is not Keep.MONTH:
        return {"年" if simulation.keep is Keep.YEAR else "时段": numbers}
    first = simulation.calendar.timeline.start.month - 1
    return {"年": (numbers - 1 + first) // 12 + 1, "月": (numbers - 1 + first) % 12 + 1}


def _design(values: Floats) -> float:
    """Value that is exceeded or reached in 95 % of years, between plotting positions."""
    if len(values) == 0:
        return float("nan")
    share = empirical_share(values)
    order = np.argsort(share)
    return float(np.interp(DRY_YEAR, share[order], values[order]))


def _over(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
