"""Adequacy of supply: how often, and by how much, a region is short of power, and what firm power it has.

Members of weather and outages are sampled batch by batch; the stores run by their rule, and again with perfect foresight
where that could change anything; beside them stands the exact answer without stores. Everything is on one copper plate.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from yuqian.models.clock import Floats
from yuqian.optimise.adequacy_case import Case, Members
from yuqian.optimise.adequacy_indices import Estimate, Indices, MemberResults
from yuqian.optimise.capacity_credit import Credit, Firm, Measure, Risk, credit, largest_export
from yuqian.optimise.capacity_table import Exact, TableError, convolved

Tell = Callable[[str], None]


class Classes(enum.Enum):
    """What capacity credits are told by."""

    KIND = "kind"
    ASSET = "asset"
    NONE = "none"

    def labels(self, case: Case) -> Mapping[str, str]:
        """Label of each asset that may be taken away."""
        if self is Classes.NONE:
            return {}
        return {owner: owner if self is Classes.ASSET else kind for owner, kind in case.kind_of.items()}


@dataclass(frozen=True)
class Question:
    """What is asked of a case.

    Attributes:
        weather_years: the most that are sampled.
        lole_max_h: hours a year that the largest export may lack.
        export_mw: firm export to assess; None: the largest one.
        relative_error_max: sampling stops after the batch in which the standard error of EENS under the export is no more than
            this share of it; None: all years are sampled.
        foresight: whether the least unserved energy with perfect foresight is found, too.
        classes, risk, measure: of capacity credits.
    """

    weather_years: int = 20
    lole_max_h: float = 3.0
    export_mw: float | None = None
    relative_error_max: float | None = None
    foresight: bool = True
    classes: Classes = Classes.KIND
    risk: Risk = Risk.EENS
    measure: Measure = Measure.FIRM


@dataclass(frozen=True)
class Convergence:
    """How far the estimate had come after a batch."""

    weather_years: int
    members: int
    export_mw: float
    lole_h: Estimate
    eens_mwh: Estimate


@dataclass(frozen=True)
class Without:
    """Without stores, at one export: the exact answer beside the sampled one.

    Attributes:
        exact: over all outages, for the same weather years; None where there are too many states, for the reason given.
    """

    sampled_lole_h: Estimate
    sampled_eens_mwh: Estimate
    exact: Exact | None
    note: str = ""


@dataclass(frozen=True)
class Assessment:
    """The answer.

    Attributes:
        largest: the largest firm export.
        export_mw: the one that ``under_export``, ``without_stores`` and the credits are told for.
        export_max_mw: limit on what can leave the region, which is not enforced.
        local: the region's own load alone.
        results: of each member, under the export.
        stopped: why sampling ended, in words.
    """

    case: Case
    question: Question
    largest: Firm
    export_mw: float
    export_max_mw: float
    local: Indices
    under_export: Indices
    results: MemberResults
    without_stores: Without
    credits: tuple[Credit, ...]
    convergence: tuple[Convergence, ...]
    stopped: str


def assess(case: Case, question: Question | None = None, tell: Tell | None = None) -> Assessment:
    """Assess the adequacy of a case.

    Args:
        tell: called with what is being done.

    Raises:
        AdequacyError: for a case that cannot be assessed.
    """
    question, say = question or Question(), tell or (lambda text: None)
    say("weather")
    case.check()
    members, convergence, stopped = _sampled(case, question, say)
    per_day, horizon_h = case.clock.power_per_water, case.clock.year_hours()
    say("largest export")
    largest = largest_export(members, question.lole_max_h)
    export = question.export_mw if question.export_mw is not None else (largest.mw or 0.0)
    say("dispatch of stores")
    local = Indices.of(MemberResults.of(members, per_day, 0.0, question.foresight), horizon_h)
    results = MemberResults.of(members, per_day, export, question.foresight)
    say("convolution")
    without = _without_stores(case, members, export)
    credits = []
    for label in members.labels if question.classes is not Classes.NONE else ():
        say(f"capacity credit: {label}")
        credits.append(credit(members, label, [label], export, question.risk, question.measure))
    return Assessment(
        case, question, largest, export, case.export_max_mw(), local, Indices.of(results, horizon_h), results, without,
        tuple(credits), convergence, stopped,
    )  # fmt: skip


def _sampled(case: Case, question: Question, say: Tell) -> tuple[Members, tuple[Convergence, ...], str]:
    """Batches of members until the error is small enough, or the years are used up."""
    parts: list[Members] = []
    steps: list[Convergence] = []
    for batch in case.batches(question.weather_years, question.classes.labels(case)):
        parts.append(batch)
        members = Members.joined(parts)
        export = question.export_mw
        if export is None:
            export = largest_export(members, question.lole_max_h).mw or 0.0
        found = MemberResults.of(members, case.clock.power_per_water, export, foresight=False)
        step = Convergence(
            len(set(members.year.tolist())), members.count, export,
            Estimate.between_years(found.lost_h, found.year), Estimate.between_years(found.unserved_mwh, found.year),
        )  # fmt: skip
        steps.append(step)
        say(f"{step.members} member-years: EENS to {step.eens_mwh.relative_error:.0%}")
        limit = question.relative_error_max
        if limit is not None and step.eens_mwh.relative_error <= limit:
            return members, tuple(steps), f"the standard error of EENS is within {limit:.0%}"
    return members, tuple(steps), "all weather years that were asked for are sampled"


def _without_stores(case: Case, members: Members, export_mw: float) -> Without:
    bare = Members(members.year, members.step_h, members.margin_mw, {}, ())
    found = MemberResults.of(bare, case.clock.power_per_water, export_mw, foresight=False)
    lole, eens = (Estimate.between_years(values, found.year) for values in (found.lost_h, found.unserved_mwh))
    try:
        return Without(lole, eens, convolved(case, len(set(members.year.tolist())), export_mw))
    except TableError as error:
        return Without(lole, eens, None, str(error))


def means(exact: Exact) -> tuple[float, float]:
    """LOLE (h) and EENS (MWh) over the weather years."""
    return float(exact.lole_h.mean()), float(exact.eens_mwh.mean())


def by_member(found: MemberResults) -> Mapping[str, Floats]:
    """Everything that is told of members, by name."""
    values = {
        "lost_h": found.lost_h, "lost_days": found.lost_days, "events": found.events, "unserved_mwh": found.unserved_mwh,
        "largest_mw": found.largest_mw, "longest_h": found.longest_h,
    }  # fmt: skip
    return values if found.foreseen_mwh is None else {**values, "foreseen_mwh": found.foreseen_mwh}
