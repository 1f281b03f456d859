"""Random variations of labelled light curves that the same object could have shown."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from fink_t2.science.cuts import CutSettings, Status, apply_cuts
from fink_t2.training.augmentation.reference_light import with_reference_light
from fink_t2.training.augmentation.repeated_visits import repeat_visits
from fink_t2.training.examples.labelled import Labelled


@dataclasses.dataclass(frozen=True)
class AugmentationSettings:
    """Extent of the variations: section ``[augmentation]`` of a retraining configuration.

    Attributes
    ----------
    largest_loss : float
        Largest fraction of the points that is removed; the fraction is drawn uniformly for
        each light curve.
    brightness : float
        Standard deviation of the change of brightness in magnitudes. The flux errors of a
        curve that becomes brighter grow in proportion.
    stretch : float
        Standard deviation of the natural logarithm of the change of the time scale.
    colour : float
        Standard deviation of the change of colour between neighbouring passbands in
        magnitudes.
    noise : float
        Largest standard deviation of the noise that is added to a light curve, in units of
        the flux errors.
    forget_limit, forget_history, forget_sign, forget_redshift : float
        Probability with which the last upper limit, the date of the first detection, the
        sign of the flux, or the redshift of the host is removed. Not every source of light
        curves has them, and no class must be recognisable by their presence.
    repeated_visits : float
        Fraction of the light curves to which further visits in the same nights are added
        (`fink_t2.training.augmentation.repeated_visits`).
    reference_light : float
        Fraction of the whole light curves of transients that are changed as if the reference
        image contained the transient (`fink_t2.training.augmentation.reference_light`).
    """

    largest_loss: float = 0.4
    brightness: float = 0.25
    stretch: float = 0.05
    colour: float = 0.03
    noise: float = 0.5
    forget_limit: float = 0.3
    forget_history: float = 0.5
    forget_sign: float = 0.4
    forget_redshift: float = 0.5
    repeated_visits: float = 0.0
    reference_light: float = 0.0


def augment(
    examples: Labelled, settings: AugmentationSettings, generator: np.random.Generator
) -> Labelled:
    """Return one variation of every example, without those that fail the cuts.

    Parameters
    ----------
    examples : Labelled
        Light curves. For several variations of each, select its index repeatedly.
    settings : AugmentationSettings
        Extent of the variations.
    generator : Generator
        Source of random numbers.

    Returns
    -------
    Labelled
        The variations in the order of the examples.
    """
    if settings.reference_light:
        examples = with_reference_light(examples, settings.reference_light, generator)
    if settings.repeated_visits:
        examples = repeat_visits(examples, settings.repeated_visits, generator)
    curves = examples.light_curves
    n_curves = len(curves)
    owner = curves.curve_of_points()

    dimming = generator.normal(0.0, settings.brightness, n_curves)
    factor = 10.0 ** (-0.4 * dimming)[owner]
    tilt = generator.normal(0.0, settings.colour, n_curves)
    middle = (len(curves.passbands) - 1) / 2.0
    colour = 10.0 ** (-0.4 * tilt[owner] * (curves.passband - middle))
    flux = curves.flux * factor * colour
    # The sky dominates the noise, so a fainter light curve has the same flux errors.
    error = curves.flux_error * np.maximum(factor, 1.0)
    scale = settings.noise * generator.random(n_curves)[owner]
    flux = flux + generator.normal(0.0, 1.0, len(flux)) * error * scale
    error = error * np.sqrt(1.0 + scale**2)
    forgets_sign = generator.random(n_curves) < settings.forget_sign
    flux = np.where(forgets_sign[owner], np.abs(flux), flux)

    zero = curves.time[curves.starts[:-1].clip(max=max(len(curves.time) - 1, 0))]
    stretch = np.exp(generator.normal(0.0, settings.stretch, n_curves))
    time = zero[owner] + (curves.time - zero[owner]) * stretch[owner]
    lost = generator.random(n_curves) * settings.largest_loss
    keep = generator.random(len(flux)) >= lost[owner]
    # The last point is the one that triggered the alert, and is never removed.
    keep[curves.starts[1:][np.diff(curves.starts) > 0] - 1] = True

    def forget(values: npt.NDArray[np.float64], probability: float) -> npt.NDArray[np.float64]:
        return np.where(generator.random(n_curves) < probability, np.nan, values)

    forgets_redshift = generator.random(n_curves) < settings.forget_redshift
    varied = dataclasses.replace(
        curves.with_points(owner[keep], time[keep], flux[keep], error[keep], curves.passband[keep]),
        last_limit=forget(zero - (zero - curves.last_limit) * stretch, settings.forget_limit),
        first_seen=forget(zero - (zero - curves.first_seen) * stretch, settings.forget_history),
        photoz=np.where(forgets_redshift, np.nan, curves.photoz),
        photoz_error=np.where(forgets_redshift, np.nan, curves.photoz_error),
    )
    result = dataclasses.replace(examples, light_curves=varied)
    return result.select(apply_cuts(varied, CutSettings()) == Status.OK)
