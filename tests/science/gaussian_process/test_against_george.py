"""The oracle: george's own fit of real and simulated survey light curves."""

import kernel_oracle
import numpy as np
import pytest

from fink_t2.benchmark.george_fit import reference_interpolate
from fink_t2.science.gaussian_process import interpolate
from fink_t2.surveys import LSST, ZTF

pytest.importorskip("george")
pytestmark = pytest.mark.skipif(
    not kernel_oracle.IS_PUBLISHED, reason="the kernel is not that of the published fit"
)

#: Curves of each source, chosen by a fixed seed: some twenty seconds of george in all.
MOST_CURVES = 60


@pytest.mark.parametrize(
    "passbands", [ZTF.passbands, LSST.passbands], ids=lambda passbands: passbands.survey
)
@pytest.mark.parametrize("n", [1, 2, 5, 17, 64])
def test_simple_curves_agree(passbands, n):
    generator = np.random.default_rng(n)
    time = np.sort(generator.uniform(59000, 59040, n))
    passband = generator.integers(0, len(passbands), n).astype(np.int8)
    flux = 1000 * np.exp(-0.5 * ((time - 59015) / 8) ** 2) * (1 + 0.1 * passband)
    flux += generator.normal(0, 20, n)
    error = np.full(n, 20.0)
    wavelengths = passbands.wavelength_array()
    ours = interpolate([0, n], time, flux, error, passband, wavelengths)
    grid, log_likelihood, (amplitude, metric) = reference_interpolate(
        time, flux, error, passband, wavelengths
    )
    assert np.abs(ours.flux[0] - grid).max() < 1e-3 * np.abs(flux).max()
    assert ours.log_likelihood[0] == pytest.approx(log_likelihood, abs=1e-4)
    if n < 10:
        return  # few points leave the parameters open, though not the curve
    assert ours.amplitude[0] == pytest.approx(amplitude, rel=0.01)
    assert ours.time_scale[0] == pytest.approx(np.sqrt(metric), rel=0.01)


@pytest.mark.slow
def test_99_of_100_alerts_agree_or_are_likelier(shared):
    from fink_t2.benchmark.interpolation_accuracy import compare, usable
    from fink_t2.benchmark.reference_light_curves import ALERT_SOURCES, shared_light_curves

    generator = np.random.default_rng(2)
    good = []
    for source, curves in shared_light_curves(shared).items():
        if source not in (*ALERT_SOURCES, "ztf_lightcurves"):
            continue
        chosen = usable(curves)
        chosen = chosen[np.diff(curves.starts)[chosen] <= 160]
        if len(chosen) > MOST_CURVES:
            chosen = np.sort(generator.choice(chosen, MOST_CURVES, replace=False))
        found = compare(curves.select(chosen))
        assert np.all(np.isfinite(found.difference)), source
        good.append(found.agrees_or_beats())
    good = np.concatenate(good)
    assert len(good) > 400
    assert good.mean() >= 0.99
