"""Cutouts of an alert: science image, template, and their difference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fink_t2.simulation.arrays import Array

SIZE = 63
_CENTRE = SIZE // 2
#: Sky level, noise of a science image and noise of a template of 15 images, counts per pixel.
_SKY, _SCIENCE_NOISE, _TEMPLATE_NOISE = 160.0, 9.0, 2.5
#: Pixels are rounded to multiples of this, counts, because noise in full precision does not
#: compress.
_STEP = 2.0

Image = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Scene:
    """The surroundings of an object, which are the same in all of its cutouts.

    Attributes
    ----------
    template : ndarray, shape (63, 63)
        Counts above the sky level, without noise.
    """

    template: Array


def _gaussian(x: float, y: float, width: float) -> Array:
    rows, columns = np.mgrid[:SIZE, :SIZE]
    profile = np.exp(-0.5 * ((rows - y) ** 2 + (columns - x) ** 2) / width**2)
    return profile / (2 * np.pi * width**2)


def draw_scene(generator: np.random.Generator, source_counts: float, extended: bool) -> Scene:
    """Draw the surroundings: a few stars, and the host galaxy or the star itself at the centre.

    Parameters
    ----------
    generator : numpy.random.Generator
        Source of random numbers.
    source_counts : float
        Counts of the source, or of its host galaxy, in the template.
    extended : bool
        Whether the source is a galaxy that contains the transient at some offset.
    """
    template = np.zeros((SIZE, SIZE))
    for _ in range(int(generator.poisson(4))):
        counts = 10 ** generator.uniform(2.5, 4.2)
        x, y = generator.uniform(0, SIZE, 2)
        template += counts * _gaussian(x, y, 1.0)
    width = generator.uniform(1.8, 4.0) if extended else 1.0
    offset = generator.normal(0.0, 2.0, 2) if extended else np.zeros(2)
    template += source_counts * _gaussian(_CENTRE + offset[0], _CENTRE + offset[1], width)
    return Scene(template)


def draw_cutouts(
    generator: np.random.Generator, scene: Scene, difference_counts: float
) -> tuple[Image, Image, Image]:
    """Draw the science, template and difference images of one alert.

    Parameters
    ----------
    generator : numpy.random.Generator
        Source of random numbers.
    scene : Scene
        Surroundings of the object.
    difference_counts : float
        Counts of the detection, negative if the source is brighter in the template. The
        difference image shows it as positive in both cases, as ZTF's does.

    Returns
    -------
    tuple of ndarray of float32, shape (63, 63)
        Science, template and difference image, counts.
    """
    point = _gaussian(_CENTRE, _CENTRE, generator.uniform(0.9, 1.3))
    noise = generator.normal(0.0, _SCIENCE_NOISE, (SIZE, SIZE))
    science = _SKY + scene.template + difference_counts * point + noise
    template = _SKY / 2 + scene.template
    template = template + generator.normal(0.0, _TEMPLATE_NOISE, (SIZE, SIZE))
    difference = abs(difference_counts) * point + np.sign(difference_counts) * noise
    return tuple(  # type: ignore[return-value]
        (np.round(image / _STEP) * _STEP).astype(np.float32)
        for image in (science, template, difference)
    )
