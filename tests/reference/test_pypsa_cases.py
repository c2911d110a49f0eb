"""Networks written down for PyPSA: our objective is PyPSA's. Where PyPSA is installed, on made-up networks too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from yuqian.assets.read_pypsa import read_pypsa
from yuqian.optimise.solve import SolverOptions

FOLDER = Path(__file__).parents[1] / "assets" / "pypsa"
EXACT = SolverOptions(gap_fraction=1e-9)


@pytest.mark.parametrize(
    ("name", "objective"),
    [
        # By hand: 3 h x (180 x 100 + 120 x 300) with line 1-3 full, and 3 h x 150 x 100.
        ("congested", 207000.0),
        # PyPSA 1.4.0 with HiGHS 1.15.
        ("stores", 22439.0008718403),
        ("commitment", 44340.0),
    ],
)
def test_objective_is_that_of_pypsa(engine: Any, name: str, objective: float) -> None:
    case = read_pypsa(FOLDER / name)
    assert engine(case.assets, case.series, case.clock, EXACT).cost == pytest.approx(objective, rel=1e-9)


def test_an_emission_limit_turns_the_merit_order(engine: Any, tmp_path: Path) -> None:
    """Coal emits 0.85 and gas 0.4 t/MWh; of 1350 MWh, 540 + 450 from coal, what 300 t less leaves of coal is by hand."""
    for file in (FOLDER / "congested").glob("*.csv"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    case = read_pypsa(tmp_path)
    free = engine(case.assets, case.series, case.clock, EXACT)
    emitted = 0.85 * 3 * (180 + 150) + 0.4 * 3 * 120
    limit = f"name,sense,constant\nco2,<=,{emitted - 90}\n"
    (tmp_path / "global_constraints.csv").write_text(limit, encoding="utf-8")
    case = read_pypsa(tmp_path)
    bound = engine(case.assets, case.series, case.clock, EXACT)
    # 90 t less: 200 MWh from gas in place of coal, each 200 dearer.
    assert bound.cost - free.cost == pytest.approx(200 * 200.0)


def made_up(pypsa: Any, seed: int) -> Any:
    """A meshed network with transformers, a link, stores, ramps and, at times, units that are committed."""
    draw = np.random.default_rng(seed)
    count = 12
    network = pypsa.Network()
    network.set_snapshots(range(count))
    hours = float(draw.choice([1.0, 3.0]))
    network.snapshot_weightings.loc[:, :] = hours
    buses = [f"bus {k}" for k in range(5)]
    network.add("Bus", buses, v_nom=[220.0, 220.0, 110.0, 220.0, 220.0])
    network.add("Carrier", ["coal", "gas"], co2_emissions=[0.34, 0.2])
    ends = [(k, int(draw.integers(0, k))) for k in range(1, 5)]
    ends += [tuple(int(b) for b in draw.choice(5, 2, replace=False)) for _ in range(4)]
    for k, (a, b) in enumerate(ends):
        common = {"bus0": buses[a], "bus1": buses[b], "s_nom": draw.uniform(80, 250)}
        if 2 in (a, b):
            network.add("Transformer", f"trafo {k}", x=draw.uniform(0.05, 0.2), phase_shift=draw.choice([0.0, 1.0]), **common)
        else:
            network.add("Line", f"line {k}", x=draw.uniform(5, 40), **common)
    for k, bus in enumerate(buses):
        network.add("Load", f"load {k}", bus=bus, p_set=draw.uniform(20, 90, count))
        network.add("Generator", f"shed {k}", bus=bus, p_nom=500.0, marginal_cost=1000.0 + 10 * k)
    for k in range(3):
        ramps = {"ramp_limit_up": 0.15, "ramp_limit_down": 0.2} if k == 1 else {}
        network.add(
            "Generator", f"plant {k}", bus=buses[int(draw.integers(5))], p_nom=draw.uniform(100, 250), efficiency=0.4,
            marginal_cost=draw.uniform(10, 60), carrier=draw.choice(["coal", "gas"]), **ramps,
        )  # fmt: skip
    network.add(
        "StorageUnit", "lake", bus=buses[1], p_nom=60.0, max_hours=5.0, inflow=draw.uniform(0, 40, count), efficiency_store=0.9,
        efficiency_dispatch=0.88, standing_loss=0.01, cyclic_state_of_charge=bool(seed % 2), state_of_charge_initial=100.0,
    )  # fmt: skip
    most = draw.uniform(0.5, 1.0, count) if seed % 4 == 2 else 1.0
    network.add(
        "Store", "tank", bus=buses[3], e_nom=120.0, e_initial=50.0, e_cyclic=not seed % 2, standing_loss=0.002, e_max_pu=most
    )  # fmt: skip
    network.add("Link", "converter", bus0=buses[0], bus1=buses[3], p_nom=50.0, p_min_pu=-1.0)
    if seed % 2:
        network.add("Bus", "heat")
        network.add("Load", "warmth", bus="heat", p_set=draw.uniform(5, 25, count))
        network.add("Generator", "boiler", bus="heat", p_nom=100.0, marginal_cost=70.0)
        network.add("Link", "pump", bus0=buses[2], bus1="heat", p_nom=20.0, efficiency=draw.uniform(2.0, 4.0, count))
        network.add(
            "Link", "cogeneration", bus0=buses[4], bus1=buses[1], bus2="heat", bus3=buses[3], p_nom=40.0, efficiency=0.5,
            efficiency2=0.4, efficiency3=-0.05, marginal_cost=3.0,
        )  # fmt: skip
    if seed % 3 == 2:
        network.add("Line", "typed", bus0=buses[0], bus1=buses[4], type="Al/St 240/40 2-bundle 220.0", length=80.0, s_nom=90.0)
        network.add(
            "Transformer", "typed trafo", bus0=buses[1], bus1=buses[2], type="160 MVA 380/110 kV", tap_position=2, s_max_pu=0.7
        )  # fmt: skip
        network.storage_units_t.state_of_charge_set = pd.DataFrame(
            {"lake": np.where(np.arange(count) == count // 2, 90.0, np.nan)}, index=network.snapshots
        )
    if seed % 3 == 0:
        network.add("GlobalConstraint", "co2", sense="<=", constant=count * hours * 60.0)
    if seed % 3 == 1:
        network.add(
            "Generator", "unit", bus=buses[0], p_nom=120.0, p_min_pu=0.4, committable=True,
            marginal_cost=draw.uniform(10, 30, count),
            start_up_cost=500.0, shut_down_cost=100.0, stand_by_cost=50.0, min_up_time=3, min_down_time=2, up_time_before=2,
        )  # fmt: skip
    return network


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("as_folder", [True, False])
def test_made_up_networks_cost_what_pypsa_says(engine: Any, tmp_path: Path, seed: int, as_folder: bool) -> None:
    pypsa = pytest.importorskip("pypsa", reason="PyPSA is not installed beside yuqian; pip install pypsa to compare")
    network = made_up(pypsa, seed)
    path = tmp_path / ("network" if as_folder else "network.nc")
    if as_folder:
        network.export_to_csv_folder(path)
    else:
        network.export_to_netcdf(path)
    network.optimize(solver_name="highs", log_to_console=False, mip_rel_gap=1e-9)
    case = read_pypsa(path)
    cost = engine(case.assets, case.series, case.clock, EXACT).cost
    assert cost == pytest.approx(float(network.objective), rel=1e-7)
