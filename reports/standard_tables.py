"""The standard result tables of long-series regulation (长系列调节计算), under their Chinese names, from an answer.

One table for each store of water and one for the whole region, by month: 来水, 蒸发渗漏, 生态下泄, 各类供水, 缺水, 弃水,
月末库容, 月末水位, 是否破坏. They are read off the ledger: what is stored, lost, let down and taken are its own entries. A
store's table closes: 来水 = 蒸发渗漏 + 生态下泄 + 供水 + 弃水 + (月末库容 - 月初库容); its 缺水 is that of the ecological flow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from yuqian.assets.workbook import Cell, Rows
from yuqian.models.clock import Floats, Timeline
from yuqian.models.kind import UserClass
from yuqian.models.ledger import Flow
from yuqian.models.user_class import CLASS_ZH
from yuqian.optimise.entries import BalanceSheet
from yuqian.optimise.operating_rules import ALLOWANCES
from yuqian.reports.long import LongResult, Supply
from yuqian.reports.long_tables import served
from yuqian.reports.sheets import GUARANTEES, NO, YES, guarantee_rows, rounded, sheet_names

INFLOW, LOSSES, ECOLOGICAL, SUPPLY, SHORT, SPILL = "来水", "蒸发渗漏", "生态下泄", "供水", "缺水", "弃水"
STORAGE, LEVEL, FAILED = "月末库容", "月末水位", "是否破坏"
REGION, GUIDE = "全区", "说明"
TOLERANCE = ALLOWANCES[UserClass.ECOLOGICAL][0]
LOST = ("evaporation", "seepage")
DRAWDOWN = "drawdown"
_GUIDE: Rows = (
    ("项目", "单位与口径 / unit and meaning"),
    (f"{INFLOW}、{LOSSES}、{ECOLOGICAL}、各类{SUPPLY}、{SHORT}、{SPILL}", "hm³(百万 m³)/ 月"),
    (STORAGE, "hm³;月末 (at the end of the month)"),
    (LEVEL, "m"),
    (FAILED, f"当月缺水超过需水的 {TOLERANCE:g} 为破坏 (short by more than this share of the month's demand)"),
    ("预见", "完全预见线性规划,乐观上界 (perfect foresight: an optimistic bound)"),
)


Column = Floats | list[str]


@dataclass(frozen=True)
class MonthlyTable:
    """A table by month.

    Attributes:
        name: of the store, or :data:`REGION`.
        columns: values by name of the column, shape (months,) each; texts for :data:`FAILED`.
        years, months: of each row, years from 1.
    """

    name: str
    columns: Mapping[str, Column]
    years: Floats
    months: Floats

    def rows(self) -> Rows:
        """As a sheet: year, month, and the columns; the header first."""
        body: list[list[Cell]] = []
        for row, (year, month) in enumerate(zip(self.years, self.months, strict=True)):
            values = [values[row] for values in self.columns.values()]
            body.append([int(year), int(month), *(v if isinstance(v, str) else rounded(float(v)) for v in values)])
        return [["年", "月", *self.columns], *body]


def standard_tables(result: LongResult) -> tuple[MonthlyTable, ...]:
    """The region's table and one for each store, in order of id."""
    timeline = result.study.clock.water
    stores = [
        sheet
        for name, sheet in sorted(result.ledger.balances.items())
        if sheet.flow is Flow.WATER and any(line.owner == name and line.label == DRAWDOWN for line in sheet.lines)
    ]
    return (_region_table(result, timeline), *(_store_table(result, sheet, timeline) for sheet in stores))


def as_sheets(tables: Sequence[MonthlyTable], result: LongResult) -> dict[str, Rows]:
    """All tables as sheets of a workbook, dams by their Chinese names; one says what they hold, and one the guarantee rates."""
    names = sheet_names(result.study.region, (table.name for table in tables if table.name != REGION))
    sheets = {names.get(table.name, table.name): table.rows() for table in tables}
    return {GUIDE: _GUIDE, GUARANTEES: guarantee_rows(served(result.supply)), **sheets}


def _store_table(result: LongResult, sheet: BalanceSheet, timeline: Timeline) -> MonthlyTable:
    volume = timeline.hm3_per_m3_per_s
    own = {line.label: line.values for line in sheet.lines if line.owner == sheet.name}
    lost = -sum((own[label] for label in LOST if label in own), np.zeros(timeline.count))
    required, down, passed = _below(result, sheet, timeline.count)
    kept = np.minimum(required, down)
    taken, came = np.zeros(timeline.count), np.zeros(timeline.count)
    for line in sheet.lines:
        if line.owner == sheet.name and line.label in (*LOST, DRAWDOWN):
            continue
        if (line.owner, line.label) in passed:
            continue
        came += np.maximum(line.values, 0.0)
        taken += np.maximum(-line.values, 0.0)
    storage = _decision(result, sheet.name, "storage_hm3")[1:]
    ends = _last_of_month(timeline)
    short = required - kept
    flows = {INFLOW: came, LOSSES: lost, ECOLOGICAL: kept, SUPPLY: taken, SHORT: short, SPILL: down - kept}
    columns: dict[str, Column] = {name: _by_month(values * volume, timeline) for name, values in flows.items()}
    columns[STORAGE] = storage[ends]
    model = next(asset for asset in result.results.assets if asset.id == sheet.name)
    level_at = getattr(model, "level_m_at", None)
    if level_at is not None:
        columns[LEVEL] = level_at(storage[ends])
    columns[FAILED] = _failed(np.asarray(columns[SHORT]), _by_month(required * volume, timeline))
    return MonthlyTable(sheet.name, columns, *_calendar(timeline))


