"""What kinds with units that start and stop have in common: their fields of planning and switching."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import ClassVar

from yuqian.models.clock import Clock, Floats
from yuqian.models.commitment_law import Commitment, Formulation
from yuqian.models.course_law import check_courses
from yuqian.models.kind import Count, Kind, NonNegative, ReserveTo
from yuqian.models.reserve_law import UnitFailure
from yuqian.models.service_law import check_windows, out_of_service
from yuqian.models.unit_opening import step_length_h, whole_steps


class SwitchedKind(Kind):
    """Identical units that are committed, cost and burn by starts, follow courses, hold reserve and go into maintenance.

    Lags are times off before a start; the first tier is reached by every start. ``initial_status_h`` is how long all units had
    been online (positive) or off (negative) before the horizon, left out when the optimum may choose.
    """

    catalogued: ClassVar[bool] = False

    unit_count: Count = 1
    reserve: ReserveTo | None = None
    reserves: tuple[ReserveTo, ...] = ()
    commitment: Commitment = Commitment.RELAXED
    formulation: Formulation = Formulation.TIGHT
    time_up_minimum_h: NonNegative = 0.0
    time_down_minimum_h: NonNegative = 0.0
    start_lag_h: tuple[float, ...] = (0.0,)
    start_cost_yuan: tuple[float, ...] = (0.0,)
    start_course_h: tuple[int, ...] = ()
    stop_cost_yuan: NonNegative = 0.0
    initial_status_h: float | None = None
    maintenance_from: tuple[dt.datetime, ...] = ()
    maintenance_until: tuple[dt.datetime, ...] = ()
    maintenance_unit_count: tuple[int, ...] = ()

    def check_plan(self, start: Sequence[float], stop: Sequence[float], highest: float) -> None:
        """Refuse courses and maintenance that do not fit together; powers, or shares of the highest."""
        check_courses(self.start_course_h, start, stop, len(self.start_lag_h), highest)
        check_windows(self.maintenance_from, self.maintenance_until, self.maintenance_unit_count, self.unit_count)

    def in_service(self, clock: Clock) -> Floats:
        """Units that are not in planned maintenance, shape (power steps,)."""
        windows = (self.maintenance_from, self.maintenance_until, self.maintenance_unit_count)
        return self.unit_count - out_of_service(clock, *windows, self.unit_count)

    def since_steps(self, clock: Clock) -> int | None:
        """Steps since which all units had been in one state: online if positive, off if negative."""
        if self.initial_status_h is None:
            return None
        return whole_steps(abs(self.initial_status_h), step_length_h(clock)) * (1 if self.initial_status_h > 0 else -1)

    def failure(self, unit_max_mw: float) -> UnitFailure:
        """What one unit tripping takes away, its highest power at the bus given."""
        return UnitFailure(self.id, self.unit_count, unit_max_mw, self.commitment is Commitment.INTEGER)
