"""Assembles assets and their series into one Pyomo model with its ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr.template_expr import templatize_rule

from yuqian.models.carry_law import value_ends
from yuqian.models.clock import Clock, Floats, Horizon, Rhythm, Steps
from yuqian.models.kind import TOGETHER, Example, Kind, Member, by_kind, products_of, table
from yuqian.models.ledger import Ledger
from yuqian.optimise.compile import collector_at_rest, templates

SeriesByAsset = Mapping[tuple[str, str], Floats]
"""Values by step, by (asset, series name)."""


class AssemblyError(ValueError):
    """A series that is missing, of the wrong length, not a number, or out of its range; all of them at once."""


@dataclass(frozen=True)
class Assembly:
    """A Pyomo model and what is needed to read its answer.

    Attributes:
        model: ``asset[id]`` for each asset, ``together[kind]`` for each kind that couples its assets, a block of balances,
            one objective; ordinary Pyomo, for any solver.
        ledger: who enters what where.
        steps: the index sets.
        assets: what was assembled, in order of id.
        series: the numbers by step that went in.
    """

    model: pyo.ConcreteModel
    ledger: Ledger
    steps: Steps
    assets: tuple[Kind, ...]
    series: SeriesByAsset

    @property
    def clock(self) -> Clock:
        return self.steps.clock

    def template(self, rhythm: Rhythm, rule: Callable[[Any], Any]) -> tuple[Any, Any]:
        """A rule by step of a rhythm as the expression of any one step, and the placeholder of its number."""
        expression, (placeholder,) = templatize_rule(self.model, lambda _, index: rule(index[0]), self.steps.of(rhythm))
        return expression, placeholder

    def for_any_solver(self) -> pyo.ConcreteModel:
        """The model with the data of every decision made, which Pyomo's own compilers and solver interfaces expect."""
        for var in self.model.component_objects(pyo.Var):
            for step in var.index_set():
                var[step]
        return self.model


def assemble(
    assets: Iterable[Kind],
    series: SeriesByAsset,
    clock: Clock,
    horizon: Horizon = Horizon.WHOLE,
    ends_valued: bool = False,
) -> Assembly:
    """Build the model of some assets over a clock.

    Args:
        assets: in any order; ids unique.
        series: every series that a kind asks for, by (asset, name), of the length of its timeline; one that the kind has
            something else for may be left out.
        horizon: whether it stands alone, or is a window that begins with given numbers.
        ends_valued: whether the objective values what a window ends with.

    Raises:
        AssemblyError: for series that are missing or wrong, all at once.
        LedgerError: for entries into balances that nobody opened.
    """
    ordered = tuple(sorted(assets, key=lambda asset: asset.id))
    series = completed(ordered, series, clock)
    check_series(ordered, series, clock)
    model = pyo.ConcreteModel()
    steps = Steps(model, clock, horizon)
    ledger = Ledger(model, steps, products_of(ordered))
    model.asset = pyo.Block([asset.id for asset in ordered])
    with templates(), collector_at_rest():
        for asset in ordered:
            block = model.asset[asset.id]
            for name, need in asset.series.items():
                table(block, name, steps.of(need.rhythm), np.asarray(series[asset.id, name], dtype=float))
            asset.contribute(block, ledger, steps)
        _contribute_together(model, ordered, ledger, steps)
        if ends_valued:
            value_ends(model, steps, ledger)
        ledger.close()
    return Assembly(model, ledger, steps, ordered, series)


def _contribute_together(model: pyo.ConcreteModel, assets: Iterable[Kind], ledger: Ledger, steps: Steps) -> None:
    """Let each kind that couples its assets declare what they have together."""
    nothing = Kind.contribute_together.__func__  # type: ignore[attr-defined]
    coupled = {
        kind: members
        for kind, members in by_kind(assets).items()
        if kind.contribute_together.__func__ is not nothing  # type: ignore[attr-defined]
    }
    if not coupled:
        return
    model.add_component(TOGETHER, pyo.Block([kind.kind_name() for kind in coupled]))
    for kind, members in coupled.items():
        views = [Member(asset, model.asset[asset.id]) for asset in members]
        kind.contribute_together(views, model.component(TOGETHER)[kind.kind_name()], ledger, steps)


def assemble_example(example: Example, clock: Clock) -> Assembly:
    """Build the model of a kind's smallest working instance: each of its series the same in every step."""
    series = {
        (example.asset.id, name): np.full(clock.timeline(need.rhythm).count, float(example.series[name]))
        for name, need in example.asset.series.items()
    }
    return assemble((example.asset, *example.ports), series, clock)


def completed(assets: Iterable[Kind], series: SeriesByAsset, clock: Clock) -> SeriesByAsset:
    """The series, with what a kind has instead of one that is not given; those without such stay missing."""
    added: dict[tuple[str, str], Floats] = {}
    for asset in assets:
        for name, need in asset.series.items():
            if (asset.id, name) in series or need.otherwise is None:
                continue
            if isinstance(need.otherwise, str):
                if (asset.id, need.otherwise) in series:
                    added[asset.id, name] = series[asset.id, need.otherwise]
            else:
                added[asset.id, name] = np.full(clock.timeline(need.rhythm).count, need.otherwise)
    return {**series, **added} if added else series


def check_series(assets: Iterable[Kind], series: SeriesByAsset, clock: Clock) -> None:
    """Refuse series that are missing, too short or long, not finite, or outside what their kind allows.

    Raises:
        AssemblyError: with one line for each series that is wrong.
    """
    wrong = []
    for asset in assets:
        for name, need in asset.series.items():
            label = f"{asset.id}.{name} (resource '{need.resource}')"
            count = clock.timeline(need.rhythm).count
            if (asset.id, name) not in series:
                wrong.append(f"{label} is missing; add a file for the resource, or give the series")
                continue
            values = np.asarray(series[asset.id, name], dtype=float)
            if values.shape != (count,):
                wrong.append(f"{label} must have {count} steps ({need.rhythm.value}), got shape {values.shape}")
                continue
            bad = np.flatnonzero(~((values >= need.low) & (values <= need.high)))
            if len(bad):
                found = values[bad[0]]
                wrong.append(f"{label} is {found} in step {bad[0]}; allowed are {need.low:g} to {need.high:g}")
    if wrong:
        raise AssemblyError("\n".join(wrong))
