"""What an asset brings to the adequacy of supply: machines that fail, power that comes as it comes, stores, demand.

A kind says so itself (:meth:`yuqian.models.kind.Kind.adequacy`); whoever assesses adequacy adds up what the assets bring and
names no kind. All powers are at the bus.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from yuqian.models.clock import Floats


@dataclass(frozen=True)
class Machines:
    """Identical machines, each up or down by itself: two states, exponential times, whole repair.

    Attributes:
        count: how many.
        power_mw: of each, with all in order.
        forced_fraction: forced outage rate: share of the hours outside planned outage that a machine is out, at random.
        repair_mean_h: mean time to repair; the mean time to failure follows, ``repair (1 - rate) / rate``. None: not known.
        planned_fraction: share of the year in planned outage, to be placed by whoever assesses.
        share: of the power that is left by step (heat, fuel): one number, (steps,) or (members, steps).
        out_by_date: machines in maintenance whose dates are known, by step, (steps,); None for none.
    """

    count: int
    power_mw: float
    forced_fraction: float = 0.0
    repair_mean_h: float | None = None
    planned_fraction: float = 0.0
    share: Floats | float = 1.0
    out_by_date: Floats | None = None

    def __post_init__(self) -> None:
        if self.count < 1 or self.power_mw < 0.0:
            raise ValueError(f"machines need a count of 1 or more and a power that is not negative; got {self}")
        if not (0.0 <= self.forced_fraction <= 1.0 and 0.0 <= self.planned_fraction < 1.0):
            raise ValueError(f"outages are shares of the hours; got {self.forced_fraction} and {self.planned_fraction}")
        if self.repair_mean_h is not None and not self.repair_mean_h > 0.0:
            raise ValueError(f"a repair takes some time; got {self.repair_mean_h} h")

    @classmethod
    def with_outages(
        cls, count: int, power_mw: float, out_fraction: float, forced_fraction: float | None,
        repair_mean_h: float | None, share: Floats | float = 1.0,
    ) -> Self:  # fmt: skip
        """From a catalogue's shares of all hours: ``out_fraction`` planned and forced, of it ``forced_fraction`` forced.

        Where the split is not given all of it is forced, which is the careful reading. The rate is then the forced hours over
        those outside planned outage (IEEE Std 762).

        Raises:
            ValueError: for more forced hours than hours out.
        """
        forced = out_fraction if forced_fraction is None else forced_fraction
        planned = out_fraction - forced
        if planned < -1e-9:
            raise ValueError(f"the forced share of the hours ({forced:g}) is more than all that is out ({out_fraction:g})")
        planned = max(planned, 0.0)
        rate = forced / (1.0 - planned) if planned < 1.0 else 0.0
        return cls(count, power_mw, min(rate, 1.0), repair_mean_h, min(planned, 1.0 - 1e-9), share)


@dataclass(frozen=True)
class Store:
    """A store of energy, counted in what it can still give to the bus.

    Attributes:
        machines: that give power; ``power_mw`` of each into the bus. They also take it, if there is a charging power.
        charge_mw: of each machine, from the bus.
        energy_mwh: what the full store gives.
        efficiency_fraction: of the round trip.
    """

    machines: Machines
    charge_mw: float
    energy_mwh: float
    efficiency_fraction: float

    def __post_init__(self) -> None:
        if self.energy_mwh <= 0.0 or self.charge_mw < 0.0 or not 0.0 <= self.efficiency_fraction <= 1.0:
            raise ValueError(f"a store needs energy, a charging power and an efficiency of at most 1; got {self}")


@dataclass(frozen=True)
class Adequacy:
    """What one asset brings.

    Attributes:
        machines: that run whenever they are up.
        profile_mw: power as it comes, without outages of its own: one number, (steps,) or (members, steps).
        demand_mw: what must be served, in the same shapes.
        stores: run for the least unserved energy.
        imports: from outside the region; counted only where that is asked for.
        export_max_mw: limit on what can leave the region by this asset.
    """

    machines: tuple[Machines, ...] = ()
    profile_mw: Floats | float = 0.0
    demand_mw: Floats | float = 0.0
    stores: tuple[Store, ...] = ()
    imports: tuple[Machines, ...] = ()
    export_max_mw: float = 0.0

    @property
    def all_machines(self) -> tuple[Machines, ...]:
        """Every group of machines, those of stores and imports included."""
        return (*self.machines, *self.imports, *(store.machines for store in self.stores))


def without_outages(available: Floats, out_fraction: float) -> Floats:
    """The share that is left by step of what is not out: undoes the mean outage in a series of availability."""
    if out_fraction >= 1.0:
        return np.zeros_like(available)
    return np.minimum(available / (1.0 - out_fraction), 1.0)
