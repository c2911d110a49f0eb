"""Generators of a PyPSA network: plain ones by profile, committable ones as thermal units."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from yuqian.models.generator_profile import GeneratorProfile
from yuqian.models.thermal_unit import ThermalUnit

if TYPE_CHECKING:
    from yuqian.assets.read_pypsa import Reader

_TABLE = "generators"


def generator(reader: Reader, name: str) -> None:
    """Add a generator to what the reader builds."""
    if reader.tables.flag(_TABLE, name, "committable"):
        _committable(reader, name)
    else:
        _plain(reader, name)


def _plain(reader: Reader, name: str) -> None:
    tables = reader.tables
    rated, per_h = tables.number(_TABLE, name, "p_nom"), reader.length_h
    lowest, highest = (rated * tables.numbers(_TABLE, name, key) for key in ("p_min_pu", "p_max_pu"))
    set_mw = tables.numbers(_TABLE, name, "p_set")
    series = {
        "lowest_mw": np.where(np.isnan(set_mw), lowest, set_mw),
        "highest_mw": np.where(np.isnan(set_mw), highest, set_mw),
        "price_yuan_per_mwh": tables.numbers(_TABLE, name, "marginal_cost"),
    }
    ramps = {key: tables.given(_TABLE, name, f"ramp_limit_{key}") for key in ("up", "down")}
    if any(value is not None for value in ramps.values()) and not reader.is_even:
        reader.builder.cannot_carry("generators.ramp_limit_up with unequal snapshots")
    limits = {f"ramp_{key}_mw_per_h": None if value is None else value * rated / per_h for key, value in ramps.items()}
    highest_mwh, lowest_mwh = (tables.number(_TABLE, name, key) for key in ("e_sum_max", "e_sum_min"))
    emission, budget = _emission(reader, name)
    reader.add(
        GeneratorProfile, _TABLE, name, series, id=reader.builder.id_of(name), bus=reader.bus(_TABLE, name), rated_mw=rated,
        initial_power_mw=tables.given(_TABLE, name, "p_init"), co2_t_per_mwh=emission, emission_budget=budget,
        energy_max_mwh=highest_mwh if math.isfinite(highest_mwh) else None,
        energy_min_mwh=lowest_mwh if math.isfinite(lowest_mwh) else None, **limits,
    )  # fmt: skip


def _emission(reader: Reader, name: str) -> tuple[float, str | None]:
    """Tonnes per MWh given to the bus, and the limit that they count in."""
    of_fuel = reader.emissions.get(reader.tables.text(_TABLE, name, "carrier"), 0.0)
    if not of_fuel:
        return 0.0, None
    efficiency = reader.tables.numbers(_TABLE, name, "efficiency")
    if np.any(efficiency != efficiency[0]):
        reader.builder.cannot_carry("generators.efficiency by step, of a carrier that emits")
    if not np.all(efficiency > 0):
        reader.tables.problems.append(f"{_TABLE}.{name}.efficiency must be above nought")
        return 0.0, None
    return of_fuel / float(efficiency[0]), reader.budget


_COMMITTED = (
    "p_nom", "start_up_cost", "shut_down_cost", "stand_by_cost", "min_up_time",
    "min_down_time", "up_time_before", "down_time_before",
)  # fmt: skip


def _committable(reader: Reader, name: str) -> None:
    _refuse_by_step(reader, name)
    tables, hours = reader.tables, reader.length_h
    value = {key: tables.number(_TABLE, name, key) for key in _COMMITTED}
    rated = value["p_nom"]
    lowest, highest = (rated * tables.numbers(_TABLE, name, key) for key in ("p_min_pu", "p_max_pu"))
    low, high = float(lowest.min()), float(highest.max())
    ramps = {key: tables.given(_TABLE, name, f"ramp_limit_{key}") for key in ("up", "down", "start_up", "shut_down")}
    mw = {key: rated if share is None else share * rated for key, share in ramps.items()}
    status, power = _opening(reader, name, value, low, any(share is not None for share in ramps.values()))
    curve = (low, high) if high > low else (low,)
    prices = tables.numbers(_TABLE, name, "marginal_cost")
    by_step = tuple(value["stand_by_cost"] + float(price) * mw for price in prices for mw in curve)
    emission, budget = _emission(reader, name)
    reader.add(
        ThermalUnit, _TABLE, name, {}, id=reader.builder.id_of(name), bus=reader.bus(_TABLE, name), power_min_mw=low,
        power_max_mw=high, ramp_up_mw_per_h=mw["up"] / hours, ramp_down_mw_per_h=mw["down"] / hours,
        ramp_startup_mw=mw["start_up"], ramp_shutdown_mw=mw["shut_down"], time_up_minimum_h=value["min_up_time"] * hours,
        time_down_minimum_h=value["min_down_time"] * hours, initial_status_h=status * hours, initial_power_mw=power,
        start_lag_h=(value["min_down_time"] * hours,), start_cost_yuan=(value["start_up_cost"],),
        stop_cost_yuan=value["shut_down_cost"], curve_power_mw=curve, co2_t_per_mwh=emission, emission_budget=budget,
        power_min_by_step_mw=tuple(lowest.tolist()) if np.any(lowest != low) else (),
        power_max_by_step_mw=tuple(highest.tolist()) if np.any(highest != high) else (),
        curve_cost_yuan_per_h=tuple(value["stand_by_cost"] + float(prices[0]) * mw for mw in curve),
        curve_cost_by_step_yuan_per_h=by_step if np.any(prices != prices[0]) else (),
        commitment=reader.builder.commitment, formulation=reader.builder.formulation,
    )  # fmt: skip


def _refuse_by_step(reader: Reader, name: str) -> None:
    if not np.all(np.isnan(reader.tables.numbers(_TABLE, name, "p_set"))):
        reader.builder.cannot_carry("generators.p_set of a committable")
    if any(math.isfinite(reader.tables.number(_TABLE, name, key)) for key in ("e_sum_min", "e_sum_max")):
        reader.builder.cannot_carry("generators.e_sum_max of a committable")
    if not reader.is_even:
        reader.builder.cannot_carry("generators.committable with unequal snapshots")


def _opening(reader: Reader, name: str, value: dict[str, Any], low: float, ramps: bool) -> tuple[float, float]:
    """Snapshots online (positive) or off (negative) before the first, and the power then."""
    if value["down_time_before"] > 0:
        return -value["down_time_before"], 0.0
    if value["up_time_before"] <= 0:
        return -max(value["min_down_time"], 1.0), 0.0
    before = reader.tables.given(_TABLE, name, "p_init")
    if before is None and ramps:
        reader.builder.cannot_carry("generators.p_init left out, of a unit online with ramps")
    return value["up_time_before"], low if before is None else before
