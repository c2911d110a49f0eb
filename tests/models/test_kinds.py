"""A kind is added by adding one file: it is found, solved, audited and saved, and no existing file changes."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import MappingProxyType

import pytest

from yuqian.assets.scenario import load_region
from yuqian.models.clock import Clock
from yuqian.models.kinds import KindError, known_kinds
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble, assemble_example
from yuqian.optimise.compile import compile_model
from yuqian.optimise.entries import books
from yuqian.optimise.solve import Outcome, solve
from yuqian.reports.audit import audit
from yuqian.reports.results import collect, read_results

ROOT = Path(__file__).parents[2]
DAY = Clock.of_days(dt.date(2030, 7, 1), 1)

HEAT_ENGINE = '''\
"""Heat engine: a plant that sells its power and pays for what it burns."""

from __future__ import annotations

from typing import ClassVar

import pyomo.environ as pyo

from yuqian.models.clock import Rhythm
from yuqian.models.kind import Bus, Capacity, CapacityGroup, Example, Kind, NonNegative, Positive
from yuqian.models.port import Port


class HeatEngine(Kind):
    """Gives any power up to its rating, at a price for each MWh."""

    title_en: ClassVar[str] = "Heat engine"
    title_zh: ClassVar[str] = "热机"

    bus: Bus
    power_max_mw: Positive
    variable_cost_yuan_per_mwh: NonNegative

    def contribute(self, m, ledger, steps):
        m.power_mw = pyo.Var(steps.hours, dense=False, bounds=(0, self.power_max_mw))
        price = self.variable_cost_yuan_per_mwh
        ledger.enter(self.bus, self.id, "generation", mw=m.power_mw)
        ledger.cost(self.id, "operation", rhythm=Rhythm.POWER, yuan_per_h=lambda t: price * m.power_mw[t])

    def audit(self, answer, book, clock):
        book.within(self.id, "power", answer.power_mw, 0.0, self.power_max_mw)
        book.enter(self.bus, answer.power_mw)
        book.cost(answer.power_mw * self.variable_cost_yuan_per_mwh, Rhythm.POWER)

    def capacity(self):
        return Capacity(self.power_max_mw, CapacityGroup.GENERATION)

    @classmethod
    def example(cls):
        asset = cls(id="engine", bus="bus", power_max_mw=40.0, variable_cost_yuan_per_mwh=100.0)
        return Example(asset, ports=(Port.market("bus", "mw", 500.0, 300.0),))
'''


def hashes() -> dict[str, str]:
    """Every file of the packages, the region and the scenarios, and what git says of the checkout."""
    rooms = ("models", "assets", "timeseries", "optimise", "reports", "scenarios", "yuqian")
    paths = [path for room in rooms for path in sorted((ROOT / room).rglob("*")) if path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths if path.suffix in (".py", ".yaml")}


@pytest.fixture
def added(tmp_path: Path) -> Path:
    folder = tmp_path / "kinds"
    folder.mkdir()
    (folder / "heat_engine.py").write_text(HEAT_ENGINE, encoding="utf-8")
    return folder


@pytest.fixture
def unchanged() -> Iterator[None]:
    before = hashes()
    assert len(before) > 100
    yield
    assert hashes() == before


@pytest.mark.usefixtures("unchanged")
def test_a_kind_is_added_by_one_file_and_no_existing_file_changes(added: Path, tmp_path: Path) -> None:
    kinds = known_kinds([added])
    assert set(kinds) - set(known_kinds()) == {"heat_engine"}
    example = kinds["heat_engine"].example()
    assembly = assemble_example(example, DAY)
    program = compile_model(assembly.model)
    solution = solve(program)
    assert solution.outcome is Outcome.OPTIMAL
    # 40 MW for 24 h, burnt at 100 and sold at 300 yuan/MWh.
    assert solution.objective_yuan == pytest.approx(-40 * 24 * 200)
    found = answers(assembly, program, solution)
    result = audit(assembly.assets, found, DAY, solution.objective_yuan)
    result.require()
    assert {finding.owner for finding in result.findings} >= {"engine", "bus"}
    found["engine"]._arrays["power_mw"][3] += 1.0
    assert not audit(assembly.assets, found, DAY, solution.objective_yuan).passes


CATALOGUE = """\
assets:
  - id: main_bus
    kind: bus
    name: {en: Main bus, zh: 母线}
    status: operating
    scope: district
    evidence: {source: plan}
    voltage_kv: {value: 220, source: plan, confidence: plan}
  - id: engine
    kind: heat_engine
    name: {en: Engine, zh: 热机}
    status: operating
    scope: district
    evidence: {source: plan}
    bus: main_bus
    power_max_mw: {value: 40, source: plan, confidence: plan}
    variable_cost_yuan_per_mwh: {value: 100, source: plan, confidence: plan}
