"""Reader of PyPSA networks: what becomes of each component, and what is refused by name."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from yuqian.assets.published_case import Case, MalformedCase, UnsupportedCase
from yuqian.assets.read_case import read_case
from yuqian.assets.read_pypsa import read_pypsa
from yuqian.models.clock import Rhythm
from yuqian.models.emission_budget import EmissionBudget
from yuqian.models.generator_profile import GeneratorProfile
from yuqian.models.line import Line
from yuqian.models.link_profile import LinkProfile
from yuqian.models.storage_profile import StorageProfile
from yuqian.models.thermal_unit import ThermalUnit

FOLDER = Path(__file__).parent / "pypsa"
Edit = Callable[..., Path]


@pytest.fixture(name="edited")
def edited_copy(tmp_path: Path) -> Edit:
    """``edited(case, file, text)`` copies a case and writes one of its files anew; ``old=`` replaces a part of it."""

    def edit(case: str, file: str, text: str, old: str = "") -> Path:
        target = tmp_path / case
        if not target.exists():
            shutil.copytree(FOLDER / case, target)
        path = target / file
        if old:
            before = path.read_text(encoding="utf-8")
            assert old in before
            text = before.replace(old, text)
        path.write_text(text, encoding="utf-8")
        return target

    return edit


def asset(case: Case, name: str) -> object:
    (found,) = (one for one in case.assets if one.id == name)
    return found


def test_lines_and_plants() -> None:
    case = read_pypsa(FOLDER / "congested")
    line = asset(case, "line_13")
    assert isinstance(line, Line)
    assert (line.bus_from, line.bus_to, line.power_max_mw) == ("one", "three", 160.0)
    # 10 ohm at 220 kV on the base of 100 MVA.
    assert line.reactance_pu == pytest.approx(10 / 220**2 * 100)
    plant = asset(case, "cheap")
    assert isinstance(plant, GeneratorProfile)
    assert plant.co2_t_per_mwh == pytest.approx(0.34 / 0.4)
    assert plant.emission_budget is None
    assert case.series["cheap", "highest_mw"].tolist() == [500.0, 500.0]
    assert case.series["load_city", "demand_mw"].tolist() == [300.0, 150.0]
    assert case.clock.power.hours.tolist() == [3.0, 3.0]
    assert case.left_out == ()


def test_stores_links_and_uneven_snapshots() -> None:
    case = read_pypsa(FOLDER / "stores")
    assert case.clock.power.hours.tolist() == [1.0, 2.0, 1.0, 3.0, 1.0]
    assert case.clock.timeline(Rhythm.WATER).count == 5
    lake, cell, tank = (asset(case, name) for name in ("lake", "cell", "tank"))
    assert isinstance(lake, StorageProfile)
    assert (lake.power_charge_max_mw, lake.power_discharge_max_mw, lake.energy_max_mwh) == (15.0, 30.0, 180.0)
    # What it begins with loses nothing in the first hour.
    assert lake.opening_energy_mwh == pytest.approx(40.0 / 0.99)
    assert isinstance(cell, StorageProfile)
    assert cell.opening_energy_mwh is None
    assert isinstance(tank, StorageProfile)
    assert (tank.power_charge_max_mw, tank.energy_min_mwh, tank.energy_max_mwh) == (None, 5.0, 50.0)
    back = asset(case, "back")
    assert isinstance(back, LinkProfile)
    assert case.series["back", "lowest_mw"].tolist() == [-20.0] * 5
    assert case.series["infeed_infeed", "highest_mw"].tolist() == [5.0] * 5


def test_committable_units() -> None:
    case = read_pypsa(FOLDER / "commitment")
    base, peak = asset(case, "base"), asset(case, "peak")
    assert isinstance(base, ThermalUnit)
    assert (base.power_min_mw, base.power_max_mw, base.ramp_up_mw_per_h, base.ramp_startup_mw) == (100.0, 200.0, 40.0, 120.0)
    assert base.curve_cost_yuan_per_h == (2300.0, 4300.0)
    assert (base.initial_status_h, base.initial_power_mw) == (5.0, 150.0)
    assert isinstance(peak, ThermalUnit)
    assert (peak.initial_status_h, peak.ramp_up_mw_per_h, peak.ramp_startup_mw) == (-1.0, 100.0, 100.0)


def test_emission_limit_becomes_a_budget(edited: Edit) -> None:
    text = "name,type,carrier_attribute,sense,constant\nco2,primary_energy,co2_emissions,<=,600\n"
    case = read_pypsa(edited("congested", "global_constraints.csv", text))
    budget = asset(case, "co2_budget")
    assert isinstance(budget, EmissionBudget)
    assert budget.emission_max_t == 600.0
    plant = asset(case, "dear")
    assert isinstance(plant, GeneratorProfile)
    assert plant.emission_budget == "co2_budget"


def test_everything_that_cannot_be_carried_is_named_at_once(edited: Edit) -> None:
    edited("commitment", "global_constraints.csv", "name,type,sense,constant\ngrid,tech_capacity_expansion_limit,<=,5\n")
    edited("commitment", "processes.csv", "name,bus0\nheat,bus\n")
    edited(
        "commitment", "generators.csv", "name,bus,p_nom,p_nom_extendable,maginal_cost,marginal_cost_quadratic,sign,p_nom_opt\n"
        "a,bus,10,True,5,0.1,1,99\nb,bus,20,False,6,0,1,99\n"
    )  # fmt: skip
    path = edited("commitment", "generators-ramp_limit_up.csv", ",a\n" + "".join(f"{k},0.5\n" for k in range(8)))
    named = (
        "generators.maginal_cost", "generators.marginal_cost_quadratic", "generators.p_nom_extendable",
        "generators.ramp_limit_up by step", "global_constraints.type 'tech_capacity_expansion_limit'", "processes",
    )  # fmt: skip
    with pytest.raises(UnsupportedCase) as refused:
        read_pypsa(path)
    assert refused.value.fields == named
    assert read_pypsa(path, allow=named).left_out == named


def test_columns_of_somebodys_own_are_left_out_and_told(edited: Edit) -> None:
    case = read_pypsa(edited("congested", "buses.csv", "name,v_nom,country\none,220,X\ntwo,220,X\nthree,220,Y\n"))
    assert case.left_out == ("buses.country",)


def test_a_link_with_several_ends_and_ratios_by_snapshot(edited: Edit) -> None:
    edited(
        "stores", "links.csv", "name,bus0,bus1,bus2,p_nom,efficiency,efficiency2\nconverter,south,island,,60,0.96,\n"
        "three,north,island,south,20,0.5,-0.1\n"
    )  # fmt: skip
    labels = _labels()
    rows = "".join(f"{label},{0.1 * k:g}\n" for k, label in enumerate(labels, start=1))
    case = read_pypsa(edited("stores", "links-efficiency.csv", ",three\n" + rows))
    three, converter = asset(case, "three"), asset(case, "converter")
    assert isinstance(three, LinkProfile)
    assert (three.more_buses, three.more_efficiency_ratio) == (("south",), (-0.1,))
    assert three.efficiency_by_step_ratio[::2] == pytest.approx((0.1, 0.2, 0.3, 0.4, 0.5))
    assert isinstance(converter, LinkProfile)
    assert (converter.more_buses, converter.efficiency_by_step_ratio) == ((), ())


def _labels() -> list[str]:
    """Snapshots of the case of stores."""
    rows = (FOLDER / "stores" / "snapshots.csv").read_text(encoding="utf-8").splitlines()
    column = rows[0].split(",").index("snapshot") if "snapshot" in rows[0] else 0
    return [row.split(",")[column] for row in rows[1:]]


def test_types_of_lines(edited: Edit) -> None:
    typed = "name,bus0,bus1,type,length,num_parallel,s_nom\na,one,two,{},50,2,1000\nb,one,three,,50,1,200\n"
    case = read_pypsa(edited("congested", "lines.csv", typed.format("Al/St 240/40 2-bundle 220.0")))
    line = asset(case, "a")
    assert isinstance(line, Line)
    assert line.reactance_pu == pytest.approx(0.301 * 50 / 2 / 220**2 * 100)
    edited("congested", "line_types.csv", "name,x_per_length,r_per_length\nown,0.4,0.1\n")
    line = asset(read_pypsa(edited("congested", "lines.csv", typed.format("own"))), "a")
    assert isinstance(line, Line)
    assert line.reactance_pu == pytest.approx(0.4 * 50 / 2 / 220**2 * 100)
    with pytest.raises(MalformedCase, match=r"lines\.a\.type names 'none', which is no type"):
        read_pypsa(edited("congested", "lines.csv", typed.format("none")))


def test_types_of_transformers(edited: Edit) -> None:
    text = "name,bus0,bus1,type,tap_position,num_parallel\nt,one,two,160 MVA 380/110 kV,1,2\n"
    trafo = asset(read_pypsa(edited("congested", "transformers.csv", text)), "t")
    assert isinstance(trafo, Line)
    per_unit = math.sqrt(0.122**2 - 0.0025**2) / 2
    assert trafo.power_max_mw == 320.0
    assert trafo.reactance_pu == pytest.approx(per_unit * 1.015 / 320.0 * 100)


def test_levels_that_are_set_and_limits_by_snapshot(edited: Edit) -> None:
    labels = _labels()
    levels = "".join(f"{label},{'50' if k == 2 else ''}\n" for k, label in enumerate(labels))
    edited("stores", "storage_units-state_of_charge_set.csv", ",lake\n" + levels)
    limits = "".join(f"{label},{0.5 + 0.1 * k:g}\n" for k, label in enumerate(labels))
    case = read_pypsa(edited("stores", "stores-e_max_pu.csv", ",tank\n" + limits))
    lake, tank = asset(case, "lake"), asset(case, "tank")
    assert isinstance(lake, StorageProfile)
    assert lake.energy_min_by_step_mwh == (0.0, 0.0, 50.0, 0.0, 0.0)
    assert lake.energy_max_by_step_mwh == (180.0, 180.0, 50.0, 180.0, 180.0)
    assert isinstance(tank, StorageProfile)
    assert tank.energy_max_by_step_mwh == pytest.approx((25.0, 30.0, 35.0, 40.0, 45.0))
    assert set(tank.energy_min_by_step_mwh) == {5.0}


@pytest.mark.parametrize(
    ("case", "file", "old", "new", "named"),
    [
        ("commitment", "generators.csv", "0.6,0.6,150", "0.6,0.6,", "generators.p_init left out, of a unit online with ramps"),
        ("stores", "storage_units.csv", "True,-1,0,0", "True,0.5,0,0", "storage_units.p_min_pu above nought"),
        ("congested", "lines.csv", "line 12,one,two,10", "line 12,one,two,0", "lines.x of nought, in a mesh"),
        ("congested", "lines.csv", "10,1,1000,1\n", "10,1,0,1\n", "lines.s_nom of nought"),
        ("congested", "snapshots.csv", "0,3,3,3", "0,3,1,3", "snapshots.objective (unlike snapshots.stores)"),
    ],
)
def test_a_meaning_that_cannot_be_carried_is_named(edited: Edit, case: str, file: str, old: str, new: str, named: str) -> None:
    with pytest.raises(UnsupportedCase) as refused:
        read_pypsa(edited(case, file, new, old))
    assert named in refused.value.fields


@pytest.mark.parametrize(
    ("case", "file", "old", "new", "said"),
    [
        ("congested", "loads-p_set.csv", "0,300", "0,", r"loads\.city\.p_set is not a number in snapshot 0"),
        ("congested", "loads-p_set.csv", "0,300", "0,lots", r"'lots' is not a number"),
        ("congested", "loads-p_set.csv", "1,150\n", "", r"its 1 rows are not the 2 snapshots in order"),
        ("congested", "loads-p_set.csv", "1,150", "0,150", r"its 2 rows are not the 2 snapshots in order"),
        ("congested", "generators.csv", "500,100,", "500,nan,", r"generators\.cheap\.marginal_cost is not a number"),
        ("congested", "generators.csv", "dear,two", "dear,tow", r"generators\.dear\.bus names 'tow', which is no bus"),
        ("congested", "lines.csv", "one,two", "one,one", r"lines\.line 12: .*two different buses"),
        ("congested", "buses.csv", "two,220", "two,220,9", r"buses\.csv, row 3: 3 values, but 2 columns"),
        ("congested", "snapshots.csv", "0,3,3,3", "0,0,3,3", r"every weighting must be a number above nought"),
        ("stores", "storage_units-inflow.csv", "00,25", "00,nan", r"storage_units\.lake\.inflow is not a number in snapshot 0"),
        ("stores", "storage_units.csv", "0.9,0.88", "nan,0.88", r"storage_units\.lake\.efficiency_store is not a number"),
        ("stores", "generators-p_max_pu.csv", "00,0.9", "00,", r"generators\.wind\.p_max_pu is not a number in snapshot 0"),
        ("commitment", "generators.csv", "True,0.5", "yes,0.5", r"committable is 'yes', neither true nor false"),
    ],
)
def test_numbers_that_are_none_are_refused_by_name(
    edited: Edit, case: str, file: str, old: str, new: str, said: str
) -> None:  # fmt: skip
    with pytest.raises(MalformedCase, match=said):
        read_pypsa(edited(case, file, new, old))


def test_blank_is_the_default(edited: Edit) -> None:
    """Left out, a number is PyPSA's default; components that are not active are not there."""
    path = edited("congested", "generators.csv", "name,bus,p_nom,active\na,one,10,True\nb,one,,True\nc,one,5,False\n")
    case = read_pypsa(path)
    assert case.series["a", "price_yuan_per_mwh"].tolist() == [0.0, 0.0]
    assert case.series["b", "highest_mw"].tolist() == [0.0, 0.0]
    assert not any(one.id == "c" for one in case.assets)


