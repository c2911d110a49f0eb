"""What all parts of the Egret reader share: the file's elements, its steps and prices, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from yuqian.assets.published_case import CaseBuilder, MalformedCase
from yuqian.models.units import MINUTES_PER_HOUR

Member = Mapping[str, Any]

_WITHOUT_EFFECT = {
    "fuel", "zone", "area", "unit_type", "failure_rate", "quickstart_capable", "fast_start", "reference_bus",
    "reference_bus_angle", "name", "reserve_ramping_constraints", "supplemental_start", "agc_capable", "matpower_bustype", "va",
    "vm", "v_min", "v_max", "q_load", "owner", "pg", "qg", "q_min", "q_max", "vg", "mbase", "id", "ramp_q", "initial_q_output",
}  # fmt: skip
"""What describes, or belongs to reactive power, or is looked at where it is used."""
_MISMATCH = 1e6
"""Price of load that is not met where the file names none."""
_SHARE_OF_MISMATCH = {
    "reserve_shortfall_cost": 1 / 10, "transmission_flow_violation_cost": 1 / 2, "interface_flow_violation_cost": 3 / 10,
    "regulation_penalty_price": 1 / 4, "spinning_reserve_penalty_price": 1 / 5, "non_spinning_reserve_penalty_price": 3 / 20,
    "supplemental_reserve_penalty_price": 1 / 8, "flexible_ramp_penalty_price": 11 / 100,
}  # fmt: skip
"""Other prices that the format falls back on, as shares of that of load."""


@dataclass
class EgretCase:
    """A file that is being read.

    Attributes:
        segments: secants that a polynomial cost is replaced by.
        must_serve: no load may be left unserved at any price.
        buses: our id of every bus.
    """

    builder: CaseBuilder
    elements: Mapping[str, Mapping[str, Member]]
    system: Member
    segments: int
    must_serve: bool
    buses: dict[str, str] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        return 1 if self.is_still else len(self.system["time_keys"])

    @property
    def is_still(self) -> bool:
        """Whether the case is one moment: an optimal power flow, with all units online."""
        return "time_keys" not in self.system and not any("min_up_time" in unit for unit in self.elements["generator"].values())

    @property
    def length_h(self) -> float:
        """Length of a step."""
        return float(self.system.get("time_period_length_minutes", 60)) / MINUTES_PER_HOUR

    @property
    def base_mva(self) -> float:
        return float(self.system.get("baseMVA") or 1.0)

    def members(self, element: str) -> Mapping[str, Member]:
        """All of one element that are in service."""
        found = self.elements.get(element) or {}
        return {name: member for name, member in found.items() if (member or {}).get("in_service", True)}

    def bus(self, element: str, name: str, bus: str) -> str:
        """Our id of a bus that something is at."""
        if bus not in self.buses:
            raise MalformedCase(f"{self.builder.path}: the {element} '{name}' is at '{bus}', which is no bus")
        return self.buses[bus]

    def price(self, name: str) -> float:
        """A price of the system's, by the name of its field."""
        given = self.system.get(name)
        if given is not None:
            return float(given)
        if name == "load_mismatch_cost":
            return _MISMATCH
        return _SHARE_OF_MISMATCH[name] * self.price("load_mismatch_cost")

    def refuse(self, element: str, member: Member, known: Collection[str]) -> None:
        """Name the fields of a member that have no place among our kinds."""
        for name, value in member.items():
            if name not in known and name not in _WITHOUT_EFFECT and value is not None:
                self.builder.cannot_carry(f"{element}.{name}")

    def refuse_series(self, element: str, member: Member, names: Collection[str]) -> bool:
        """Name the fields of a member that change by step though no kind of ours lets them; whether there are any."""
        found = [name for name in names if is_series(member.get(name))]
        for name in found:
            self.builder.cannot_carry(f"{element}.{name} by step")
        return bool(found)

    def by_step(self, value: Any) -> list[float]:
        """A number, or a number for each step, as the latter."""
        return [float(one) for one in self.each_step(value)]

    def each_step(self, value: Any) -> list[Any]:
        """A value of any type, or a series of them, as one for each step."""
        if not is_series(value):
            return [value] * self.steps
        values = list(value["values"])
        if len(values) != self.steps:
            raise MalformedCase(f"{self.builder.path}: a series has {len(values)} values for {self.steps} time_keys")
        return values


def is_series(value: Any) -> bool:
    """Whether a value changes by step."""
    return isinstance(value, Mapping) and value.get("data_type") == "time_series"


Reads = Callable[[EgretCase], None]
