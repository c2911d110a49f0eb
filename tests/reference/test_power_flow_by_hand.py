"""Networks that can be worked out on paper, and the formulation by angles as a second opinion."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from yuqian.models.bus import Bus
from yuqian.models.clock import Clock, Floats
from yuqian.models.kind import Kind
from yuqian.models.line import Line
from yuqian.models.load_profile import LoadProfile
from yuqian.models.port import Port
from yuqian.models.renewable_profile import RenewableProfile
from yuqian.optimise.power_flow import Network

TWO_HOURS = Clock.of_days(dt.date(2030, 1, 1), 1, hours_per_day=2)
Region = tuple[list[Kind], dict[tuple[str, str], Floats]]


def line(name: str, bus_from: str, bus_to: str, reactance_pu: float | None = 0.01, **fields: Any) -> Line:
    given: dict[str, Any] = {"power_max_mw": 1000.0, "loss_fraction": 0.0, **fields}
    return Line(id=name, bus_from=bus_from, bus_to=bus_to, reactance_pu=reactance_pu, **given)


def region(lines: list[Line], plants: dict[str, tuple[str, float, float]], loads: dict[str, Any]) -> Region:
    """Buses of the lines, plants as (bus, MW, yuan/MWh), loads in MW by bus."""
    buses = sorted({bus for one in lines for bus in (one.bus_from, one.bus_to)})
    assets: list[Kind] = [*lines, *(Bus(id=bus, voltage_kv=220.0) for bus in buses)]
    series: dict[tuple[str, str], Floats] = {}
    for name, (bus, rated, price) in plants.items():
        assets.append(RenewableProfile(id=name, bus=bus, rated_mw=rated, variable_cost_yuan_per_mwh=price))
        series[name, "lowest_mw"], series[name, "highest_mw"] = np.zeros(2), np.full(2, rated)
    for bus, demand in loads.items():
        assets.append(LoadProfile(id=f"load_{bus}", bus=bus))
        series[f"load_{bus}", "demand_mw"] = np.broadcast_to(np.asarray(demand, dtype=float), 2)
    return assets, series


def prices(run: Any, *buses: str) -> list[float]:
    """Nodal prices of the second hour, yuan/MWh."""
    duals = run.program.row_duals(run.solution.row_dual, run.solution.column_dual, run.solution.x)
    return [abs(float(duals["balance", bus][1])) for bus in buses]


TRIANGLE = {"line_12": ("one", "two"), "line_13": ("one", "three"), "line_23": ("two", "three")}


def test_three_buses_with_congestion(engine: Any) -> None:
    """Equal reactances, 300 MW at bus 3, cheap power at bus 1 and dear power at bus 2, and line 1-3 limited to 160 MW.

    Two thirds of what bus 1 sends and one third of what bus 2 sends go over line 1-3: 180 and 120 MW fill it. One more MW
    at bus 3 needs 2 MW more of the dear and 1 MW less of the cheap power: 2 x 300 - 100 = 500.
    """
    lines = [line(name, *ends, power_max_mw=160.0 if name == "line_13" else 1000.0) for name, ends in TRIANGLE.items()]
    plants = {"cheap": ("one", 500.0, 100.0), "dear": ("two", 500.0, 300.0)}
    run = engine(*region(lines, plants, {"three": 300.0}), TWO_HOURS)
    assert run.cost == pytest.approx(2 * (180 * 100 + 120 * 300))
    assert run["line_13"].flow_mw == pytest.approx([160.0, 160.0])
    assert run["line_12"].flow_mw == pytest.approx([20.0, 20.0])
    assert run["line_23"].flow_mw == pytest.approx([140.0, 140.0])
    assert prices(run, "one", "two", "three") == pytest.approx([100.0, 300.0, 500.0])
    # One MW more on line 1-3 lets 3 MW change from dear to cheap.
    at = run.program.layout.by_column_name["line_13", "flow_mw"].start
    assert run.solution.column_dual[at] == pytest.approx(-3 * 200.0)


def test_three_buses_without_congestion_have_one_price(engine: Any) -> None:
    lines = [line(name, *ends) for name, ends in TRIANGLE.items()]
    plants = {"cheap": ("one", 500.0, 100.0), "dear": ("two", 500.0, 300.0)}
    run = engine(*region(lines, plants, {"three": 300.0}), TWO_HOURS)
    assert run["line_13"].flow_mw == pytest.approx([200.0, 200.0])
    assert prices(run, "one", "two", "three") == pytest.approx([100.0] * 3)


def test_parallel_lines_share_by_their_reactance(engine: Any) -> None:
    """0.01 and 0.02 pu share two to one; the strong one is full at 60 MW, so 90 MW is all that gets through."""
    lines = [line("strong", "one", "two", 0.01, power_max_mw=60.0), line("weak", "two", "one", 0.02)]
    plants = {"cheap": ("one", 500.0, 100.0), "dear": ("two", 500.0, 300.0)}
    run = engine(*region(lines, plants, {"two": 200.0}), TWO_HOURS)
    assert run["strong"].flow_mw == pytest.approx([60.0, 60.0])
    assert run["weak"].flow_mw == pytest.approx([-30.0, -30.0])
    assert run.cost == pytest.approx(2 * (90 * 100 + 110 * 300))


def test_a_transport_element_beside_a_line_takes_what_it_can(engine: Any) -> None:
    lines = [line("strong", "one", "two", 0.01, power_max_mw=60.0), line("converter", "one", "two", None, power_max_mw=50.0)]
    plants = {"cheap": ("one", 500.0, 100.0), "dear": ("two", 500.0, 300.0)}
    run = engine(*region(lines, plants, {"two": 200.0}), TWO_HOURS)
    assert run.cost == pytest.approx(2 * (110 * 100 + 90 * 300))


def test_a_phase_shifter_moves_flow(engine: Any) -> None:
    """Two equal lines of 0.01 pu; a shift of 0.5 degrees drives 100 x radians / 0.02 = 43.6 MW round the ring."""
    lines = [line("plain", "one", "two"), line("shifter", "one", "two", phase_shift_deg=-0.5)]
    run = engine(*region(lines, {"cheap": ("one", 500.0, 100.0)}, {"two": 200.0}), TWO_HOURS)
    around = 100 * np.radians(0.5) / 0.02
    assert run["shifter"].flow_mw == pytest.approx(np.full(2, 100.0 + around))
    assert run["plain"].flow_mw == pytest.approx(np.full(2, 100.0 - around))


@pytest.mark.parametrize("flow", [100.0, 75.0])
def test_square_losses_are_exact_at_the_cuts(engine: Any, flow: float) -> None:
    """0.04 pu: 0.04 / 100 x flow squared, of which half is lost before and half after the middle of the line.

    Of 100 MW in the middle 4 MW are lost, and 98 MW arrive; 75 MW is half way between the cuts at 50 and 100 MW, where the
    loss is 2.25 less (0.04 / 100) x 25 squared = 0.25 MW, and the demand is made to fit.
    """
    lost = 0.0004 * flow**2 - (0.25 if flow == 75.0 else 0.0)
    demand = flow - lost / 2
    one = line("line", "one", "two", power_max_mw=100.0, resistance_pu=0.04, loss_cut_count=2)
    run = engine(*region([one], {"cheap": ("one", 500.0, 100.0)}, {"two": demand}), TWO_HOURS)
    assert run["line"].flow_mw == pytest.approx(np.full(2, flow))
    assert run["line"].loss_mw == pytest.approx(np.full(2, lost))
    assert run.cost == pytest.approx(2 * 100 * (flow + lost / 2))


def grid(seed: int) -> tuple[list[Line], dict[str, tuple[str, float, float]], dict[str, Any]]:
    """A meshed grid of seven buses with limits that bind."""
    draw = random.Random(seed)
    ends = [(k, draw.randrange(k)) for k in range(1, 7)] + [tuple(draw.sample(range(7), 2)) for _ in range(5)]
    lines = [
        line(f"line_{k:02d}", f"bus_{a}", f"bus_{b}", draw.uniform(0.005, 0.05), power_max_mw=draw.uniform(60.0, 160.0))
        for k, (a, b) in enumerate(ends)
    ]
    plants = {f"plant_{k}": (f"bus_{k}", 150.0, 100.0 + 40.0 * draw.random() * k) for k in range(7)}
    return lines, plants, {f"bus_{k}": np.array([draw.uniform(30, 90), draw.uniform(30, 90)]) for k in range(7)}


def by_angles(lines: list[Line], plants: dict[str, tuple[str, float, float]], loads: dict[str, Any], hour: int) -> float:
    """Cost of an hour by the formulation with angles: plants, flows and angles are the decisions."""
    buses = sorted(loads)
    n, p, m = len(lines), len(plants), len(buses)
    matrix, right = np.zeros((m + n, p + n + m)), np.zeros(m + n)
    for k, (bus, _, _) in enumerate(plants.values()):
        matrix[buses.index(bus), k] = 1.0
    for k, one in enumerate(lines):
        start, end = buses.index(one.bus_from), buses.index(one.bus_to)
        matrix[start, p + k], matrix[end, p + k] = -1.0, 1.0
        assert one.reactance_pu is not None
        matrix[m + k, p + k] = one.reactance_pu / 100
        matrix[m + k, p + n + start], matrix[m + k, p + n + end] = -1.0, 1.0
    right[:m] = [loads[bus][hour] for bus in buses]
    bounds = [(0, rated) for _, rated, _ in plants.values()] + [(-one.power_max_mw, one.power_max_mw) for one in lines]
    cost = [price for _, _, price in plants.values()] + [0.0] * (n + m)
    found = linprog(cost, A_eq=matrix, b_eq=right, bounds=[*bounds, *[(None, None)] * m])
    assert found.status == 0
    return float(found.fun)


@pytest.mark.parametrize("seed", range(4))
def test_meshes_cost_what_angles_cost(engine: Any, seed: int) -> None:
    lines, plants, loads = grid(seed)
    run = engine(*region(lines, plants, loads), TWO_HOURS)
    assert run.cost == pytest.approx(sum(by_angles(lines, plants, loads, hour) for hour in range(2)), rel=1e-9)
    free = engine(*region([one.model_copy(update={"reactance_pu": None}) for one in lines], plants, loads), TWO_HOURS)
    assert free.cost <= run.cost + 1e-6


@pytest.mark.parametrize("seed", range(4))
def test_flows_of_an_answer_are_those_of_the_distribution_factors(engine: Any, seed: int) -> None:
    lines, plants, loads = grid(seed)
    run = engine(*region(lines, plants, loads), TWO_HOURS)
    network = Network.of(lines)
    injection = np.stack([run[f"plant_{k}"].power_mw - loads[f"bus_{k}"] for k in range(7)])
    flows = network.flows_of(run.answers)
    assert network.ptdf() @ injection == pytest.approx(flows, rel=1e-9, abs=1e-9)


def test_islands_keep_to_themselves(engine: Any) -> None:
    """Two rings that only a converter joins; each is balanced by its own market."""
    rings = [line(f"{ring}_{k}", f"{ring}_{k}", f"{ring}_{(k + 1) % 3}", 0.01 * (k + 1)) for ring in "ab" for k in range(3)]
    tie = line("tie", "a_0", "b_0", None, power_max_mw=30.0)
    assets, series = region([*rings, tie], {"cheap": ("a_1", 500.0, 100.0)}, {"a_2": 60.0, "b_2": 90.0})
    run = engine([*assets, Port.to_open("b_1", "mw", 400.0, 0.0)], series, TWO_HOURS)
    assert run["tie"].flow_mw == pytest.approx([30.0, 30.0])
    assert run.cost == pytest.approx(2 * (90 * 100 + 60 * 400))
