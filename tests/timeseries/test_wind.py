"""Wind."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from yuqian.timeseries.resource import Context, ResourceError
from yuqian.timeseries.wind import Wind, power_share, shear_m_per_s, wind_speed_m_per_s


@pytest.mark.parametrize(("own", "theirs"), [("vestas_v126_3300", "V126/3300"), ("siemens_swt142_3150", "SWT142/3150")])
def test_power_curves_are_those_that_windpowerlib_ships(own: str, theirs: str) -> None:
    windpowerlib = pytest.importorskip("windpowerlib", reason="windpowerlib, the cross-check of the curves, is not installed")
    turbine = windpowerlib.WindTurbine(turbine_type=theirs, hub_height=120.0)
    speeds = np.asarray(turbine.power_curve["wind_speed"], dtype=float)
    wanted = np.asarray(turbine.power_curve["value"], dtype=float) / turbine.nominal_power
    assert power_share(own, speeds) == pytest.approx(wanted, abs=1e-9)


def test_density_correction_is_that_of_windpowerlib(year: Context, stand_ins: SimpleNamespace) -> None:
    pytest.importorskip("windpowerlib", reason="windpowerlib, the cross-check of the curves, is not installed")
    from windpowerlib.power_output import power_curve_density_correction

    speed = np.linspace(3.0, 15.0, 50)
    curve_speed = np.arange(0.0, 25.5, 0.5)
    curve = power_share("vestas_v126_3300", curve_speed)
    wanted = power_curve_density_correction(speed, curve_speed, curve, np.full(50, 1.07))
    # theirs raises the exponent from 1/3 to 2/3 between 7.5 and 12.5 m/s (Svenningsen 2010)
    slow = speed < 7.5
    found = power_share("vestas_v126_3300", speed * (1.07 / 1.225) ** (1 / 3))
    assert found[slow] == pytest.approx(np.asarray(wanted)[slow], abs=2e-3)
    assert found == pytest.approx(np.asarray(wanted), abs=0.1)


def test_unknown_curve_is_refused_with_those_there_are() -> None:
    with pytest.raises(ResourceError, match=r"no power curve 'mill'.*siemens_swt142_3150, vestas_v126_3300"):
        power_share("mill", np.array([5.0]))


def test_no_power_in_calm_and_in_storm() -> None:
    assert power_share("vestas_v126_3300", np.array([0.0, 1.9, 12.0, 26.0])).tolist() == [0.0, 0.0, 1.0, 0.0]


def test_mean_wind_and_season(year: Context, stand_ins: SimpleNamespace) -> None:
    speed = wind_speed_m_per_s(stand_ins.wind_farm(), year)
    assert speed.mean() == pytest.approx(5.8)
    share = Wind().make(stand_ins.wind_farm(), year)
    months = np.repeat(year.days.months, 24)
    assert share[np.isin(months, (7, 8, 9))].mean() < share.mean()
    assert 0.0 <= share.min() <= share.max() <= 0.87


def test_thin_air_and_losses_take_power(year: Context, stand_ins: SimpleNamespace) -> None:
    thick = stand_ins.wind_farm()
    thick.air_density_kg_per_m3 = 1.225
    assert Wind().make(thick, year).mean() > Wind().make(stand_ins.wind_farm(), year).mean()


def test_shear() -> None:
    assert shear_m_per_s(np.array([5.0]), 10.0, 100.0, 0.2)[0] == pytest.approx(5.0 * 10**0.2)
