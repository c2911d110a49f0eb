"""Users that a table adds to a region: who they are, on a sheet of their own; their numbers stand in the sheets of the classes.

A new user takes its kind, class and choices from a user that is like it, and no number: what the kind needs must have a row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from yuqian.assets.asset import Asset, Evidence, Status
from yuqian.assets.fields import Fields
from yuqian.assets.problems import Mark, listed, rename_hint
from yuqian.assets.schema import shapes_of
from yuqian.assets.sheet_reader import APART, KEY, SheetReader, chosen, in_both_languages
from yuqian.assets.source import Name, Plain, Source, as_data
from yuqian.assets.workbook import Cell

SHEET: Final = "新增用户"
COLUMNS: Final = ("编号", "名称", "英文名称", "类似用户", "取水节点", "状态", "依据", "说明")
ID, NAME_ZH, NAME_EN, LIKE, NODE, STATUS, SOURCE, NOTE = range(len(COLUMNS))
_REASON: Final = "added by the table of water users"


@dataclass(frozen=True)
class NewUser:
    """A user that is not in the region yet.

    Attributes:
        asset: with its identity and choices; its model has the numbers of the user that it is like, which are not its own.
        mark: of its row.
    """

    asset: Asset
    mark: Mark

    def as_data(self) -> dict[str, Any]:
        """What a scenario file says of it, without numbers."""
        identity = self.asset.identity
        assert identity.evidence is not None
        sources, note = identity.evidence.sources, identity.evidence.note
        plain = {name: as_data(item.value) for name, item in sorted(self.asset.fields.plain.items())}
        return {
            "kind": identity.kind, "name": {"en": identity.name.en, "zh": identity.name.zh}, "status": identity.status.value,
            "scope": identity.scope, "evidence": {"source": list(sources), **({"note": note} if note else {})}, **plain,
        }  # fmt: skip


def selected(users: Mapping[str, NewUser]) -> dict[str, Any]:
    """The part of a scenario that takes them into service, whatever its rungs; empty without any."""
    return {"select": {"add": sorted(users), "reason": _REASON}} if users else {}


@dataclass
class NewUserReader(SheetReader):
    """Reads the sheet of new users against a region and the documents of the table; what is wrong is noted."""

    users: Mapping[str, Asset]
    sources: Mapping[str, Source]
    found: dict[str, NewUser] = field(default_factory=dict)

    def read(self, rows: Sequence[Sequence[Cell]]) -> dict[str, NewUser]:
        """All users of the sheet whose row holds all that it must."""
        if not self.has_columns(self.file, rows, COLUMNS):
            return {}
        for number, row in enumerate(rows[1:], start=2):
            cells = ["" if cell is None else str(cell).strip() for cell in [*row, *[None] * len(COLUMNS)][: len(COLUMNS)]]
            if any(cells):
                self._read_row(number, cells)
        return self.found

    def _read_row(self, number: int, cells: Sequence[str]) -> None:
        before, marks = len(self.problems), [Mark(self.file, number, column + 1) for column in range(len(COLUMNS))]
        self._check_id(cells[ID], marks[ID])
        for column in (NAME_ZH, NAME_EN):
            if not cells[column]:
                self.wrong(marks[column], cells[ID], "no name", "a name in both languages", "write it")
        like = self.users.get(cells[LIKE])
        if like is None:
            step = rename_hint(cells[LIKE], self.users, "take the id of a user whose kind and class are the same")
            self.wrong(marks[LIKE], cells[ID], f"'{cells[LIKE]}'", f"a user in service: {listed(self.users)}", step)
        elif cells[NODE] and cells[NODE] not in (nodes := self._nodes(like)):
            step = rename_hint(
                cells[NODE], nodes, "take one of these, or leave it out to take that of the user that it is like"
            )
            self.wrong(
                marks[NODE], f"{cells[ID]}.node", f"'{cells[NODE]}'", f"a water balance in service: {listed(nodes)}", step
            )
        status = chosen(cells[STATUS], Status)
        if status is None:
            allowed = in_both_languages(Status)
            self.wrong(marks[STATUS], f"{cells[ID]}.status", f"'{cells[STATUS]}'", allowed, "write one of these")
        keys = tuple(key for key in APART.split(cells[SOURCE]) if key)
        unknown = [key for key in keys if key not in self.region.catalogue.sources and key not in self.sources]
        if unknown or not keys:
            told = f"the key '{unknown[0]}'" if unknown else "no source"
            step = "cite a document of the sheet of sources, or add it there"
            self.wrong(marks[SOURCE], f"{cells[ID]}.evidence", told, "keys of documents", step)
        if len(self.problems) > before or like is None or status is None:
            return
        identity = replace(
            like.identity, id=cells[ID], name=Name(cells[NAME_EN], cells[NAME_ZH]), status=status, in_service=None, place=None,
            evidence=Evidence(keys, note=cells[NOTE]), mark=marks[ID], marks={},
        )  # fmt: skip
        plain = dict(like.fields.plain)
        if cells[NODE]:
            plain["node"] = Plain(cells[NODE], marks[NODE])
        self.found[cells[ID]] = NewUser(Asset(identity, Fields({}, plain), like.model), marks[ID])

    def _check_id(self, asset_id: str, mark: Mark) -> None:
        if not KEY.fullmatch(asset_id):
            step = "write a short name in letters, digits and underscores"
            self.wrong(mark, "编号", f"'{asset_id}'", "letters, digits and underscores", step)
        elif asset_id in self.region.catalogue.assets:
            step = "delete the row, its numbers need none; or give the new user an id of its own"
            self.wrong(mark, asset_id, f"'{asset_id}', which the region has", "an id that it does not have", step)
        elif asset_id in self.found:
            self.wrong(mark, asset_id, f"a second row of '{asset_id}'", "one row a user", "delete one of the two")

    def _nodes(self, like: Asset) -> list[str]:
        """Assets in service that such a user may take from."""
        refers = shapes_of(type(like.model))["node"].refers
        assert refers is not None
        return sorted(one.id for one in self.region.assets if type(one.model).opens.get(refers.suffix) == refers.rate)
