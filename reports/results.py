"""Results as one self-describing file.

A results file is netCDF-4 with CF units and these groups: ``inputs`` (every number by step that went in, and the parameters
of every asset), ``results`` (every decision), ``balances`` (what each asset gave to and took from each balance), ``duals``
(prices of the balances and of the limits) and ``kpi``. Times are UTC in the file, as CF readers expect; steps begin at the
stamp. The file alone is enough for the audit.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from yuqian.models.book import Answer
from yuqian.models.clock import OPENING, Clock, Floats, Horizon, Rhythm, Timeline
from yuqian.models.kind import Kind
from yuqian.models.kinds import known_kinds
from yuqian.models.ledger import Account
from yuqian.models.port import Port
from yuqian.models.units import unit_of
from yuqian.optimise.answers import decisions
from yuqian.optimise.assemble import Assembly
from yuqian.optimise.entries import BalanceSheet, Books
from yuqian.optimise.prices import Price, balance_prices
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Solution
from yuqian.reports.audit import Audit, audit

GROUPS = ("inputs", "results", "balances", "duals", "kpi")
CONVENTIONS = "CF-1.11"
STAND_INS: Mapping[str, type[Kind]] = {"port": Port}
"""What no catalogue holds but an answer may: markets in place of a part that was left out."""
COMPRESSED = {"zlib": True, "complevel": 1, "shuffle": True}


class ResultsError(ValueError):
    """A file that is no results file of this program; the message says what is missing."""


@dataclass(frozen=True)
class Results:
    """Everything known of one answer, as datasets by group.

    Attributes:
        clock: the calendar.
        assets: what was modelled, in order of id.
        groups: one dataset for each of :data:`GROUPS`.
        attributes: of the whole file: objective, status, versions, fingerprints.
    """

    clock: Clock
    assets: tuple[Kind, ...]
    groups: Mapping[str, xr.Dataset]
    attributes: Mapping[str, Any]

    @property
    def horizon(self) -> Horizon:
        """Whether the answer stands alone, or opens with given numbers."""
        return Horizon(self.attributes.get("horizon", Horizon.WHOLE.value))

    @property
    def objective_yuan(self) -> float:
        return float(self.attributes["objective_yuan"])

    def answers(self) -> dict[str, Answer]:
        """Decisions and series of each asset, as the auditor reads them."""
        arrays: dict[str, dict[str, Floats]] = {asset.id: {} for asset in self.assets}
        for group in ("inputs", "results"):
            for variable in self.groups[group].data_vars.values():
                for owner in variable[variable.dims[0]].values:
                    arrays.setdefault(str(owner), {})[variable.attrs["name"]] = variable.sel({variable.dims[0]: owner}).values
        return {owner: Answer(owner, named) for owner, named in arrays.items()}

    def audit(self) -> Audit:
        """Re-add everything from what the file holds.

        Raises:
            ResultsError: if a decision or series that an asset must have is not there.
        """
        try:
            return audit(self.assets, self.answers(), self.clock, self.objective_yuan, self.horizon)
        except AttributeError as error:
            raise ResultsError(f"the results are not whole: {error}") from error

    def write(self, path: Path) -> None:
        """Write the file; an existing one is replaced only when the new one is complete."""
        part = path.with_suffix(".part")
        header = xr.Dataset(attrs={"Conventions": CONVENTIONS, **self.attributes, **_clock_attributes(self.clock)})
        header.to_netcdf(part, engine="h5netcdf", mode="w")
        for name, dataset in self.groups.items():
            encoding = {str(v): COMPRESSED for v in dataset.data_vars if dataset[v].dtype.kind == "f" and dataset[v].ndim}
            dataset.to_netcdf(part, engine="h5netcdf", mode="a", group=name, encoding=encoding)
        part.replace(path)


def read_results(path: Path, kinds: Mapping[str, type[Kind]] | None = None) -> Results:
    """Read a results file back.

    Raises:
        ResultsError: for a file without the groups or attributes of a results file, or with a kind that is not known.
    """
    known = {**(kinds or known_kinds()), **STAND_INS}
    try:
        with xr.open_dataset(path, engine="h5netcdf") as header:
            attributes = dict(header.attrs)
        groups = {}
        for name in GROUPS:
            with xr.open_dataset(path, engine="h5netcdf", group=name, decode_times=False) as dataset:
                groups[name] = dataset.load()
        described = json.loads(groups["inputs"].attrs["assets"])
        clock = _clock_of(attributes)
        assets = tuple(known[one["kind"]](**one["parameters"]) for one in described)
    except (OSError, KeyError, ValueError) as error:
        raise ResultsError(f"{path} is no results file of yuqian: {error}") from error
    return Results(clock, assets, groups, attributes)


def collect(
    assembly: Assembly, program: Program, solution: Solution, ledger: Books, attributes: Mapping[str, Any],
    prices: Mapping[str, Price] | None = None, openings: Mapping[tuple[str, str], Floats] | None = None,
) -> Results:  # fmt: skip
    """Everything known of a solution, ready to be audited and written.

    Args:
        prices: of the balances; those of the solution's own duals when None.
        openings: what a window began with, by (asset, Param).
    """
    if solution.x is None:
        raise ResultsError(f"there is nothing to write: the solve ended as '{solution.outcome.value}'")
    clock = assembly.clock
    kind_of = {asset.id: asset.kind_name() for asset in assembly.assets}
    kind_of |= {asset.owner_together(): asset.kind_name() for asset in assembly.assets}
    inputs = _by_kind({**assembly.series, **(openings or {})}, kind_of, clock)
    inputs.attrs["assets"] = json.dumps(
        [{"kind": asset.kind_name(), "parameters": asset.model_dump(mode="json")} for asset in assembly.assets],
        ensure_ascii=False,
    )
    groups = {
        "inputs": inputs,
        "results": _by_kind(decisions(program, solution.x), kind_of, clock),
        "balances": _balances(ledger.balances.values(), clock),
        "duals": _duals(assembly, program, solution, prices),
        "kpi": _indicators(ledger, solution),
    }
    header = {
        "title": "yuqian results",
        "objective_yuan": solution.objective_yuan,
        "bound_yuan": solution.bound_yuan,
        "status": solution.outcome.value,
        "horizon": assembly.steps.horizon.value,
        **attributes,
    }
    return Results(clock, assembly.assets, groups, header)


def _by_kind(arrays: Mapping[tuple[str, str], Floats], kind_of: Mapping[str, str], clock: Clock) -> xr.Dataset:
    """One variable for each kind and name, with the assets of the kind as first dimension."""
    together: dict[tuple[str, str, int], dict[str, Floats]] = {}
    for (owner, name), values in sorted(arrays.items()):
        together.setdefault((kind_of[owner], name, len(values)), {})[owner] = np.asarray(values, dtype=float)
    variables: dict[str, xr.DataArray] = {}
    for (kind, name, length), by_owner in together.items():
        label = f"{kind}__{name}"
        if label in variables:
            label = f"{label}__{length}"
        steps = _dimension(length, clock, label)
        owners = list(by_owner)
        variables[label] = xr.DataArray(
            np.stack(list(by_owner.values())),
            dims=(f"{label}__asset", steps),
            coords={f"{label}__asset": owners},
            attrs={"name": name, "kind": kind, "units": _cf_unit(name), "long_name": name.replace("_", " ")},
        )
    return xr.Dataset(variables, coords=_times(clock))


def _balances(sheets: Iterable[BalanceSheet], clock: Clock) -> xr.Dataset:
    variables: dict[str, xr.DataArray] = {}
    for sheet in sheets:
        if not sheet.lines:
            continue
        entries = [f"{line.owner}: {line.label}" for line in sheet.lines]
        variables[sheet.name] = xr.DataArray(
            np.stack([line.values for line in sheet.lines]),
            dims=(f"{sheet.name}__entry", sheet.rhythm.value),
            coords={f"{sheet.name}__entry": entries},
            attrs={"units": unit_of(sheet.flow.rate), "long_name": "given to (+) and taken from (-) the balance"},
        )
    return xr.Dataset(variables, coords=_times(clock))


def _duals(assembly: Assembly, program: Program, solution: Solution, prices: Mapping[str, Price] | None) -> xr.Dataset:
    """Price of each balance, and dual of each limit, yuan per unit of its right-hand side.

    Prices of one kind of balance are one table, and so are the limits of one length: a file of few variables is read fast.
    """
    clock = assembly.clock
    duals = {}
    if solution.row_dual is not None and solution.column_dual is not None and solution.x is not None:
        duals = program.row_duals(solution.row_dual, solution.column_dual, solution.x)
        prices = balance_prices(assembly, program, solution) if prices is None else prices
    tables: dict[tuple[str, str, str], dict[str, Floats]] = {}
    for name, price in (prices or {}).items():
        balance = assembly.ledger.balances[name]
        key = (f"price__{balance.flow.rate}", balance.rhythm.value, f"yuan/{price.unit}")
        tables.setdefault(key, {})[name] = price.values
    limits: dict[tuple[str, str, str], dict[str, Floats]] = {}
    for (owner, name), dual in duals.items():
        if owner != "balance" and np.any(dual):
            steps = _dimension(len(dual), clock, f"limit_{len(dual)}")
            limits.setdefault((f"limit__{steps}", steps, "yuan"), {})[f"{owner}.{name}"] = dual
    variables = {key[0]: _rows(key, rows, "cost of one more unit taken from the balance") for key, rows in tables.items()}
    said = "change of cost per unit of the limit's right-hand side"
    variables |= {key[0]: _rows(key, rows, said) for key, rows in limits.items()}
    return xr.Dataset(variables, coords=_times(clock))


def _rows(key: tuple[str, str, str], rows: Mapping[str, Floats], long_name: str) -> xr.DataArray:
    """A table of arrays along the same steps, one row a name."""
    label, steps, units = key
    return xr.DataArray(
        np.stack(list(rows.values())), dims=(f"{label}__of", steps), coords={f"{label}__of": list(rows)},
        attrs={"units": units, "long_name": long_name},
    )  # fmt: skip


def _indicators(ledger: Books, solution: Solution) -> xr.Dataset:
    variables: dict[str, xr.DataArray] = {}
    for account, lines in ledger.accounts.items():
        if not lines:
            continue
        names = [f"{line.owner}: {line.label}" for line in lines]
        variables[account.value] = xr.DataArray(
            [float(line.values.sum()) for line in lines],
            dims=(f"{account.value}__entry",),
            coords={f"{account.value}__entry": names},
            attrs={"units": unit_of(account.flow.total), "long_name": _ACCOUNT_NAMES[account]},
        )
    variables["iterations"] = xr.DataArray(solution.iterations, attrs={"units": "1", "long_name": "iterations of the solver"})
    return xr.Dataset(variables)


_ACCOUNT_NAMES = {
    Account.COST: "cost",
    Account.SHORTAGE: "water asked for and not given",
    Account.CO2: "carbon dioxide emitted",
    Account.ALLOCATION: "water handed to users, gross",
}


def _dimension(length: int, clock: Clock, label: str) -> str:
    """Name of the step dimension that an array of this length lies on."""
    for timeline in (clock.power, clock.water):
        if length == timeline.count:
            return timeline.rhythm.value
        if length == timeline.count + 1:
            return f"{timeline.rhythm.value}_end"
    return f"{label}__step"


def _times(clock: Clock) -> dict[str, Any]:
    return {**_stamps(clock.power), **_stamps(clock.water)}


def _stamps(timeline: Timeline) -> dict[str, Any]:
    """Stamps of a timeline in hours since its start; the ends include the opening instant."""
    name = timeline.rhythm.value
    begin = np.concatenate(([0.0], np.cumsum(timeline.hours)))
    units = f"hours since {timeline.start.isoformat(sep=' ')} +08:00"
    calendar = {"calendar": "noleap"} if timeline.drops_leap_days else {}
    note = "beginning of the step" if timeline.rhythm is Rhythm.POWER else "beginning of the water step"
    return {
        name: (name, begin[:-1], {"units": units, "long_name": note, "standard_name": "time", **calendar}),
        f"{name}_end": (
            f"{name}_end", begin,
            {"units": units, "long_name": f"instants: the opening ({OPENING}) and the end of every step", **calendar},
        ),
    }  # fmt: skip


def _clock_attributes(clock: Clock) -> dict[str, Any]:
    return {
        "clock_start": clock.power.start.isoformat(),
        "clock_zone": "UTC+08:00",
        "clock_drops_leap_days": int(clock.water.drops_leap_days),
        "power_hours": _runs(clock.power.hours),
        "water_hours": _runs(clock.water.hours),
    }


def _clock_of(attributes: Mapping[str, Any]) -> Clock:
    start = dt.datetime.fromisoformat(attributes["clock_start"])
    drops = bool(attributes.get("clock_drops_leap_days", False))
    return Clock(
        Timeline(Rhythm.POWER, start, _lengths(attributes["power_hours"]), drops),
        Timeline(Rhythm.WATER, start, _lengths(attributes["water_hours"]), drops),
    )


def _runs(hours: Floats) -> str:
    """Step lengths as JSON: pairs of how many and how long."""
    ends = np.flatnonzero(np.concatenate((hours[1:] != hours[:-1], [True])))
    counts = np.diff(np.concatenate(([-1], ends)))
    return json.dumps([[int(count), float(hours[end])] for count, end in zip(counts, ends, strict=True)])


def _lengths(text: str) -> Floats:
    return np.concatenate([np.full(count, hours) for count, hours in json.loads(text)])


def _cf_unit(name: str) -> str:
    try:
        return unit_of(name)
    except ValueError:
        return "1"