def _below(result: LongResult, sheet: BalanceSheet, count: int) -> tuple[Floats, Floats, set[tuple[str, str]]]:
    """What must flow on below a store, what does, and which of its entries that is: as its ecological requirement has it."""
    name = f"{sheet.name}.ecological"
    balance = result.ledger.balances.get(name)
    required, down, passed = np.zeros(count), np.zeros(count), {(sheet.name, "release")}
    if balance is None:
        return required, sum((-line.values for line in sheet.lines if (line.owner, line.label) in passed), down), passed
    leaving = {(line.owner, line.label): -line.values for line in sheet.lines}
    for line in balance.lines:
        if (line.owner, line.label) in leaving:
            passed.add((line.owner, line.label))
        elif line.owner == sheet.name and np.all(line.values <= 0.0) and line.label == "required":
            required = -line.values
    down = sum((values for key, values in leaving.items() if key in passed), down)
    return required, down, passed


def _region_table(result: LongResult, timeline: Timeline) -> MonthlyTable:
    supply, volume = result.supply, timeline.hm3_per_m3_per_s
    inflow = sum(
        (values for (_, name), values in result.study.series.as_mapping().items() if name == "inflow_m3_per_s"),
        np.zeros(timeline.count),
    )  # fmt: skip
    columns: dict[str, Column] = {INFLOW: _by_month(inflow * volume, timeline)}
    asked_in_all, given_in_all = supply.demand_hm3.sum(axis=0), supply.supplied_hm3.sum(axis=0)
    classes = [user for user in result.study.region.water.order if user.value in supply.classes]
    for user in classes:
        columns[f"{CLASS_ZH[user]}{SUPPLY}"] = _by_month(supply.of_class(user.value)[1], timeline)
    for user in classes:
        columns[f"{CLASS_ZH[user]}{SHORT}"] = _by_month(_short(supply, user.value), timeline)
    columns[SHORT] = _by_month(np.maximum(asked_in_all - given_in_all, 0.0), timeline)
    stored = [
        _decision(result, asset.id, "storage_hm3")[1:]
        for asset in result.results.assets
        if (asset.id, "storage_hm3") in _decisions(result)
    ]
    columns[STORAGE] = np.sum(stored, axis=0)[_last_of_month(timeline)] if stored else np.zeros(len(columns[INFLOW]))
    for user in classes:
        asked = _by_month(supply.of_class(user.value)[0], timeline)
        columns[f"{CLASS_ZH[user]}{FAILED}"] = _failed(
            np.asarray(columns[f"{CLASS_ZH[user]}{SHORT}"]), asked, ALLOWANCES[user][0]
        )
    return MonthlyTable(REGION, columns, *_calendar(timeline))


def _short(supply: Supply, name: str) -> Floats:
    asked, given = supply.of_class(name)
    short: Floats = np.maximum(asked - given, 0.0)
    return short


def _failed(short: Floats, asked: Floats, tolerance: float = TOLERANCE) -> list[str]:
    return [YES if lacking > tolerance * max(wanted, 1e-9) else NO for lacking, wanted in zip(short, asked, strict=True)]


def _decisions(result: LongResult) -> dict[tuple[str, str], Floats]:
    found = {}
    for variable in result.results.groups["results"].data_vars.values():
        for owner in variable[variable.dims[0]].values:
            found[str(owner), str(variable.attrs["name"])] = variable.sel({variable.dims[0]: owner}).values
    return found


def _decision(result: LongResult, owner: str, name: str) -> Floats:
    values: Floats = _decisions(result)[owner, name]
    return values


def _month_of_step(timeline: Timeline) -> np.ndarray[Any, np.dtype[np.int64]]:
    months = timeline.stamps.astype("datetime64[M]").astype(np.int64)
    counted: np.ndarray[Any, np.dtype[np.int64]] = months - months[0]
    return counted


def _by_month(values: Floats, timeline: Timeline) -> Floats:
    """Sums over the calendar months, shape (months,)."""
    sums: Floats = np.bincount(_month_of_step(timeline), weights=values).astype(float)
    return sums


def _last_of_month(timeline: Timeline) -> np.ndarray[Any, np.dtype[np.intp]]:
    """The last step of each month."""
    return np.flatnonzero(np.diff(_month_of_step(timeline), append=-1))


def _calendar(timeline: Timeline) -> tuple[Floats, Floats]:
    ends = _last_of_month(timeline)
    years = timeline.stamps[ends].astype("datetime64[Y]").astype(float)
    return years - years[0] + 1.0, timeline.months[ends].astype(float)
