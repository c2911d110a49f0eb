"""What every kind shares that owes a river its ecological flow: the rule of the place, as data."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import model_validator

from yuqian.models.ecological_rule import EcologicalRule
from yuqian.models.kind import Fraction, Kind, NonNegative, Positive
from yuqian.models.quota_law import MonthDay

MONTHS = 12


class OwesFlow(Kind):
    """Base of the places at which a flow is kept, each with its own rule (see :class:`EcologicalRule`).

    ``catchment_km2`` and ``runoff_depth_mm_per_year`` are those of all land above the place. The wet season, with its own share
    of the mean flow, runs from ``ecological_wet_start`` until before ``ecological_wet_end``, over the new year if need be.
    ``ecological_stated_m3_per_s`` is one flow for the whole year, or twelve by month.
    """

    catalogued: ClassVar[bool] = False

    catchment_km2: Positive
    runoff_depth_mm_per_year: Positive
    ecological_dry_fraction: Fraction
    ecological_wet_fraction: Fraction
    ecological_shortage_price_yuan_per_m3: NonNegative
    ecological_rule: EcologicalRule = EcologicalRule.TENNANT
    ecological_inflow_limited: bool = True
    ecological_wet_start: MonthDay = "05-01"
    ecological_wet_end: MonthDay = "11-01"
    ecological_stated_m3_per_s: tuple[NonNegative, ...] = ()

    @model_validator(mode="after")
    def _stated_flow_goes_with_its_rule(self) -> Self:
        count, is_stated = len(self.ecological_stated_m3_per_s), self.ecological_rule is EcologicalRule.STATED
        if is_stated and count not in (1, MONTHS):
            raise ValueError(
                f"ecological_stated_m3_per_s must be one flow or {MONTHS} by month for the rule 'stated'; got {count}"
            )
        if count and not is_stated:
            raise ValueError(
                f"ecological_stated_m3_per_s is read by the rule 'stated' alone; ecological_rule is "
                f"'{self.ecological_rule.value}': change the rule or leave the flow out"
            )
        if self.ecological_wet_start == self.ecological_wet_end:
            raise ValueError("ecological_wet_end must be another day than ecological_wet_start")
        return self
