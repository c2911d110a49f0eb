"""Water users as a table, one sheet a class of user: what a planner fills in, and what is read back as a scenario.

A row is one number of one user, with unit, source, confidence, range and note, as the catalogue asks for. What is read becomes
an overlay: a scenario laid over another one, whose numbers are those of the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from yuqian.assets.asset import Asset
from yuqian.assets.building import build
from yuqian.assets.fields import FieldReader
from yuqian.assets.new_users import COLUMNS as NEW_COLUMNS
from yuqian.assets.new_users import SHEET as NEW
from yuqian.assets.new_users import NewUser, NewUserReader, selected
from yuqian.assets.problems import CatalogueError, Mark, Problem, Problems, listed, rename_hint
from yuqian.assets.region import Region
from yuqian.assets.schema import Shape, shapes_of
from yuqian.assets.sheet_reader import KEY, SheetReader, chosen, in_both_languages
from yuqian.assets.source import Confidence, Fact, Source, Value, as_data
from yuqian.assets.user_row import (
    CLASS,
    COLUMNS,
    CONFIDENCE,
    FIELD,
    HIGH,
    ID,
    LOW,
    TIMES,
    UNIT,
    VALUE,
    Row,
    meant,
)
from yuqian.assets.workbook import Cell, Rows, column_letter, read_workbook
from yuqian.assets.yaml_reader import Node
from yuqian.models.demand_law import WaterDemand
from yuqian.models.kind import UserClass
from yuqian.models.user_class import CLASS_ZH

GUIDE, SOURCES = "填写说明", "来源目录"
WIDTHS: Final = (12, 24, 18, 28, 26, 18, 16, 24, 12, 14, 14, 40)
_GUIDE: Final = (
    ("项目", "说明 / notes"),
    ("编号、参数", "与目录一致,不可改动 (ids and fields as in the catalogue; a row that is left out keeps its number)"),
    (
        NEW,
        "目录中没有的用户各占其一行,数值按新编号填入类别表 (a user that the catalogue does not have takes a row of that sheet, "
        "with a user of its kind that it is like; its numbers go into the sheet of its class under the new id)",
    ),
    ("数值", "不带单位;多个数用分号隔开 (without unit; several numbers with semicolons)"),
    ("单位", "须与本表一致 (as written here; convert the number, not the unit)"),
    (
        "来源",
        f"见表『{SOURCES}』,多个用分号隔开;自己的资料加在该表末尾 (keys of that sheet; add rows of your own)",
    ),
    ("可信度", in_both_languages(Confidence, " / ")),
    ("下限、上限", "假定值必填;加×为系数,如 ×0.8 与 ×1.2 (needed for assumed numbers; with × they are factors on the value)"),
)


class TableError(CatalogueError):
    """Everything that is wrong in a table, each with file, sheet, row and column."""

    def __init__(self, problems: tuple[Problem, ...], file: str) -> None:
        super().__init__(problems)
        self.args = ("\n".join(_said(problem, file) for problem in self.problems),)


@dataclass(frozen=True)
class UserNumbers:
    """What a table holds.

    Attributes:
        facts: by asset and field.
        sources: documents that the table adds to those of the region, by key.
        added: users that it adds, by id.
    """

    facts: Mapping[str, Mapping[str, Fact]]
    sources: Mapping[str, Source] = field(default_factory=dict)
    added: Mapping[str, NewUser] = field(default_factory=dict)

    def as_overlay(self, scenario: str, base: str, name: str) -> dict[str, Any]:
        """A scenario file as plain data: these numbers over those of ``base``."""
        assets = {
            asset: {
                **(self.added[asset].as_data() if asset in self.added else {}),
                **{field: _fact_as_data(fact) for field, fact in sorted(facts.items())},
            }
            for asset, facts in sorted(self.facts.items())
        }
        sources = {key: _source_as_data(source) for key, source in sorted(self.sources.items())}
        more = {**selected(self.added), **({"sources": sources} if sources else {})}
        return {"id": scenario, "name": {"en": name, "zh": name}, "base": base, **more, "assets": assets}


def users_of(region: Region) -> Mapping[UserClass, list[Asset]]:
    """Assets in service that ask for water, by class; every class of :data:`CLASS_ZH` is there."""
    found: dict[UserClass, list[Asset]] = {user: [] for user in CLASS_ZH}
    for asset in region.assets:
        if isinstance(asset.model, WaterDemand):
            found[asset.model.served_as()].append(asset)
    return found


def template(region: Region, empty: bool = False) -> dict[str, Rows]:
    """Sheets of a table to fill in: one a class of user, how to fill it in, and the sources there are.

    Args:
        empty: without the catalogue's numbers; ids, fields and units stay.
    """
    sheets: dict[str, Rows] = {GUIDE: _GUIDE}
    for user, assets in users_of(region).items():
        if assets:
            sheets[CLASS_ZH[user]] = [COLUMNS, *(row for asset in assets for row in _rows(user, asset, empty))]
    sheets[NEW] = [NEW_COLUMNS]
    known = [(key, source.title, source.publisher, source.date) for key, source in sorted(region.catalogue.sources.items())]
    sheets[SOURCES] = [("来源", "题名", "发布者", "日期"), *known]
    return sheets


def as_one_table(sheets: Mapping[str, Rows]) -> Rows:
    """The sheets of users under each other, for a CSV file."""
    return [COLUMNS, *(row for name in CLASS_ZH.values() for row in sheets.get(name, ())[1:])]


def read_users(path: Path, region: Region) -> UserNumbers:
    """Read a filled-in table against a region.

    Rows without a value are passed over. Documents that the sheet of sources has beyond those of the region are added.
    So are users of the sheet of new ones, in service whatever their status.
    Nothing is guessed: an unknown user, field, source or confidence, another unit, a
    number that the kind does not allow, a row that comes twice are refused, all at once.

    Raises:
        WorkbookError: for a file that cannot be read.
        TableError: with everything that is wrong.
    """
    problems = Problems()
    reader = _TableReader(path.name, region, problems)
    sheets = read_workbook(path)
    reader.read_sources(sheets.get(SOURCES, []))
    if new_users := sheets.get(NEW):
        reader.read_new_users(new_users)
    for sheet, rows in sheets.items():
        if sheet not in (GUIDE, SOURCES, NEW):
            reader.read_sheet(sheet, rows, path.suffix.lower() == ".xlsx")
    facts = reader.facts()
    try:
        problems.raise_if_any()
    except CatalogueError as error:
        raise TableError(error.problems, path.name) from None
    return UserNumbers(facts, reader.sources, reader.added)


@dataclass
class _TableReader(SheetReader):
    def __post_init__(self) -> None:
        self._users = {asset.id: asset for assets in users_of(self.region).values() for asset in assets}
        self._nodes: dict[str, dict[str, Node]] = {}
        self.sources: dict[str, Source] = {}
        self.added: dict[str, NewUser] = {}

    def read_sources(self, rows: list[list[Cell]]) -> None:
        """Take up documents whose key the region does not have; a key needs a title."""
        file = f"{self.file}[{SOURCES}]"
        for number, row in enumerate(rows[1:], start=2):
            key, title, publisher, date = (str(cell) if cell is not None else "" for cell in [*row, *[None] * 4][:4])
            if not any((key, title, publisher, date)) or key in self.region.catalogue.sources:
                continue
            if not KEY.fullmatch(key):
                step = "write a short name in letters, digits and underscores"
                self.wrong(Mark(file, number), "来源", f"the key '{key}'", "letters, digits and underscores", step)
            elif not title:
                self.wrong(Mark(file, number), "题名", f"no title of '{key}'", "the title of the document", "write it")
            elif key in self.sources:
                self.wrong(
                    Mark(file, number), "来源", f"a second row of '{key}'", "one row a document", "delete one of the two"
                )
            else:
                self.sources[key] = Source(key, title, publisher, date)

    def read_new_users(self, rows: list[list[Cell]]) -> None:
        """Take up users that the region does not have, so that further rows may give their numbers."""
        reader = NewUserReader(f"{self.file}[{NEW}]", self.region, self.problems, self._users, self.sources)
        self.added = reader.read(rows)
        self._users.update({asset_id: user.asset for asset_id, user in self.added.items()})

    def read_sheet(self, sheet: str, rows: list[list[Cell]], is_class: bool) -> None:
        file = f"{self.file}[{sheet}]"
        if is_class and sheet not in CLASS_ZH.values():
            self.wrong(Mark(file, 1, 1), "sheet", f"the sheet '{sheet}'", listed(CLASS_ZH.values()), "rename or delete it")
            return
        if not self.has_columns(file, rows, COLUMNS):
            return
        for number, row in enumerate(rows[1:], start=2):
            cells = [*row, *[None] * (len(COLUMNS) - len(row))]
            if any(cell is not None for cell in cells):
                self._read_row(Row(file, number, cells), sheet if is_class else None)

    def _read_row(self, row: Row, sheet: str | None) -> None:
        asset = self._users.get(str(row[ID]))
        if asset is None:
            step = rename_hint(str(row[ID]), self._users, "take the id from the template, or add the user to the catalogue")
            self.wrong(row.mark(ID), "编号", f"'{row[ID]}'", f"a user in service: {listed(self._users)}", step)
            return
        assert isinstance(asset.model, WaterDemand)
        own = CLASS_ZH[asset.model.served_as()]
        for found, column in ((row[CLASS], CLASS), (sheet, ID)):
            if found is not None and found != own:
                self.wrong(row.mark(column), f"{asset.id}.用户类别", f"'{found}'", own, "move the row to its own class")
        shapes, field = _number_shapes(asset), str(row[FIELD])
        if field not in shapes:
            step = rename_hint(field, shapes, "take the field from the template")
            self.wrong(row.mark(FIELD), f"{asset.id}.参数", f"'{field}'", listed(shapes), step)
            return
        if row[VALUE] is None:
            return
        if str(row[UNIT]) != shapes[field].unit:
            step = f"convert the number to {shapes[field].unit}"
            self.wrong(row.mark(UNIT), f"{asset.id}.{field}", f"the unit '{row[UNIT]}'", shapes[field].unit, step)
        nodes = self._nodes.setdefault(asset.id, {})
        if field in nodes:
            before = nodes[field].mark
            step = "delete one of the two"
            self.wrong(row.mark(FIELD), f"{asset.id}.{field}", f"a second row (first in {before})", "one row a number", step)
        if self._words_are_plain(row, f"{asset.id}.{field}", shapes[field].many):
            nodes[field] = row.fact(shapes[field])

    def _words_are_plain(self, row: Row, where: str, many: bool) -> bool:
        """Whether numbers and confidence are written as they must be; else says how."""
        before = len(self.problems)
        for column in (VALUE, LOW, HIGH):
            words = row.words(column, many)
            plain = [meant(word) for word in words]
            if any(plain):
                step = f"write {'; '.join(one or word for one, word in zip(plain, words, strict=True))}"
                self.wrong(row.mark(column), where, f"'{row[column]}'", "a number in digits and a point alone", step)
        word = row[CONFIDENCE]
        if word is not None and chosen(str(word), Confidence) is None:
            allowed = in_both_languages(Confidence)
            self.wrong(row.mark(CONFIDENCE), f"{where}.confidence", f"'{word}'", allowed, "write one of these")
        return len(self.problems) == before

    def facts(self) -> dict[str, Mapping[str, Fact]]:
        """Everything read, checked by the reader of the catalogue and by the kinds' own rules."""
        fields = FieldReader(self.problems, {**self.region.catalogue.sources, **self.sources})
        found: dict[str, Mapping[str, Fact]] = {}
        for asset_id in sorted({*self._nodes, *self.added}):
            asset, nodes = self._users[asset_id], self._nodes.get(asset_id, {})
            if asset_id in self.added:
                self._note_missing(self.added[asset_id], nodes)
            read = fields.read(asset_id, nodes, _number_shapes(asset), f"the user '{asset_id}'")
            build(self.problems, type(asset.model), asset_id, read.over(asset.fields), Mark(self.file), {"id": asset_id})
            found[asset_id] = read.facts
        return found

    def _note_missing(self, user: NewUser, nodes: Mapping[str, Node]) -> None:
        """Numbers that a new user needs and that have no row."""
        assert isinstance(user.asset.model, WaterDemand)
        sheet = CLASS_ZH[user.asset.model.served_as()]
        for name, shape in _number_shapes(user.asset).items():
            if shape.required and name not in nodes:
                found, allowed = f"no row of '{name}'", f"a number in {shape.unit}, which the kind '{user.asset.kind}' needs"
                step = f"add a row with it to the sheet {sheet}, under the id '{user.asset.id}'"
                self.wrong(user.mark, f"{user.asset.id}.{name}", found, allowed, step)


