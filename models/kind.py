"""The protocol of a kind of asset, on one screen.

One file in ``models/`` is one kind. From top to bottom it holds: the parameters (fields whose names end in their unit), the
decisions and rules (:meth:`Kind.contribute`), a check of an answer in plain numpy that shares no code with the rules
(:meth:`Kind.audit`) and the smallest working instance (:meth:`Kind.example`). Nothing else in the repository names the kind.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, Self, TypeVar

import pyomo.environ as pyo
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.ledger import Ledger
from yuqian.models.mesh_law import Branch
from yuqian.models.reserve_product import Product
from yuqian.models.step_table import StepTable
from yuqian.models.water_quality import WaterQuality

if TYPE_CHECKING:
    from yuqian.models.adequacy import Adequacy
    from yuqian.models.book import Answer, Book
    from yuqian.models.commitment_law import Commitment
    from yuqian.models.operation import Operation
    from yuqian.models.renumbering import Renumbering

Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]


@dataclass(frozen=True)
class Refers:
    """Marks a field that holds the id of another asset, which must open a balance in ``rate`` under its id + ``suffix``.

    ``gives`` marks a reference that water is given to: it is forwarded downstream when that asset is not in service.
    ``offers`` marks one that is only offered to: it is left out when that asset is not in service.
    """

    rate: str
    suffix: str = ""
    gives: bool = False
    offers: bool = False


Bus = Annotated[str, Refers("mw")]
ReserveTo = Annotated[str, Refers("mw", offers=True)]
WaterFrom = Annotated[str, Refers("m3_per_s")]
WaterTo = Annotated[str, Refers("m3_per_s", gives=True)]
CoalFrom = Annotated[str, Refers("t_per_h")]
CoalTo = Annotated[str, Refers("t_per_h")]
EmissionTo = Annotated[str, Refers("t_per_h")]


@dataclass(frozen=True)
class SeriesNeed:
    """A series that a kind asks for: by resource, on a rhythm. Its unit is the ending of its name.

    Attributes:
        resource: what makes it: a file of ``timeseries/`` by that name.
        low, high: what its values may lie between; anything else is refused.
        otherwise: what holds where the series is not given: a number in every step, or another series of the same asset, by
            name. None: it must be given.
    """

    resource: str
    rhythm: Rhythm
    low: float = 0.0
    high: float = float("inf")
    otherwise: float | str | None = None


class CapacityGroup(enum.Enum):
    """How a plant counts towards installed capacity."""

    GENERATION = "generation"
    BATTERY = "battery"


@dataclass(frozen=True)
class Capacity:
    """Rated AC power of a plant, and the group that it counts in."""

    rated_mw: float
    group: CapacityGroup


class UserClass(enum.Enum):
    """Classes of water user; :mod:`yuqian.models.user_class` has their names and their usual order."""

    TOWN = "town"
    RURAL = "rural"
    ECOLOGICAL = "ecological"
    PRIORITY_INDUSTRY = "priority_industry"
    INDUSTRY = "industry"
    IRRIGATION = "irrigation"
    ENVIRONMENT = "environment"
    POWER = "power"


@dataclass(frozen=True)
class Example:
    """The smallest working instance of a kind.

    Attributes:
        asset: the asset.
        ports: stand-ins for whatever it is connected to (:class:`yuqian.models.port.Port`).
        series: the series it needs, by name, each the same in every step.
    """

    asset: Kind
    ports: tuple[Kind, ...] = ()
    series: Mapping[str, float] = field(default_factory=dict)


RESERVED_ID = "balance"
TOGETHER = "together"
"""Name of the block that holds, by name of the kind, what assets of one kind declare together."""


def together_owner(kind_name: str) -> str:
    """Owner of what a kind declares for all its assets together; no id can be such a name."""
    return f"{TOGETHER}.{kind_name}"


K = TypeVar("K", bound="Kind")


@dataclass(frozen=True)
class Member(Generic[K]):
    """One of the assets that a kind couples, with the block that holds its own decisions and series.

    Attributes:
        asset: its parameters.
        block: what its ``contribute`` declared: ``member.block.flow_mw[t]`` in a rule.
    """

    asset: K
    block: pyo.Block


def _snake_case(text: str) -> str:
    if not (text.isascii() and text.isidentifier() and text == text.lower()):
        raise ValueError("an id is lower-case ascii letters, digits and underscores, and begins with a letter")
    if text == RESERVED_ID:
        raise ValueError(f"'{text}' names the ledger's rows; choose another id")
    return text


class Kind(BaseModel):
    """Base of all kinds. Fields are the parameters of one asset; every number's name ends in its unit.

    Class attributes:
        title_en, title_zh: what the kind is called.
        catalogued: False for helpers that no catalogue may hold.
        series: the series it needs, by name.
        opens: balances that it opens: suffix to its id -> rate.
        forwards_to: field that references with ``gives`` are forwarded to while the asset is not in service.
        is_water_source: whether water taken from its balance counts as coming from it.
        settles_by: decisions that :meth:`renumbered` goes by; they are held near the best answer so far.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    title_en: ClassVar[str]
    title_zh: ClassVar[str]
    catalogued: ClassVar[bool] = True
    series: ClassVar[Mapping[str, SeriesNeed]] = {}
    opens: ClassVar[Mapping[str, str]] = {}
    forwards_to: ClassVar[str | None] = None
    is_water_source: ClassVar[bool] = False
    settles_by: ClassVar[tuple[str, ...]] = ()

    id: Annotated[str, AfterValidator(_snake_case)]

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        """Declare decisions and rules on the block ``m`` (which already holds the series as Params) and enter the ledger.

        A rule is the same expression for every step: no ``if`` on the step, no ``Constraint.Skip`` by step; bounds of a Var
        are the same for all steps.
        """
        raise NotImplementedError

    def operate(self, operation: Operation) -> None:
        """Say to the simulation by rule what the asset does in a step; nothing, for a kind without water."""

    def gives_quality(self) -> WaterQuality | None:
        """Class of the water that it hands on; None where it hands on what it takes."""
        return None

    def takes_quality(self) -> WaterQuality | None:
        """Worst class of water that it takes; None where it takes any."""
        return None

    def readings(self, answer: Answer, clock: Clock) -> Mapping[str, Floats]:
        """What others may ask of an answer, by step and by name (a level, a flow): see :meth:`renumbered`."""
        return {}

    def renumbered(self, answer: Answer, readings: Mapping[str, Mapping[str, Floats]], clock: Clock) -> Renumbering | None:
        """Numbers that depend on the answer, as they ought to be where it lies; None where the asset has none.

        Args:
            readings: of all assets, by id.
        """
        return None

    def most_favourable(self, readings: Mapping[str, Mapping[str, Floats]], clock: Clock) -> Mapping[str, Floats]:
        """Numbers as in :meth:`renumbered`, such that no answer could have better ones; none by default."""
        return {}

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        """Write what the answer gives to each balance, and check every limit, in plain numpy."""
        raise NotImplementedError

    @classmethod
    def contribute_together(cls, members: Sequence[Member[Self]], m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        """Declare what couples assets of this kind (Kirchhoff's law around a mesh, fair sharing); by default nothing does.

        Called once, after every ``contribute`` and before the ledger closes, if the kind overrides it and has an asset.

        Args:
            members: all assets of the kind, in order of id.
            m: a block of the kind's own; what it holds belongs to :meth:`owner_together`.
        """

    @classmethod
    def audit_together(cls, members: Sequence[Self], answers: Mapping[str, Answer], book: Book, clock: Clock) -> None:
        """Check what couples assets of this kind, in plain numpy; called once, after every ``audit``.

        Args:
            members: all assets of the kind, in order of id.
            answers: by id, and by :meth:`owner_together` for decisions declared together.
        """

    @classmethod
    def kind_name(cls) -> str:
        """What it is called in the catalogue: the name of its file."""
        return cls.__module__.rpartition(".")[2]

    @classmethod
    def owner_together(cls) -> str:
        """Owner of the decisions, rules and entries that its assets have together."""
        return together_owner(cls.kind_name())

    @classmethod
    def example(cls) -> Example:
        """The smallest working instance, for contract tests and the manual."""
        raise NotImplementedError

    def capacity(self) -> Capacity | None:
        """What it counts towards installed capacity, if it is a plant."""
        return None

    def adequacy(self, series: Mapping[str, Floats], clock: Clock) -> Adequacy | None:
        """What it brings to the adequacy of supply; None, by default, if that is nothing.

        Args:
            series: its own series by name, (steps,) or (members, steps).
            clock: the steps.
        """
        return None

    def reserve_product(self) -> Product | None:
        """What it asks of those who hold reserve for it, if it is a reserve requirement."""
        return None

    def branch(self) -> Branch | None:
        """What it is to the network, if it carries power between two buses."""
        return None

    def with_commitment(self, commitment: Commitment) -> Self:
        """The same asset with its units committed that way; itself where it names no commitment."""
        if getattr(self, "commitment", None) is None:
            return self
        return self.model_copy(update={"commitment": commitment})

    def with_ends(self, opening_hm3: Mapping[str, float], closing_hm3: Mapping[str, float]) -> Self:
        """The same asset with given storages of water by id at the beginning, and least storages at the end.

        Itself, for a kind that stores none, or that no storage is given for.
        """
        return self

    def people(self) -> float:
        """Persons who are supplied if its demand is met."""
        return 0.0

    def essential_fraction(self) -> float:
        """Share of its demand that those persons cannot do without: what they count as supplied by."""
        return 1.0

    def season_starts(self) -> tuple[str, ...]:
        """Days of the year ("MM-DD") on which a limit falls: a step of several days should begin on them."""
        return ()


def by_kind(assets: Iterable[Kind]) -> Mapping[type[Kind], tuple[Kind, ...]]:
    """Assets by kind, kinds by name and assets by id."""
    found: dict[type[Kind], list[Kind]] = {}
    for asset in sorted(assets, key=lambda asset: asset.id):
        found.setdefault(type(asset), []).append(asset)
    return {kind: tuple(found[kind]) for kind in sorted(found, key=lambda kind: (kind.kind_name(), kind.__qualname__))}


def products_of(assets: Iterable[Kind]) -> Mapping[str, Product]:
    """What each reserve requirement among the assets asks for, by id."""
    found = ((asset.id, asset.reserve_product()) for asset in assets)
    return {name: product for name, product in found if product is not None}


def table(m: pyo.Block, name: str, over: Any, values: Floats) -> pyo.Param:
    """Declare numbers by step on a block, as a mutable Param ``m.<name>`` that a rule can look up.

    Args:
        over: the steps, as a Pyomo set.
        values: one number a step.
    """
    param = StepTable(over, values)
    m.add_component(name, param)
    return param
