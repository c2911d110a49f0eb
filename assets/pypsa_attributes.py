"""What becomes of each attribute of a PyPSA network: carried over, without effect here, or refused unless it says nothing.

Names and defaults are those of PyPSA 1.4. An attribute that stands in no table has no effect in PyPSA, which lets users keep
columns of their own; one that is nearly another's name is refused, for it may be a misspelling.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

NONE: Final = float("nan")
"""Default of attributes that are left out."""


@dataclass(frozen=True)
class Attributes:
    """The attributes of one component.

    Attributes:
        carried: default by name.
        by_step: those of ``carried`` that may change by snapshot.
        neutral: attributes that no kind carries, with the value that says nothing.
        ignored: attributes without effect on a linear dispatch of fixed capacities, and outputs.
        numbered: those of ``carried`` that come again with a number from 2 on ("bus2").
    """

    carried: Mapping[str, str | float | bool]
    by_step: frozenset[str] = frozenset()
    neutral: Mapping[str, str | float | bool] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    numbered: Mapping[str, str | float] = field(default_factory=dict)

    def knows(self, name: str) -> bool:
        known = name in self.carried or name in self.neutral or name in self.ignored
        return (
            known
            or name.startswith("mu_")
            or self._unnumbered(name) in self.numbered
            or _OUTPUT_AT_BUS.fullmatch(name) is not None
        )

    def default(self, name: str) -> str | float | bool:
        """What a carried attribute is where it is left out."""
        return self.carried[name] if name in self.carried else self.numbered[self._unnumbered(name)]

    def may_change(self, name: str) -> bool:
        """Whether a carried attribute may be given by snapshot."""
        return name in self.by_step or (name not in self.carried and self._unnumbered(name) in self.by_step)

    def resembles(self, name: str) -> bool:
        """Whether a name is nearly that of an attribute."""
        names = [*self.carried, *self.neutral, *self.ignored]
        return bool(difflib.get_close_matches(name, names, n=1, cutoff=_NEARLY))

    @staticmethod
    def _unnumbered(name: str) -> str:
        base = name.rstrip("0123456789")
        return base if name[len(base) :] not in ("", "0", "1") else ""


_NEARLY: Final = 0.88
_OUTPUT_AT_BUS: Final = re.compile(r"[pq]\d+")


_INVESTMENT: Final = frozenset(
    {
        "type", "build_year", "lifetime", "capital_cost", "overnight_cost", "discount_rate", "fom_cost", "control", "weight",
        "p_nom_mod", "p_nom_min", "p_nom_max", "p_nom_set", "p_nom_opt", "s_nom_mod", "s_nom_min", "s_nom_max", "s_nom_set",
        "s_nom_opt", "e_nom_mod", "e_nom_min", "e_nom_max", "e_nom_set", "e_nom_opt", "capital_cost_piecewise_opt",
        "marginal_cost_piecewise_opt", "location", "unit",
    }
)  # fmt: skip
_FLOWS: Final = frozenset({"p", "q", "p0", "p1", "q0", "q1", "q_set", "status", "start_up", "shut_down", "maintenance"})
_MAINTENANCE: Final = frozenset({"maintenance_duration", "maintenance_pu", "maintenance_events", "maintenance_start"})
_COMMITMENT: Final = {
    "committable": False, "start_up_cost": 0.0, "shut_down_cost": 0.0, "stand_by_cost": 0.0, "min_up_time": 0.0,
    "min_down_time": 0.0, "up_time_before": 1.0, "down_time_before": 0.0, "ramp_limit_start_up": NONE,
    "ramp_limit_shut_down": NONE,
}  # fmt: skip
_RAMPS: Final = {"ramp_limit_up": NONE, "ramp_limit_down": NONE, "p_init": NONE}
_BRANCH_OUTPUTS: Final = frozenset(
    {"sub_network", "x_pu", "r_pu", "g_pu", "b_pu", "x_pu_eff", "r_pu_eff", "v_nom", "g", "b", "length", "terrain_factor"}
)
_FREE_ANGLES: Final = {"v_ang_min": -float("inf"), "v_ang_max": float("inf")}

COMPONENTS: Final[Mapping[str, Attributes]] = {
    "buses": Attributes(
        carried={"v_nom": 1.0, "carrier": "AC"},
        ignored=_INVESTMENT | _FLOWS | {
            "x", "y", "v_mag_pu_set", "v_mag_pu_min", "v_mag_pu_max", "generator", "sub_network", "v_mag_pu", "v_ang",
            "marginal_price",
        },
    ),
    "carriers": Attributes(
        carried={"co2_emissions": 0.0}, ignored=frozenset({"color", "nice_name", "max_growth", "max_relative_growth"})
    ),
    "loads": Attributes(
        carried={"bus": "", "p_set": 0.0, "sign": -1.0, "active": True}, by_step=frozenset({"p_set"}),
        ignored=_FLOWS | {"carrier", "type"},
    ),
    "generators": Attributes(
        carried={
            "bus": "", "carrier": "", "p_nom": 0.0, "p_min_pu": 0.0, "p_max_pu": 1.0, "p_set": NONE, "marginal_cost": 0.0,
            "efficiency": 1.0, "e_sum_min": -float("inf"), "e_sum_max": float("inf"), "active": True, **_COMMITMENT, **_RAMPS,
        },
        by_step=frozenset({"p_min_pu", "p_max_pu", "p_set", "marginal_cost", "efficiency"}),
        neutral={"p_nom_extendable": False, "sign": 1.0, "marginal_cost_quadratic": 0.0, "maintainable": False},
        ignored=_INVESTMENT | _FLOWS | _MAINTENANCE,
    ),
    "storage_units": Attributes(
        carried={
            "bus": "", "carrier": "", "p_nom": 0.0, "p_min_pu": -1.0, "p_max_pu": 1.0, "max_hours": 1.0, "inflow": 0.0,
            "efficiency_store": 1.0, "efficiency_dispatch": 1.0, "standing_loss": 0.0, "state_of_charge_initial": 0.0,
            "cyclic_state_of_charge": False, "marginal_cost": 0.0, "marginal_cost_storage": 0.0, "spill_cost": 0.0,
            "active": True, "state_of_charge_set": NONE,
        },
        by_step=frozenset({"inflow", "state_of_charge_set"}),
        neutral={
            "p_nom_extendable": False, "sign": 1.0, "marginal_cost_quadratic": 0.0, "p_set": NONE, "p_dispatch_set": NONE,
            "p_store_set": NONE,
        },
        ignored=_INVESTMENT | _FLOWS | {
            "p_dispatch", "p_store", "state_of_charge", "spill", "state_of_charge_initial_per_period",
            "cyclic_state_of_charge_per_period",
        },
    ),
    "stores": Attributes(
        carried={
            "bus": "", "carrier": "", "e_nom": 0.0, "e_min_pu": 0.0, "e_max_pu": 1.0, "e_initial": 0.0, "e_cyclic": False,
            "standing_loss": 0.0, "marginal_cost": 0.0, "marginal_cost_storage": 0.0, "active": True, "e_set": NONE,
        },
        by_step=frozenset({"e_min_pu", "e_max_pu", "e_set"}),
        neutral={"e_nom_extendable": False, "sign": 1.0, "marginal_cost_quadratic": 0.0, "p_set": NONE},
        ignored=_INVESTMENT | _FLOWS | {"e", "e_initial_per_period", "e_cyclic_per_period"},
    ),
    "links": Attributes(
        carried={
            "bus0": "", "bus1": "", "p_nom": 0.0, "p_min_pu": 0.0, "p_max_pu": 1.0, "p_set": NONE, "efficiency": 1.0,
            "marginal_cost": 0.0, "active": True,
        },
        by_step=frozenset({"p_min_pu", "p_max_pu", "p_set", "marginal_cost", "efficiency"}),
        numbered={"bus": "", "efficiency": 1.0},
        neutral={
            "p_nom_extendable": False, "marginal_cost_quadratic": 0.0, "maintainable": False, "delay": 0.0,
            "ramp_limit_up": NONE, "ramp_limit_down": NONE, **_COMMITMENT,
        },
        ignored=_INVESTMENT | _FLOWS | _MAINTENANCE | {"carrier", "length", "terrain_factor", "cyclic_delay", "p_init"},
    ),
    "lines": Attributes(
        carried={
            "bus0": "", "bus1": "", "x": 0.0, "r": 0.0, "s_nom": 0.0, "s_max_pu": 1.0, "active": True, "type": "",
            "length": 0.0, "num_parallel": 1.0,
        },
        neutral={"s_nom_extendable": False, **_FREE_ANGLES},
        ignored=(_INVESTMENT - {"type"}) | _FLOWS | (_BRANCH_OUTPUTS - {"length"}) | {"carrier"},
    ),
    "transformers": Attributes(
        carried={
            "bus0": "", "bus1": "", "x": 0.0, "r": 0.0, "s_nom": 0.0, "s_max_pu": 1.0, "tap_ratio": 1.0, "phase_shift": 0.0,
            "active": True, "type": "", "num_parallel": 1.0, "tap_position": 0.0,
        },
        neutral={"s_nom_extendable": False, "phase_shift_min": 0.0, "phase_shift_max": 0.0, **_FREE_ANGLES},
        ignored=(_INVESTMENT - {"type"}) | _FLOWS | _BRANCH_OUTPUTS | {
            "model", "tap_side", "carrier", "phase_shift_opt",
        },
    ),
    "global_constraints": Attributes(
        carried={"type": "primary_energy", "carrier_attribute": "co2_emissions", "sense": "==", "constant": 0.0},
        neutral={"investment_period": NONE, "bus": ""},
        ignored=frozenset({"mu"}),
    ),
}  # fmt: skip
"""By the name of the component's table. A committable generator's numbers by step are refused by the reader."""

WITHOUT_EFFECT: Final = frozenset(
    {"sub_networks", "line_types", "transformer_types", "shapes", "shunt_impedances", "networks", "snapshots"}
)
"""Tables that a linear dispatch does not look at."""
