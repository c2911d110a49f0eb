"""What all reference problems share: published files, and the ordinary engine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from yuqian.models.book import Answer
from yuqian.models.clock import Clock, Floats
from yuqian.models.kind import Kind
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Outcome, Solution, SolverOptions, solve
from yuqian.reports.audit import audit

PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "uc"


@dataclass(frozen=True)
class Run:
    """An audited answer."""

    program: Program
    solution: Solution
    answers: Mapping[str, Answer]

    @property
    def cost(self) -> float:
        return self.solution.objective_yuan

    def __getitem__(self, asset: str) -> Answer:
        return self.answers[asset]


Engine = Callable[..., Run]


def _run(
    assets: Iterable[Kind],
    series: Mapping[tuple[str, str], Floats | Iterable[float]],
    clock: Clock,
    options: SolverOptions | None = None,
) -> Run:
    numbers = {key: np.array(list(values), dtype=float) for key, values in series.items()}
    assembly = assemble(assets, numbers, clock)
    program = compile_model(assembly.model)
    assert program.structure is not None
    assert program.structure.notes == ()
    solution = solve(program, options)
    assert solution.outcome in (Outcome.OPTIMAL, Outcome.LIMIT_WITH_SOLUTION)
    found = answers(assembly, program, solution)
    audit(assembly.assets, found, clock, solution.objective_yuan).require()
    return Run(program, solution, found)


@pytest.fixture(scope="session")
def engine() -> Engine:
    """Assemble, compile, solve and audit, as every run does."""
    return _run


@pytest.fixture(scope="session")
def published() -> Callable[[str], Path]:
    """A published file by name; the test is skipped where it is not at hand."""

    def find(name: str) -> Path:
        path = PUBLISHED / name
        if not path.exists():
            pytest.skip(f"the published case {name} is not at hand; it would lie in {PUBLISHED}")
        return path

    return find


@pytest.fixture(scope="session")
def small_published() -> Callable[[str], Path]:
    """A small day of Egret's own test suite, from a checkout of it that ``EGRET_CHECKOUT`` names."""

    def find(name: str) -> Path:
        checkout = os.environ.get("EGRET_CHECKOUT")
        if not checkout:
            pytest.skip("EGRET_CHECKOUT names no checkout of grid-parity-exchange/Egret, which holds the small published days")
        return Path(checkout) / "egret/models/tests/uc_test_instances" / f"{name}.json"

    return find
