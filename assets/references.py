"""How assets refer to each other: whether what is named is there and keeps the right balance, and where water goes instead
when it is not in service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from yuqian.assets.fields import Fields
from yuqian.assets.problems import Code, Mark, Problems, did_you_mean, listed
from yuqian.assets.schema import shapes_of
from yuqian.assets.source import Plain
from yuqian.models.kind import Kind, Refers

BALANCE_NAMES: Mapping[str, str] = {"mw": "an electric balance", "m3_per_s": "a water balance", "t_per_h": "a coal balance"}


def references_of(kind: type[Kind]) -> Mapping[str, Refers]:
    """Fields of a kind that hold the id of another asset."""
    return {name: shape.refers for name, shape in shapes_of(kind).items() if shape.refers is not None}


def targets_of(item: Plain) -> tuple[str, ...]:
    """Ids that a field refers to: one, or those of a list."""
    return tuple(str(one) for one in item.value) if isinstance(item.value, tuple) else (str(item.value),)


def check_references(
    fields_of: Mapping[str, Fields], kinds_of: Mapping[str, type[Kind]], declared: Mapping[str, Mark], problems: Problems
) -> None:
    """Note references to assets that are not there, or that do not open the balance that is asked for.

    Args:
        fields_of: what was read of each asset.
        kinds_of: kind of each asset, as far as it is known.
        declared: all ids, also of assets whose kind is not known.
    """
    by_kind = {kind: references_of(kind) for kind in {kinds_of[asset_id] for asset_id in fields_of}}
    for asset_id, fields in fields_of.items():
        for name, refers in by_kind[kinds_of[asset_id]].items():
            item = fields.plain.get(name)
            if item is None:
                continue
            for target in targets_of(item):
                if target not in declared:
                    found = f"'{target}', which is no asset of the region"
                    _note(f"{asset_id}.{name}", item.mark, Code.DANGLING, found, target, refers, kinds_of, problems)
                elif target in kinds_of and kinds_of[target].opens.get(refers.suffix) != refers.rate:
                    opens = kinds_of[target].opens.get(refers.suffix)
                    found = f"'{target}', which opens {BALANCE_NAMES.get(opens, opens) if opens else 'no balance'}"
                    _note(f"{asset_id}.{name}", item.mark, Code.WRONG_BALANCE, found, target, refers, kinds_of, problems)


def _note(
    where: str, mark: Mark, code: Code, found: str, target: str, refers: Refers, kinds_of: Mapping[str, type[Kind]],
    problems: Problems,
) -> None:  # fmt: skip
    wanted = BALANCE_NAMES.get(refers.rate, f"a balance in {refers.rate}") + f" ({refers.rate})"
    fitting = sorted(_fitting(refers, kinds_of))
    near = did_you_mean(target, fitting)
    problems.add(
        mark, where, code, found=found, allowed=f"an asset that opens {wanted}: {listed(fitting)}",
        next_step=f"did you mean '{near}'?" if near else "name one of these, or add the asset",
    )  # fmt: skip


def _fitting(refers: Refers, kinds_of: Mapping[str, type[Kind]]) -> Iterator[str]:
    for asset_id, kind in kinds_of.items():
        if kind.opens.get(refers.suffix) == refers.rate:
            yield asset_id