def _rows(user: UserClass, asset: Asset, empty: bool) -> Iterator[tuple[Cell, ...]]:
    # What the catalogue leaves at its default comes last.
    shapes = _number_shapes(asset)
    for name in sorted(shapes, key=lambda name: name not in asset.fields.facts):
        fact, shape = asset.fields.facts.get(name), shapes[name]
        meaning = type(asset.model).model_fields[name].title
        start = (CLASS_ZH[user], asset.id, asset.identity.name.zh, name, meaning)
        if empty or fact is None:
            yield (*start, None, shape.unit, None, None, None, None, None)
            continue
        low, high = (_shown(end) for end in fact.range or (None, None))
        if fact.range_factor is not None:
            low, high = (f"{TIMES}{factor!r}" for factor in fact.range_factor)
        sources, note = "; ".join(fact.sources), fact.note or None
        yield *start, _shown(fact.value), shape.unit, sources, fact.confidence.value, low, high, note


def _shown(value: Value | None) -> Cell:
    return "; ".join(f"{number!r}" for number in value) if isinstance(value, tuple) else value


def _number_shapes(asset: Asset) -> dict[str, Shape]:
    return {name: shape for name, shape in shapes_of(type(asset.model)).items() if shape.number}


def _fact_as_data(fact: Fact) -> dict[str, Any]:
    data: dict[str, Any] = {
        "value": as_data(fact.value),
        "source": fact.sources[0] if len(fact.sources) == 1 else list(fact.sources),
        "confidence": fact.confidence.value,
    }
    if fact.range is not None:
        data["range"] = [as_data(end) for end in fact.range]
    if fact.range_factor is not None:
        data["range_factor"] = list(fact.range_factor)
    if fact.note:
        data["note"] = fact.note
    return data


def _source_as_data(source: Source) -> dict[str, str]:
    return {name: text for name in ("title", "publisher", "date") if (text := getattr(source, name))}


def _said(problem: Problem, file: str) -> str:
    sheet = problem.file.removeprefix(file).strip("[]")
    columns = NEW_COLUMNS if sheet == NEW else COLUMNS
    place = ", ".join(
        part
        for part in (
            file,
            f"sheet {sheet}" if sheet else "",
            f"row {problem.line}" if problem.line else "",
            f"column {column_letter(problem.column)} ({columns[problem.column - 1]})" if problem.column else "",
        )
        if part
    )
    return f"{place}: {problem.where}: found {problem.found}; allowed: {problem.allowed}; do: {problem.next_step}"