def test_netcdf_says_the_same(tmp_path: Path) -> None:
    """The same network laid down as PyPSA lays down its NetCDF files."""
    names = ["cheap", "dear"]
    stamps = np.array(["2030-01-01T00", "2030-01-01T03"], dtype="datetime64[ns]")
    data = xr.Dataset(
        {
            "snapshots_snapshot": ("snapshots", stamps),
            **{f"snapshots_{name}": ("snapshots", [3, 3]) for name in ("objective", "stores", "generators")},
            "buses_v_nom": ("buses_i", [220.0] * 3),
            "lines_bus0": ("lines_i", ["one", "one", "two"]), "lines_bus1": ("lines_i", ["two", "three", "three"]),
            "lines_x": ("lines_i", [10.0] * 3), "lines_s_nom": ("lines_i", [1000.0, 200.0, 1000.0]),
            "lines_s_max_pu": ("lines_i", [1.0, 0.8, 1.0]),
            "generators_bus": ("generators_i", ["one", "two"]), "generators_p_nom": ("generators_i", [500.0] * 2),
            "generators_marginal_cost": ("generators_i", [100.0, 300.0]),
            "generators_committable": ("generators_i", np.array([0, 0], dtype=np.int8)),
            "generators_p_nom_opt": ("generators_i", [math.nan] * 2), "lines_remark": ("lines_i", [""] * 3),
            "loads_bus": ("loads_i", ["three"]), "loads_t_p_set": (("snapshots", "loads_t_p_set_i"), [[300.0], [150.0]]),
        },
        coords={
            "snapshots": [0, 1], "buses_i": ["one", "two", "three"], "lines_i": ["line 12", "line 13", "line 23"],
            "generators_i": names, "loads_i": ["city"], "loads_t_p_set_i": ["city"],
        },
    )  # fmt: skip
    data.to_netcdf(tmp_path / "network.nc", engine="h5netcdf")
    ours, folder = read_case(tmp_path / "network.nc"), read_case(FOLDER / "congested")
    assert ours.clock.power.hours.tolist() == folder.clock.power.hours.tolist()
    lines = [one for one in folder.assets if isinstance(one, Line)]
    assert [one for one in ours.assets if isinstance(one, Line)] == lines
    assert {key: values.tolist() for key, values in ours.series.items()} == {
        key: values.tolist() for key, values in folder.series.items()
    }


def test_what_is_no_case_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(MalformedCase, match=r"holds a 'buses\.csv'"):
        read_case(tmp_path / "empty")
    (tmp_path / "other.nc").write_text("no network")
    with pytest.raises(MalformedCase, match=r"other\.nc: no PyPSA network"):
        read_case(tmp_path / "other.nc")
    (tmp_path / "some.json").write_text('{"a": 1}')
    with pytest.raises(MalformedCase, match="JSON without 'elements' and 'system'"):
        read_case(tmp_path / "some.json")
    (tmp_path / "some.txt").write_text("text")
    with pytest.raises(MalformedCase, match="neither JSON"):
        read_case(tmp_path / "some.txt")
    with pytest.raises(MalformedCase, match="there is no such file"):
        read_case(tmp_path / "none")
