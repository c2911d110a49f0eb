"""Rules that couple all assets of one kind: declared once a kind, owned by the kind, audited and kept in results."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import pyomo.environ as pyo
import pytest

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Rhythm, Steps
from yuqian.models.kind import Bus, Kind, Member, Positive, by_kind, table, together_owner
from yuqian.models.ledger import Ledger
from yuqian.models.port import Port
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import Assembly, assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.entries import books
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Outcome, Solution, solve
from yuqian.reports.audit import audit
from yuqian.reports.results import collect, read_results

DAY = Clock.of_days(dt.date(2030, 1, 1), 1)
JOINT_MW = np.repeat([50.0, 30.0], 12)
OWNER = "together.test_together"


class Feeder(Kind):
    """Gives power; all feeders together give no more than a limit by hour, and pay for what they give together."""

    title_en: ClassVar[str] = "Feeder"
    title_zh: ClassVar[str] = "馈线"
    catalogued: ClassVar[bool] = False

    bus: Bus
    power_max_mw: Positive

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.power_mw = pyo.Var(steps.hours, dense=False, bounds=(0, self.power_max_mw))
        ledger.enter(self.bus, self.id, "generation", mw=m.power_mw)

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        book.within(self.id, "power", answer.power_mw, 0.0, self.power_max_mw)
        book.enter(self.bus, answer.power_mw)

    @classmethod
    def contribute_together(cls, members: Sequence[Member[Self]], m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.total_mw = pyo.Var(steps.hours, dense=False, bounds=(0, None))
        table(m, "joint_mw", steps.hours, JOINT_MW)

        @m.Constraint(steps.hours)
        def total(m: pyo.Block, t: int) -> object:
            return m.total_mw[t] == sum(member.block.power_mw[t] for member in members)

        @m.Constraint(steps.hours)
        def joint(m: pyo.Block, t: int) -> object:
            return m.total_mw[t] <= m.joint_mw[t]

        ledger.cost(cls.owner_together(), "fuel", rhythm=Rhythm.POWER, yuan_per_h=lambda t: 100.0 * m.total_mw[t])

    @classmethod
    def audit_together(cls, members: Sequence[Self], answers: Mapping[str, Answer], book: Book, clock: Clock) -> None:
        total = answers[cls.owner_together()].total_mw
        book.equal("feeders", "total", total, sum(answers[member.id].power_mw for member in members))
        book.within("feeders", "joint limit", total, 0.0, JOINT_MW)
        book.cost(100.0 * total, Rhythm.POWER)


FEEDERS = (
    Feeder(id="b_feeder", bus="bus", power_max_mw=40.0),
    Port.market("bus", "mw", 900.0, 300.0),
    Feeder(id="a_feeder", bus="bus", power_max_mw=40.0),
)


@pytest.fixture(name="solved", scope="module")
def solved_once() -> tuple[Assembly, Program, Solution]:
    assembly = assemble(FEEDERS, {}, DAY)
    program = compile_model(assembly.model)
    return assembly, program, solve(program)


Solved = tuple[Assembly, Program, Solution]


def test_a_rule_over_all_members_binds(solved: Solved) -> None:
    _, program, solution = solved
    assert program.structure is not None
    assert program.structure.notes == ()
    assert solution.outcome is Outcome.OPTIMAL
    # 50 MW for 12 h and 30 MW for 12 h, sold at 300 and made at 100 yuan/MWh.
    assert solution.objective_yuan == pytest.approx(-12 * (50 + 30) * 200)


def test_what_is_declared_together_belongs_to_the_kind(solved: Solved) -> None:
    assembly, program, solution = solved
    assert together_owner("test_together") == Feeder.owner_together() == OWNER
    owned = {(family.owner, family.name) for family in program.layout.columns}
    assert (OWNER, "total_mw") in owned
    assert ("a_feeder", "power_mw") in owned
    assert (OWNER, "total") in {(family.owner, family.name) for family in program.layout.rows}
    assert answers(assembly, program, solution)[OWNER].total_mw == pytest.approx(JOINT_MW)
    assert program.layout.row_name(0).startswith(f"{OWNER}.total[")


def test_members_come_in_order_of_id_and_once_a_kind() -> None:
    groups = by_kind(FEEDERS)
    assert [kind.kind_name() for kind in groups] == ["port", "test_together"]
    assert [member.id for member in groups[Feeder]] == ["a_feeder", "b_feeder"]


def test_a_kind_that_couples_nothing_has_no_block() -> None:
    assert assemble([Port.market("bus", "mw", 900.0, 300.0)], {}, DAY).model.component("together") is None


def test_the_audit_notices_what_the_kind_declared(solved: Solved) -> None:
    assembly, program, solution = solved
    found = answers(assembly, program, solution)
    audit(assembly.assets, found, DAY, solution.objective_yuan).require()
    for owner, name in ((OWNER, "total_mw"), ("a_feeder", "power_mw")):
        arrays = {key: value.copy() for key, value in found[owner]._arrays.items()}
        arrays[name][5] += 1.0
        damaged = {**found, owner: Answer(owner, arrays)}
        assert not audit(assembly.assets, damaged, DAY, solution.objective_yuan).passes


def test_numbers_by_step_of_a_rule_together_may_change(solved: Solved) -> None:
    _, program, _ = solved
    looser = solve(program.with_series({(OWNER, "joint_mw"): np.full(24, 70.0)}))
    assert looser.objective_yuan == pytest.approx(-24 * 70 * 200)


def test_results_keep_and_audit_what_is_declared_together(solved: Solved, tmp_path: Path) -> None:
    assembly, program, solution = solved
    assert solution.x is not None
    results = collect(assembly, program, solution, books(assembly, program, solution.x), {})
    results.write(tmp_path / "results.nc")
    read = read_results(tmp_path / "results.nc", {"port": Port, "test_together": Feeder})
    assert read.answers()[OWNER].total_mw == pytest.approx(JOINT_MW)
    assert read.audit().passes
    duals = read.groups["duals"]["limit__hour"]
    assert duals.sel(limit__hour__of=f"{OWNER}.joint").values == pytest.approx(np.full(24, -200.0))
