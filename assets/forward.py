"""Where a reference leads when the asset that it names is not in service: on downstream, or nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from yuqian.assets.asset import Asset
from yuqian.assets.fields import Fields
from yuqian.assets.problems import Code, Problems
from yuqian.assets.references import references_of, targets_of
from yuqian.assets.region import Note, NoteCode
from yuqian.assets.source import Value
from yuqian.models.kind import Kind, Refers


@dataclass(frozen=True)
class Network:
    """The assets of a region in a scenario.

    Attributes:
        assets: all of the catalogue, by id.
        absent: those that are not in service, with the reason.
        scenario, file: what messages call the scenario.
        references: fields that refer to other assets, by kind, as they are asked for.
    """

    assets: Mapping[str, Asset]
    absent: Mapping[str, str]
    scenario: str
    file: str
    references: dict[type[Kind], Mapping[str, Refers]] = field(default_factory=dict, compare=False)

    def references_of(self, kind: type[Kind]) -> Mapping[str, Refers]:
        """Fields of a kind that refer to other assets, worked out once."""
        if kind not in self.references:
            self.references[kind] = references_of(kind)
        return self.references[kind]


def connected(asset: Asset, network: Network, problems: Problems) -> tuple[Asset, list[Note]]:
    """An asset whose references all lead to assets in service, and notes on those that were forwarded.

    What is given to an asset that is not in service goes on to where that asset would have released it; what is offered to one
    is not offered. Anything else that names one is refused: a plant cannot take from a reservoir that is not there.
    """
    moved: dict[str, Value | None] = {}
    notes = []
    for name, refers in network.references_of(type(asset.model)).items():
        item = asset.plain.get(name)
        missing = [] if item is None else [target for target in targets_of(item) if target in network.absent]
        if item is None or not missing:
            continue
        if refers.offers:
            kept = tuple(target for target in targets_of(item) if target not in missing)
            moved[name] = kept if isinstance(item.value, tuple) else None
            why = ", ".join(f"{target} ({network.absent[target]})" for target in missing)
            notes.append(Note(asset.id, f"{name} leaves out {why}", NoteCode.FORWARDED))
            continue
        path = _downstream(missing[0], network) if refers.gives and not isinstance(item.value, tuple) else None
        if path is None:
            for target in missing:
                _refuse(asset, name, target, refers, network, problems)
            continue
        moved[name] = path[-1]
        over = ", ".join(f"{step} ({network.absent[step]})" for step in path[:-1])
        notes.append(Note(asset.id, f"{name} goes to {path[-1]}, past {over}", NoteCode.FORWARDED))
    if not moved:
        return asset, notes
    after = {name: (item, moved.get(name, item.value)) for name, item in asset.plain.items()}
    plain = {name: replace(item, value=value) for name, (item, value) in after.items() if value is not None}
    fields = Fields(asset.facts, plain, asset.fields.broken)
    return replace(asset, fields=fields, model=asset.model.model_copy(update=moved)), notes


def _downstream(target: str, network: Network) -> list[str] | None:
    """The way from an absent asset down to the first one in service; None if there is no way."""
    path = [target]
    while path[-1] in network.absent:
        asset = network.assets[path[-1]]
        onward = asset.model.forwards_to
        item = asset.plain.get(onward) if onward else None
        if item is None or str(item.value) in path:
            return None
        path.append(str(item.value))
    return path


def _refuse(asset: Asset, name: str, target: str, refers: Refers, network: Network, problems: Problems) -> None:
    item = asset.plain[name]
    passes = ", and nothing says where its water would go instead" if refers.gives else ""
    problems.add(
        item.mark, f"{asset.id}.{name}", Code.NOT_IN_SERVICE,
        found=f"'{target}', which is not in service in the scenario '{network.scenario}' ({network.absent[target]}){passes}",
        allowed="an asset that is in service",
        next_step=f"in {network.file}, add '{target}' or remove '{asset.id}' under 'select'",
    )  # fmt: skip
