"""What the workbooks of results share: names of sheets, and the sheet of guarantee rates (供水保证率)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from yuqian.assets.region import Region
from yuqian.assets.workbook import Cell, Rows
from yuqian.models.user_class import CLASS_ZH
from yuqian.reports.guarantee import Failure, Guarantee

GUARANTEES = "供水保证率"
YES, NO = "是", "否"
DECIMALS = 6
LONGEST_SHEET_NAME = 31
_NOT_IN_A_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")
_FAILURE_ZH = {Failure.SHORT: "缺水即破坏", Failure.DEEP: "超过允许破坏深度"}
_HEADER = (
    "用户类别", "需水量(hm³/年)", "供水量(hm³/年)", "年保证率", "年保证率95%下限", "年保证率95%上限", "历时保证率",
    "水量保证率", "破坏年数", "年数", "最长破坏(时段)", "最大破坏深度", "恢复性", "计算公式", "破坏判据",
)  # fmt: skip


def sheet_names(region: Region, ids: Iterable[str]) -> dict[str, str]:
    """Chinese names of assets as a workbook takes them, by id; an id joins a name that two of them share."""
    plain = {name: _NOT_IN_A_SHEET_NAME.sub(" ", region.catalogue.assets[name].identity.name.zh) for name in ids}
    shared = {zh for zh in plain.values() if list(plain.values()).count(zh) > 1}
    return {
        name: (f"{zh[: LONGEST_SHEET_NAME - len(name) - 1]} {name}" if zh in shared else zh)[:LONGEST_SHEET_NAME]
        for name, zh in plain.items()
    }


def guarantee_rows(classes: Sequence[Guarantee]) -> Rows:
    """Guarantee rates as a sheet, a row a class; rates are shares."""
    body = []
    for one in classes:
        cells: list[Cell] = [
            class_name(one.name), one.demand_hm3_per_year, one.delivered_hm3_per_year, one.by_year, *one.by_year_interval,
            one.by_period, one.by_volume, one.failed_years, one.years, one.longest_periods, one.depth, one.resilience,
            one.formula.value, _FAILURE_ZH[one.failure],
        ]  # fmt: skip
        body.append([rounded(cell) for cell in cells])
    return [_HEADER, *body]


def class_name(name: str) -> str:
    """The Chinese name of a class, whether it stands alone or as the name of a row; other names as they are."""
    known: Mapping[str, str] = {one.value: zh for one, zh in CLASS_ZH.items()}
    return known.get(name.removeprefix("class."), name)


def rounded(cell: Cell) -> Cell:
    """A number without the noise of rounding, and without a sign before nought."""
    return round(cell, DECIMALS) + 0.0 if isinstance(cell, float) else cell
