"""Lines and transformers of a PyPSA network, as lines that follow voltage angles."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

from yuqian.assets.pypsa_types import LINE_TYPES, TRANSFORMER_TYPES, LineType, TransformerType
from yuqian.models.line import Line
from yuqian.models.mesh_law import Branch, mesh_basis
from yuqian.models.units import BASE_MVA

if TYPE_CHECKING:
    from yuqian.assets.read_pypsa import Reader

Kind = TypeVar("Kind", LineType, TransformerType)
_DIRECT_CURRENT = "DC"


def branches(reader: Reader) -> None:
    """Add all passive branches to what the reader builds.

    A branch without an impedance is carried where its flow follows from the balances alone: outside of every mesh.
    """
    found = [("lines", name, _line(reader, name)) for name in reader.tables.members("lines")]
    found += [("transformers", name, _transformer(reader, name)) for name in reader.tables.members("transformers")]
    joined = [
        Branch(f"{table}.{name}", fields["bus_from"], fields["bus_to"], 1.0, 0.0, 1.0, 1.0, {}) for table, name, fields in found
    ]
    meshed = {branch.id for mesh in mesh_basis(joined) for branch, _ in mesh.branches}
    for table, name, fields in found:
        if not fields["reactance_pu"]:
            if f"{table}.{name}" in meshed:
                reader.builder.cannot_carry(f"{table}.x of nought, in a mesh")
            fields["reactance_pu"], fields["phase_shift_deg"] = None, 0.0
        if fields["power_max_mw"] == 0.0:
            reader.builder.cannot_carry(f"{table}.s_nom of nought")
            continue
        reader.add(Line, table, name, {}, id=reader.builder.id_of(name), loss_fraction=0.0, **fields)


def _common(reader: Reader, table: str, name: str) -> dict[str, Any]:
    number = reader.tables.number
    return {
        "bus_from": reader.bus(table, name, "bus0"),
        "bus_to": reader.bus(table, name, "bus1"),
        "power_max_mw": number(table, name, "s_nom") * number(table, name, "s_max_pu"),
        "phase_shift_deg": 0.0,
    }


def _line(reader: Reader, name: str) -> dict[str, Any]:
    """Ohms over the square of the voltage at the first bus; of direct current, the resistance."""
    tables = reader.tables
    at = tables.text("lines", name, "bus0")
    known = at in reader.buses
    voltage_kv = tables.number("buses", at, "v_nom") if known else 1.0
    direct = known and tables.text("buses", at, "carrier") == _DIRECT_CURRENT
    ohm = tables.number("lines", name, "r" if direct else "x")
    if tables.text("lines", name, "type"):
        per_km = _line_type(reader, name)
        length, circuits = (tables.number("lines", name, key) for key in ("length", "num_parallel"))
        ohm = (per_km.resistance if direct else per_km.reactance) * length / circuits if circuits else 0.0
    return {**_common(reader, "lines", name), "reactance_pu": ohm / voltage_kv**2 * BASE_MVA}


def _transformer(reader: Reader, name: str) -> dict[str, Any]:
    """Per unit of its own rating, times the tap ratio."""
    number = reader.tables.number
    at = reader.tables.text("transformers", name, "bus0")
    direct = at in reader.buses and reader.tables.text("buses", at, "carrier") == _DIRECT_CURRENT
    own, rated = number("transformers", name, "r" if direct else "x"), number("transformers", name, "s_nom")
    tap, shift = number("transformers", name, "tap_ratio"), number("transformers", name, "phase_shift")
    fields = _common(reader, "transformers", name)
    if reader.tables.text("transformers", name, "type"):
        kind, circuits = _transformer_type(reader, name), number("transformers", name, "num_parallel")
        active = kind.short_circuit_active / 100.0
        own = (active if direct else math.sqrt((kind.short_circuit / 100.0) ** 2 - active**2)) / circuits if circuits else 0.0
        rated = kind.rated_mva * circuits
        tap = 1.0 + (number("transformers", name, "tap_position") - kind.tap_neutral) * kind.tap_step / 100.0
        shift = kind.shift_deg
        fields["power_max_mw"] = rated * number("transformers", name, "s_max_pu")
    reactance = own * tap / rated * BASE_MVA if rated else 0.0
    return {**fields, "reactance_pu": reactance, "phase_shift_deg": shift}


def _line_type(reader: Reader, name: str) -> LineType:
    """The type that a line names: the network's own, or a standard one."""
    called = reader.tables.text("lines", name, "type")
    own = reader.tables.static.get("line_types", {}).get(called)
    if own is not None:
        return LineType(*(float(own[key]) for key in ("x_per_length", "r_per_length")))
    return LINE_TYPES.get(called) or _no_type(reader, "lines", name, called, LineType(1.0, 1.0))


def _transformer_type(reader: Reader, name: str) -> TransformerType:
    called = reader.tables.text("transformers", name, "type")
    own = reader.tables.static.get("transformer_types", {}).get(called)
    if own is not None:
        keys = ("s_nom", "vsc", "vscr", "phase_shift", "tap_neutral", "tap_step")
        return TransformerType(*(float(own.get(key, 0.0)) for key in keys))
    nothing = TransformerType(1.0, 1.0, 0.0, 0.0, 0.0, 0.0)
    return TRANSFORMER_TYPES.get(called) or _no_type(reader, "transformers", name, called, nothing)


def _no_type(reader: Reader, table: str, name: str, called: str, instead: Kind) -> Kind:
    reader.tables.problems.append(f"{table}.{name}.type names '{called}', which is no type of the network or of the standard")
    return instead
