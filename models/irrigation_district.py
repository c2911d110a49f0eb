"""Irrigation district: fields behind a canal head."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from yuqian.models.clock import Rhythm
from yuqian.models.demand_law import WaterDemand
from yuqian.models.head_law import Efficiency
from yuqian.models.kind import Example, Positive, SeriesNeed, UserClass
from yuqian.models.port import Port
from yuqian.models.tier_law import Shares


class IrrigationDistrict(WaterDemand):
    """Irrigated land: area times net quota, by month, over the efficiency of the canals and fields (灌溉水有效利用系数).

    The demand is gross, at the canal head, and is counted there; what the canals lose may come back as return flow.
    """

    title_en: ClassVar[str] = "Irrigation district"
    title_zh: ClassVar[str] = "灌区"
    catalogued: ClassVar[bool] = True
    series: ClassVar = {"demand_m3_per_s": SeriesNeed("irrigation", Rhythm.WATER)}

    area_mu: Positive = Field(title="灌溉面积")
    quota_net_m3_per_mu_year: Positive = Field(title="净灌溉定额")
    canal_efficiency_fraction: Efficiency = Field(title="灌溉水有效利用系数")
    month_share_fraction: Annotated[Shares, Field(min_length=12, max_length=12)] = Field(title="1至12月用水比例")

    def served_as(self) -> UserClass:
        return UserClass.IRRIGATION

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="irrigation", node="canal", area_mu=100_000.0, quota_net_m3_per_mu_year=250.0, canal_efficiency_fraction=0.52,
            month_share_fraction=(0.0, 0.0, 0.0, 0.08, 0.28, 0.24, 0.2, 0.14, 0.06, 0.0, 0.0, 0.0),
            shortage_share_fraction=(0.3, 0.7), shortage_price_yuan_per_m3=(1.0, 3.0), return_fraction=0.2,
            return_to="river",
        )  # fmt: skip
        # Water at 2 yuan/m3: the first tier is not worth it, the second is.
        ports = (Port.market("canal", "m3_per_s", 2e6, 0.0), Port.market("river", "m3_per_s", 1e7, 0.0))
        return Example(asset, ports, series={"demand_m3_per_s": 4.2})
