"""The tables of a simulation by rule as sheets: one for each reservoir, the users, the indicators, the guarantee rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from yuqian.assets.region import Region
from yuqian.assets.workbook import Rows
from yuqian.optimise.simulate import Simulation
from yuqian.reports.long_simulation import LongReport
from yuqian.reports.operating_tables import indicators, standard_table, supply_table
from yuqian.reports.sheets import GUARANTEES, NO, YES, guarantee_rows, rounded, sheet_names

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]

GUIDE, USERS, INDICATORS = "说明", "用户", "指标"
_GUIDE: Rows = (
    ("项目", "单位与口径 / unit and meaning"),
    ("来水、蒸发渗漏、生态下泄、供水、调出、缺水、弃水", "hm³(百万 m³)/ 月"),
    ("月末库容、月末水位", "hm³、m;月末 (at the end of the month)"),
    ("缺水、是否破坏", "由本水库渠管供水的用户 (of the users that conveyances lead to from the reservoir)"),
    ("供水_…", "按用户类别;经河道下泄的供水计入所响应的类别 (by class, what is called down the river included)"),
    ("预见", "无预见,按调度规则 (none: operating rules)"),
    ("系列", "月表为第一条径流系列,保证率与指标为全部系列 (months: the first trace; rates and indicators: all traces)"),
)


def operating_sheets(simulation: Simulation, report: LongReport) -> dict[str, Rows]:
    """Sheets by name.

    Args:
        simulation: one trace, kept by month.
        report: of all traces, kept by year: rates and indicators are theirs.
    """
    region = report.region
    names = sheet_names(region, (store.id for store in simulation.operation.stores))
    months = standard_table(simulation)
    sheets: dict[str, Rows] = {GUIDE: _GUIDE, GUARANTEES: guarantee_rows(report.classes)}
    for store, name in names.items():
        sheets[name] = as_rows(months[months["水库"] == store].drop(columns="水库"))
    users = supply_table(simulation)
    users.insert(1, "名称", [_name(region, user) for user in users["用户"]])
    wanted = indicators(report.simulation)
    wanted.insert(1, "名称", [names[store] for store in wanted["水库"]])
    return {**sheets, USERS: as_rows(users), INDICATORS: as_rows(wanted)}


def as_rows(table: pd.DataFrame) -> Rows:
    """A table as a sheet, its header first: numbers rounded, yes and no in Chinese."""
    body = [
        [(YES if cell else NO) if isinstance(cell, bool) else rounded(cell) for cell in row]
        for row in zip(*(table[column].tolist() for column in table), strict=True)
    ]
    return [[str(column) for column in table], *body]


def _name(region: Region, user: str) -> str:
    known = region.catalogue.assets.get(user)
    return user if known is None else known.identity.name.zh
