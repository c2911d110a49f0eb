"""What the plan promises, and how each promise is counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from yuqian.assets.source import Fact
from yuqian.models.kind import Fraction, Positive


class Targets(BaseModel):
    """The three promises of the plan and the switches of their count.

    Installed capacity is the rated AC power of plants that generate. Water allocation is gross, handed to users at the works'
    outlet, the canal head or the intake, each drop once. A person is supplied when the domestic need at the norm is met with
    the guarantee.

    Attributes:
        power_mw: installed capacity to be reached.
        power_scopes: parts of the region whose plants count.
        count_captive: whether plants that serve one works only count.
        count_battery: whether batteries count; otherwise they have a line of their own.
        water_hm3_per_year: water to be allocated in a year.
        water_scopes: parts of the region whose users count.
        count_reclaimed: whether reclaimed water is reported, in a line of its own.
        people_persons: people to be supplied.
        people_scopes: parts of the region whose towns count as ours.
        count_downstream: whether the towns downstream that the water is meant for count.
        norm_urban_l_per_person_day, norm_rural_l_per_person_day: domestic need at the tap.
        guarantee_town_fraction: share of years and of periods in which towns, villages and industry must be served in full.
        guarantee_irrigation_fraction: the same for irrigation.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    power_mw: Positive
    water_hm3_per_year: Positive
    people_persons: Positive
    power_scopes: Annotated[tuple[str, ...], Field(min_length=1)] = ("district",)
    count_captive: bool = False
    count_battery: bool = False
    water_scopes: Annotated[tuple[str, ...], Field(min_length=1)] = ("district",)
    count_reclaimed: bool = True
    people_scopes: Annotated[tuple[str, ...], Field(min_length=1)] = ("district",)
    count_downstream: bool = True
    norm_urban_l_per_person_day: Positive = 150.0
    norm_rural_l_per_person_day: Positive = 100.0
    guarantee_town_fraction: Fraction = 0.95
    guarantee_irrigation_fraction: Fraction = 0.75

    _facts: Mapping[str, Fact] = PrivateAttr(default_factory=dict)

    @property
    def facts(self) -> Mapping[str, Fact]:
        """Where the numbers come from, by field; a default of this page has no entry."""
        return self._facts

    def with_facts(self, facts: Mapping[str, Fact]) -> Targets:
        """The same targets that know where their numbers come from."""
        copy = self.model_copy()
        copy._facts = dict(facts)
        return copy
