"""Industry: works that use water evenly through the year."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from yuqian.models.clock import Rhythm
from yuqian.models.demand_law import WaterDemand, one_of
from yuqian.models.kind import Example, Positive, SeriesNeed, UserClass
from yuqian.models.port import Port


class Industry(WaterDemand):
    """Industrial use at one node: net of leakage behind waterworks, the whole draw where it takes raw water itself.

    Parks, streets and ponds (河道外生态) are such a user too, of the class environment.
    """

    title_en: ClassVar[str] = "Industrial water use"
    title_zh: ClassVar[str] = "工业用水"
    catalogued: ClassVar[bool] = True
    series: ClassVar = {"demand_m3_per_s": SeriesNeed("flat_water_demand", Rhythm.WATER)}

    user_class: Annotated[UserClass, one_of(UserClass.PRIORITY_INDUSTRY, UserClass.INDUSTRY, UserClass.ENVIRONMENT)]
    demand_hm3_per_year: Positive = Field(title="年需水量")

    def served_as(self) -> UserClass:
        return self.user_class

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="industry", node="network", user_class=UserClass.INDUSTRY, demand_hm3_per_year=30.0,
            shortage_share_fraction=(0.2, 0.8), shortage_price_yuan_per_m3=(12.0, 18.0), return_fraction=0.6,
            return_to="river",
        )  # fmt: skip
        # Water at 15 yuan/m3: the first tier is not worth it, the second is.
        ports = (Port.market("network", "m3_per_s", 1.5e7, 0.0), Port.market("river", "m3_per_s", 1e8, 0.0))
        return Example(asset, ports, series={"demand_m3_per_s": 0.95})
