"""What each kind says that it brings to adequacy, by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from yuqian.models.adequacy import Adequacy, Machines, without_outages
from yuqian.models.back_to_back import BackToBack
from yuqian.models.clock import Clock
from yuqian.models.kind import Kind
from yuqian.models.kinds import known_kinds

CLOCK = Clock.of_days(dt.date(2030, 7, 1), 1)
KINDS = known_kinds()


def brought(name: str, **changes: Any) -> Adequacy:
    """By the example of a kind, with some fields changed."""
    example = KINDS[name].example()
    asset = example.asset.model_copy(update=changes)
    found = asset.adequacy({key: np.full(24, float(value)) for key, value in example.series.items()}, CLOCK)
    assert found is not None
    return found


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.adequacy is not Kind.adequacy])
def test_every_example_brings_something_finite(name: str) -> None:
    found = brought(name)
    for values in (found.profile_mw, found.demand_mw, *(machines.share for machines in found.all_machines)):
        assert np.all(np.isfinite(values))
        assert np.all(np.asarray(values) >= 0.0)
    assert found.all_machines or np.any(found.profile_mw) or np.any(found.demand_mw) or found.export_max_mw


def test_coal_units_are_net_of_auxiliaries_and_split_their_outages() -> None:
    """12 % of all hours out; 4 % forced leave 8 % planned, and a rate of 4 / 92."""
    (machines,) = brought("coal_unit", outage_forced_fraction=0.04, repair_mean_h=60.0).machines
    assert machines.power_mw == pytest.approx(660.0 * 0.94)
    assert machines.planned_fraction == pytest.approx(0.08)
    assert machines.forced_fraction == pytest.approx(0.04 / 0.92)
    assert machines.share == pytest.approx(np.ones(24))
    (careful,) = brought("coal_unit").machines
    assert (careful.forced_fraction, careful.planned_fraction) == pytest.approx((0.12, 0.0))


def test_more_forced_than_out_is_refused() -> None:
    with pytest.raises(ValueError, match="is more than all that is out"):
        Machines.with_outages(1, 100.0, 0.1, 0.2, 50.0)


def test_a_derate_is_left_when_the_mean_outage_is_taken_out() -> None:
    assert without_outages(np.array([0.9, 0.81]), 0.1) == pytest.approx([1.0, 0.9])
    assert without_outages(np.array([0.0]), 1.0) == pytest.approx([0.0])


def test_a_battery_gives_what_its_cells_hold_less_the_loss_on_the_way_out() -> None:
    (store,) = brought("battery").stores
    assert store.energy_mwh == pytest.approx(0.9 * 200.0 * 0.93)
    assert store.efficiency_fraction == pytest.approx(0.93**2)
    assert (store.machines.power_mw, store.charge_mw) == (100.0, 100.0)


def test_pumped_storage_by_its_machines() -> None:
    (store,) = brought("pumped_storage", outage_forced_fraction=0.02, repair_mean_h=48.0).stores
    assert (store.machines.count, store.machines.power_mw, store.charge_mw, store.energy_mwh) == (2, 300.0, 320.0, 3000.0)
    assert store.machines.planned_fraction == pytest.approx(0.03)
    assert store.efficiency_fraction == pytest.approx(0.9 * 0.85)


def test_a_tie_brings_its_poles() -> None:
    """Of two poles of 1600 together at most 3000, with what is in service and what is left of imports."""
    example = BackToBack.example()
    tie = example.asset.model_copy(update={"pole": ("one", "two"), "pole_power_max_mw": (1600.0, 1600.0)})
    series = {name: np.full(24, value) for name, value in example.series.items()}
    found = tie.adequacy({**series, "import_limit_fraction": np.full(24, 0.5)}, CLOCK)
    assert found is not None
    assert [machines.power_mw for machines in found.imports] == pytest.approx([1500.0, 1500.0])
    assert found.imports[0].share == pytest.approx(np.full(24, 0.5))
    assert found.imports[0].forced_fraction == pytest.approx(0.03)
    assert found.machines == ()
    assert found.demand_mw == pytest.approx(np.full(24, 3.0))
