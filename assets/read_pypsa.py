"""Reads PyPSA networks (a folder of CSV files, or NetCDF) into assets of ours; PyPSA itself is not needed.

Meaning and defaults are those of PyPSA 1.4 (``Network.optimize`` without transmission losses, capacities fixed). Its money is
our yuan. Weightings are the hours of a step, so the three of them must agree; they may differ from snapshot to snapshot.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import ValidationError

from yuqian.assets.published_case import Case, CaseBuilder, MalformedCase
from yuqian.assets.pypsa_attributes import COMPONENTS, WITHOUT_EFFECT
from yuqian.assets.pypsa_branches import branches
from yuqian.assets.pypsa_generators import generator
from yuqian.assets.pypsa_tables import Tables, read_tables
from yuqian.models.bus import Bus
from yuqian.models.clock import Floats
from yuqian.models.commitment_law import Commitment, Formulation
from yuqian.models.emission_budget import EmissionBudget
from yuqian.models.generator_profile import GeneratorProfile
from yuqian.models.kind import Kind
from yuqian.models.link_profile import LinkProfile
from yuqian.models.load_profile import LoadProfile
from yuqian.models.storage_profile import StorageProfile

K = TypeVar("K", bound=Kind)


def read_pypsa(
    path: Path,
    commitment: Commitment = Commitment.INTEGER,
    formulation: Formulation = Formulation.TIGHT,
    allow: Collection[str] = (),
) -> Case:
    """The network in a folder of CSV files or a NetCDF file.

    Args:
        commitment: of generators that PyPSA calls committable.
        allow: fields to be left out knowingly, as ``component.attribute``.

    Raises:
        UnsupportedCase: listing all fields that our kinds cannot carry.
        MalformedCase: listing all numbers that are none and all names that lead nowhere.
    """
    tables = read_tables(path)
    builder = CaseBuilder(path.name, allow, commitment, formulation)
    reader = Reader(builder, tables)
    reader.read()
    if tables.problems:
        raise MalformedCase(f"{path.name}: " + "; ".join(dict.fromkeys(tables.problems)))
    return builder.case_of(tables.weights["stores"])


@dataclass
class Reader:
    """Goes through the tables of a network.

    Attributes:
        buses: our id of every bus.
        budget: our id of the limit on emissions, if there is one.
        emissions: tonnes per MWh of fuel, by carrier.
    """

    builder: CaseBuilder
    tables: Tables
    buses: dict[str, str] = field(default_factory=dict)
    budget: str | None = None
    emissions: dict[str, float] = field(default_factory=dict)

    @property
    def length_h(self) -> float:
        """Length of a step, where all are alike."""
        return float(self.tables.weights["stores"][0])

    @property
    def is_even(self) -> bool:
        hours = self.tables.weights["stores"]
        return bool(np.all(hours == hours[0]))

    def read(self) -> None:
        self._refuse_unknown()
        tables = self.tables
        for name in tables.members("buses"):
            self.buses[name] = self.builder.id_of(name)
            self.add(Bus, "buses", name, {}, id=self.buses[name], voltage_kv=tables.number("buses", name, "v_nom"))
        self.emissions = {name: tables.number("carriers", name, "co2_emissions") for name in tables.members("carriers")}
        self._budget()
        for name in tables.members("loads"):
            self._load(name)
        for name in tables.members("generators"):
            generator(self, name)
        for name in tables.members("storage_units"):
            self._storage_unit(name)
        for name in tables.members("stores"):
            self._store(name)
        for name in tables.members("links"):
            self._link(name)
        branches(self)

    def add(self, kind: type[K], table: str, name: str, series: dict[str, Any], **fields: Any) -> None:
        """An asset, or a problem with the name of what it comes from."""
        try:
            self.builder.add(kind(**fields), **series)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                where = ".".join(str(part) for part in detail["loc"])
                self.tables.problems.append(f"{table}.{name}: {where + ': ' if where else ''}{detail['msg']}")

    def bus(self, table: str, name: str, attribute: str = "bus") -> str:
        """Our id of the bus that a member names."""
        at = self.tables.text(table, name, attribute)
        if at not in self.buses:
            self.tables.problems.append(f"{table}.{name}.{attribute} names '{at}', which is no bus")
        return self.buses.get(at, "nowhere")

    def _refuse_unknown(self) -> None:
        tables, builder = self.tables, self.builder
        weights = tables.weights
        for name in ("objective", "generators"):
            if not np.array_equal(weights[name], weights["stores"]):
                builder.cannot_carry(f"snapshots.{name} (unlike snapshots.stores)")
        listed = sorted({*tables.static, *(table for table, _ in tables.by_step)})
        for table in listed:
            if table in WITHOUT_EFFECT or not tables.static.get(table):
                continue
            if table not in COMPONENTS:
                builder.cannot_carry(table)
                continue
            known = COMPONENTS[table]
            written = {name for row in tables.static[table].values() for name in row}
            changing = {attribute for other, attribute in tables.by_step if other == table}
            for attribute in sorted(written | changing):
                if not known.knows(attribute) and not known.resembles(attribute):
                    builder.leave_out(f"{table}.{attribute}")
                    continue
                settled = known.knows(attribute) and attribute not in known.neutral
                if not settled and tables.says(table, attribute, known.neutral.get(attribute, "")):
                    builder.cannot_carry(f"{table}.{attribute}")
            for attribute in sorted(name for name in changing & set(known.carried) if not known.may_change(name)):
                builder.cannot_carry(f"{table}.{attribute} by step")

    def _budget(self) -> None:
        """One limit on emissions; PyPSA leaves it out where no carrier emits."""
        tables, highest = self.tables, []
        for name in tables.members("global_constraints"):
            what = {key: tables.text("global_constraints", name, key) for key in ("type", "carrier_attribute", "sense")}
            wanted = {"type": {"primary_energy"}, "carrier_attribute": {"co2_emissions"}, "sense": {"<=", "<"}}
            wrong = [key for key, allowed in wanted.items() if what[key] not in allowed]
            for key in wrong:
                self.builder.cannot_carry(f"global_constraints.{key} '{what[key]}'")
            if not wrong:
                highest.append(tables.number("global_constraints", name, "constant"))
        if highest and any(self.emissions.values()):
            self.budget = self.builder.id_of("co2_budget")
            self.add(EmissionBudget, "global_constraints", "co2", {}, id=self.budget, emission_max_t=min(highest))

    def _load(self, name: str) -> None:
        taken = -self.tables.number("loads", name, "sign") * self.tables.numbers("loads", name, "p_set")
        bus = self.bus("loads", name)
        if np.any(taken > 0) or not np.any(taken < 0):
            self.add(
                LoadProfile,
                "loads",
                name,
                {"demand_mw": np.maximum(taken, 0.0)},
                id=self.builder.id_of(f"load_{name}"),
                bus=bus,
            )
        if np.any(taken < 0):
            given = np.maximum(-taken, 0.0)
            series = {"lowest_mw": given, "highest_mw": given, "price_yuan_per_mwh": 0.0 * given}
            self.add(
                GeneratorProfile, "loads", name, series, id=self.builder.id_of(f"infeed_{name}"), bus=bus, rated_mw=given.max()
            )

    def _storage_unit(self, name: str) -> None:
        tables = self.tables
        value = {key: tables.number("storage_units", name, key) for key in _STORAGE_NUMBERS}
        cyclic = tables.flag("storage_units", name, "cyclic_state_of_charge")
        self._emits_nothing("storage_units", name, cyclic)
        if value["p_min_pu"] > 0:
            self.builder.cannot_carry("storage_units.p_min_pu above nought")
        self.add(
            StorageProfile, "storage_units", name, {"inflow_mw": tables.numbers("storage_units", name, "inflow")},
            id=self.builder.id_of(name), bus=self.bus("storage_units", name),
            power_charge_max_mw=max(-value["p_min_pu"], 0.0) * value["p_nom"],
            power_discharge_max_mw=value["p_max_pu"] * value["p_nom"],
            **self._energy_limits("storage_units", name, "state_of_charge_set", 0.0, value["max_hours"] * value["p_nom"]),
            opening_energy_mwh=None if cyclic else self._opening(value, "state_of_charge_initial"),
            efficiency_charge_ratio=value["efficiency_store"], efficiency_discharge_ratio=value["efficiency_dispatch"],
            standing_loss_fraction_per_h=value["standing_loss"], cost_discharge_yuan_per_mwh=value["marginal_cost"],
            cost_spill_yuan_per_mwh=value["spill_cost"], cost_held_yuan_per_mwh=value["marginal_cost_storage"],
        )  # fmt: skip

    def _store(self, name: str) -> None:
        tables = self.tables
        value = {key: tables.number("stores", name, key) for key in _STORE_NUMBERS}
        limits = (value["e_nom"] * tables.numbers("stores", name, key) for key in ("e_min_pu", "e_max_pu"))
        cyclic = tables.flag("stores", name, "e_cyclic")
        self._emits_nothing("stores", name, cyclic)
        self.add(
            StorageProfile, "stores", name, {"inflow_mw": np.zeros(len(tables.snapshots))}, id=self.builder.id_of(name),
            bus=self.bus("stores", name),
            **self._energy_limits("stores", name, "e_set", *limits),
            opening_energy_mwh=None if cyclic else self._opening(value, "e_initial"),
            standing_loss_fraction_per_h=value["standing_loss"], cost_discharge_yuan_per_mwh=value["marginal_cost"],
            cost_charge_yuan_per_mwh=-value["marginal_cost"], cost_held_yuan_per_mwh=value["marginal_cost_storage"],
        )  # fmt: skip

    def _energy_limits(
        self, table: str, name: str, set_to: str, lowest: Floats | float, highest: Floats | float
    ) -> dict[str, Any]:
        """Limits of what a store holds, by snapshot where they change or where a level is set."""
        level = self.tables.numbers(table, name, set_to)
        low, high = (np.broadcast_to(limit, level.shape) for limit in (lowest, highest))
        low, high = (np.where(np.isnan(level), limit, level) for limit in (low, high))
        fields: dict[str, Any] = {"energy_min_mwh": float(low.min()), "energy_max_mwh": float(high.max())}
        if np.any(low != low[0]) or np.any(high != high[0]):
            fields["energy_min_by_step_mwh"], fields["energy_max_by_step_mwh"] = tuple(low.tolist()), tuple(high.tolist())
        return fields

    def _opening(self, value: Mapping[str, float], initial: str) -> float:
        """PyPSA takes no standing loss from what a store begins with; ours does, so it begins with as much more."""
        kept = float((1.0 - value["standing_loss"]) ** self.length_h)
        return value[initial] / kept if kept > 0 else value[initial]

    def _emits_nothing(self, table: str, name: str, cyclic: bool) -> None:
        """What a store that is not cyclic gives up counts as burnt, which no kind of store can say."""
        if self.budget is not None and not cyclic and self.emissions.get(self.tables.text(table, name, "carrier")):
            self.builder.cannot_carry(f"{table}.carrier that emits, under a global constraint")

    def _link(self, name: str) -> None:
        tables = self.tables
        rated = tables.number("links", name, "p_nom")
        lowest, highest = (rated * tables.numbers("links", name, key) for key in ("p_min_pu", "p_max_pu"))
        set_mw = tables.numbers("links", name, "p_set")
        series = {
            "lowest_mw": np.where(np.isnan(set_mw), lowest, set_mw),
            "highest_mw": np.where(np.isnan(set_mw), highest, set_mw),
            "price_yuan_per_mwh": tables.numbers("links", name, "marginal_cost"),
        }
        more = self._more_ends(name)
        ratios = [tables.numbers("links", name, f"efficiency{number}") for number in ("", *more)]
        changes = any(np.any(ratio != ratio[0]) for ratio in ratios)
        self.add(
            LinkProfile, "links", name, series, id=self.builder.id_of(name), bus_from=self.bus("links", name, "bus0"),
            bus_to=self.bus("links", name, "bus1"), rated_mw=rated,
            efficiency_ratio=float(ratios[0].max() if changes else ratios[0][0]),
            more_buses=tuple(self.bus("links", name, f"bus{number}") for number in more),
            more_efficiency_ratio=tuple(float(ratio[0]) for ratio in ratios[1:]),
            efficiency_by_step_ratio=tuple(np.stack(ratios, axis=1).ravel().tolist()) if changes else (),
        )  # fmt: skip

    def _more_ends(self, name: str) -> list[str]:
        """Numbers of the buses that a link names beyond its two."""
        found = {*self.tables.static["links"][name]} - {"bus0", "bus1"}
        numbers = [key.removeprefix("bus") for key in found if key.startswith("bus") and key[3:].isdigit()]
        return sorted((one for one in numbers if self.tables.text("links", name, f"bus{one}")), key=int)


_STORAGE_NUMBERS = (
    "p_nom", "p_min_pu", "p_max_pu", "max_hours", "efficiency_store", "efficiency_dispatch", "standing_loss",
    "state_of_charge_initial", "marginal_cost", "marginal_cost_storage", "spill_cost",
)  # fmt: skip
_STORE_NUMBERS = (
    "e_nom", "e_initial", "standing_loss", "marginal_cost", "marginal_cost_storage",
)  # fmt: skip
