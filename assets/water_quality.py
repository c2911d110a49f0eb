"""Quality as a filter: whether water of a class that a user or an arc does not take could reach it.

Water of several classes is one commodity in the balances, so a class is never followed through a mixture. Where water that is
too poor could come to a user, by any way through supply nodes, the region is refused; what passes needs no rule in the program.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from yuqian.assets.asset import Asset
from yuqian.assets.problems import Code, Problems
from yuqian.assets.references import references_of, targets_of
from yuqian.models.kind import Kind
from yuqian.models.water_quality import WaterQuality

WATER = "m3_per_s"
Way = tuple[str, ...]
"""Assets that water passes, its source first."""


@dataclass
class _Flows:
    """Who takes water where, and who brings it where."""

    taken: dict[str, list[str]] = field(default_factory=dict)
    brought: dict[str, list[str]] = field(default_factory=dict)
    models: dict[str, Kind] = field(default_factory=dict)

    def add(self, asset: Asset) -> None:
        self.models[asset.id] = asset.model
        for name, refers in references_of(type(asset.model)).items():
            item = asset.plain.get(name)
            if item is None or refers.rate != WATER or refers.suffix:
                continue
            for target in targets_of(item):
                if refers.gives:
                    self.brought.setdefault(target, []).append(asset.id)
                else:
                    self.taken.setdefault(asset.id, []).append(target)

    def reaching(self, node: str, passed: frozenset[str] = frozenset()) -> Mapping[WaterQuality, Way]:
        """Classes of water that can be at a node, each with a way that it comes by."""
        own = self.models[node].gives_quality() if node in self.models else None
        if own is not None:
            return {own: (node,)}
        found: dict[WaterQuality, Way] = {}
        for arc in sorted(self.brought.get(node, ())):
            if arc not in passed:
                for quality, way in self._through(arc, passed | {arc}).items():
                    found.setdefault(quality, (*way, node))
        return found

    def _through(self, arc: str, passed: frozenset[str]) -> Mapping[WaterQuality, Way]:
        own = self.models[arc].gives_quality()
        if own is not None:
            return {own: (arc,)}
        found: dict[WaterQuality, Way] = {}
        for node in self.taken.get(arc, ()):
            for quality, way in self.reaching(node, passed).items():
                found.setdefault(quality, (*way, arc))
        return found


def check_quality(assets: Iterable[Asset], problems: Problems) -> None:
    """Note every user and arc that water of a worse class than it takes can reach."""
    flows, marks = _Flows(), {}
    for asset in assets:
        flows.add(asset)
        marks[asset.id] = asset.mark
    for owner, nodes in sorted(flows.taken.items()):
        limit = flows.models[owner].takes_quality()
        if limit is None:
            continue
        for node in nodes:
            for quality, way in flows.reaching(node).items():
                if quality.is_worse_than(limit):
                    problems.add(
                        marks[owner], owner, Code.NOT_ALLOWED,
                        found=f"water of class {quality.value} from '{way[0]}', which reaches it by {', '.join(way)}",
                        allowed=f"class {limit.value} or better",
                        next_step=f"take from another node than '{node}', or correct the class of '{way[0]}'",
                    )  # fmt: skip