"""


@pytest.mark.usefixtures("unchanged")
def test_an_added_kind_is_read_from_a_catalogue_and_kept_in_results(
    added: Path, tmp_path: Path, write_region: Callable[..., Path]
) -> None:
    kinds = known_kinds([added])
    scenario = write_region(tmp_path, power=CATALOGUE, water=None)
    region = load_region(scenario, kinds=kinds)
    assert [type(kind).__name__ for kind in region.kinds] == ["HeatEngine", "Bus"]
    port = kinds["heat_engine"].example().ports[0].model_copy(update={"balance": "main_bus", "opens_balance": False})
    assembly = assemble((*region.kinds, port), {}, DAY)
    program = compile_model(assembly.model)
    solution = solve(program)
    assert solution.x is not None
    saved = collect(assembly, program, solution, books(assembly, program, solution.x), {})
    path = tmp_path / "results.nc"
    saved.write(path)
    assert read_results(path, {**kinds, "port": type(port)}).audit().passes
    assert saved.groups["results"]["heat_engine__power_mw"].attrs["units"] == "MW"


def test_names_are_those_of_the_files_and_helpers_are_left_out() -> None:
    kinds = known_kinds()
    assert isinstance(kinds, MappingProxyType)
    assert list(kinds) == sorted(kinds)
    assert {"kind", "kinds", "port", "clock", "demand_law"}.isdisjoint(kinds)
    for name, kind in kinds.items():
        assert kind.__module__ == f"yuqian.models.{name}"
        assert kind.catalogued


def test_a_name_taken_twice_is_refused(added: Path, tmp_path: Path) -> None:
    (added / "heat_engine.py").rename(added / "bus.py")
    with pytest.raises(KindError, match=r"the kind 'bus' is defined twice: yuqian\.models\.bus and"):
        known_kinds([added])
    other = tmp_path / "other"
    other.mkdir()
    for folder in (tmp_path / "kinds", other):
        (folder / "tide.py").write_text(HEAT_ENGINE, encoding="utf-8")
    (added / "bus.py").unlink()
    with pytest.raises(KindError, match="the kind 'tide' is defined twice"):
        known_kinds([added, other])


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("from yuqian.models.bus import Bus\n", 0), (f"{HEAT_ENGINE}\n\nclass Two(HeatEngine):\n    pass\n", 2)],
)
def test_a_file_must_define_one_kind(tmp_path: Path, text: str, count: int) -> None:
    (tmp_path / "odd.py").write_text(text, encoding="utf-8")
    with pytest.raises(KindError, match=f"must define exactly one kind of asset, found {count}"):
        known_kinds([tmp_path])


def install(site: Path, point: str) -> None:
    """A package with an entry point, as pip would lay it down."""
    (site / "engines").mkdir(parents=True)
    (site / "engines" / "__init__.py").touch()
    (site / "engines" / "heat_engine.py").write_text(HEAT_ENGINE, encoding="utf-8")
    (site / "engines-1.0.dist-info").mkdir()
    (site / "engines-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: engines\nVersion: 1.0\n")
    (site / "engines-1.0.dist-info" / "entry_points.txt").write_text(f"[yuqian.kinds]\n{point} = engines.heat_engine\n")


def test_an_installed_package_adds_a_kind_by_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "heat_engine")
    with monkeypatch.context() as patch:
        patch.syspath_prepend(str(tmp_path))
        assert known_kinds()["heat_engine"].title_en == "Heat engine"
    assert "heat_engine" not in known_kinds()


def test_an_entry_point_is_called_as_its_module_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "engine")
    with monkeypatch.context() as patch:
        patch.syspath_prepend(str(tmp_path))
        with pytest.raises(KindError, match=r"the entry point 'engine' names engines\.heat_engine"):
            known_kinds()


def test_git_sees_no_change(added: Path) -> None:
    """The same as above, asked of git: nothing in the checkout but what was there before."""

    def status() -> str | None:
        environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
        told = subprocess.run(
            ["git", "status", "--porcelain", "--", "models", "assets", "optimise", "reports", "yuqian"],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return told.stdout if told.returncode == 0 else None

    before = status()
    if before is None:
        pytest.skip("not a git checkout")
    assert "heat_engine" in known_kinds([added])
    assert status() == before
