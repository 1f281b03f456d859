"""The frozen reference: light curves with the grid, features and classifications they must give.

A change of the network's input without a new `PREPROCESSING_VERSION` would give the models in
service other inputs than those they were trained on. Therefore the reference is replaced only
together with the version::

    python -m tests.science.frozen_reference preprocessing

That command keeps the light curves and stores their new grid and features. The classifications of
the models in service are stored anew, for instance after a promotion, by::

    python -m tests.science.frozen_reference classifications

`light_curves` makes the light curves themselves, half of them of ZTF and half of LSST: from the
project's simulator, two objects of each class, and four by hand for each survey.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fink_t2.classifier import find_model, load_classifier
from fink_t2.science.light_curves import LightCurves, from_fluxes
from fink_t2.science.model_store import ModelStore
from fink_t2.science.photometry import FLUXCAL_PER_UNIT, JULIAN_DATE_OF_MJD_ZERO
from fink_t2.science.preprocessing import PREPROCESSING_VERSION, NetworkInput, preprocess
from fink_t2.simulation.magnitudes import magnitude_of
from fink_t2.simulation.simulate import simulate_objects
from fink_t2.surveys import LSST, passbands_of
from fink_t2.surveys.ztf import from_ztf

REFERENCE = Path(__file__).with_name("frozen_reference.npz")
CLASSIFICATIONS = Path(__file__).with_name("frozen_classifications.json")

#: Models whose version in service has expected classifications, and how many each.
MODELS = ("t2-ztf", "t2-lsst", "atx-ztf")
N_CLASSIFIED = 10

#: Days before the alert that its history contains.
WINDOW_DAYS = {"ztf": 30.0, "lsst": 365.0}

#: Largest difference to the reference. Processors differ by rounding, which the search for the
#: likeliest parameters of the Gaussian process amplifies.
GRID_TOLERANCE = 1e-4
FEATURE_TOLERANCE = 1e-3
PROBABILITY_TOLERANCE = 1e-3

Columns = dict[str, npt.NDArray[Any]]


def stored(survey: str) -> Columns:
    """Return the stored arrays of a survey: of the light curves, and ``grid`` and ``features``."""
    with np.load(REFERENCE) as file:
        prefix = f"{survey}_"
        return {key.removeprefix(prefix): file[key] for key in file if key.startswith(prefix)}


def stored_version() -> str:
    """Return the preprocessing version of the stored grids and features."""
    with np.load(REFERENCE) as file:
        return str(file["preprocessing_version"])


def build(survey: str, columns: Columns) -> LightCurves:
    """Build the light curves of the reference as the stream does, from magnitudes or nJy."""
    if survey == "ztf":
        names = ("starts", "jd", "fid", "magpsf", "sigmapsf", "isdiffpos", "jdstarthist")
        return from_ztf(*(columns[name] for name in names))
    names = ("starts", "mjd", "passband", "flux", "flux_error")
    return from_fluxes(
        LSST.passbands,
        *(columns[name] for name in names),
        unit="nJy",
        first_seen=columns["first_seen"],
        photoz=columns["photoz"],
        photoz_error=columns["photoz_error"],
    )


def differences(survey: str, columns: Columns, prepared: NetworkInput) -> list[str]:
    """Describe how a grid and features differ from the stored ones; empty if they do not."""
    described = []
    for name, tolerance in (("grid", GRID_TOLERANCE), ("features", FEATURE_TOLERANCE)):
        new, old = getattr(prepared, name), columns[name]
        if new.shape != old.shape:
            described.append(f"{survey}: {name} has shape {new.shape}, not {old.shape}")
            continue
        differs = ~(np.abs(new - old) <= tolerance)
        if differs.any():
            curves = np.unique(np.nonzero(differs)[0])
            described.append(
                f"{survey}: {name} of {curves.size} light curves (first: {curves[0]}) differ by up "
                f"to {np.nanmax(np.abs(new - old)):.3g}"
            )
    return described


def light_curves(survey: str) -> Columns:
    """Make the 32 light curves of a survey."""
    histories = [*_simulated(survey), *_hand_made(survey)]
    columns: Columns = {
        "starts": np.concatenate(([0], np.cumsum([len(h["mjd"]) for h in histories])))
    }
    for name in ("mjd", "passband", "flux", "flux_error"):
        columns[name] = np.concatenate([history[name] for history in histories])
    for name in ("first_seen", "photoz", "photoz_error"):
        columns[name] = np.array([history[name] for history in histories], dtype=float)
    columns["passband"] = columns["passband"].astype(np.int8)
    if survey == "lsst":
        for name in ("flux", "flux_error"):
            columns[name] = columns[name] / FLUXCAL_PER_UNIT["nJy"]
        return columns
    # Errors in magnitudes are rounded up to what a fit reports; non-detections have NaN.
    flux, error = columns["flux"], columns["flux_error"]
    size = np.abs(flux)
    return {
        "starts": columns["starts"],
        "jd": columns["mjd"] + JULIAN_DATE_OF_MJD_ZERO,
        "fid": columns["passband"] + 1,
        "magpsf": magnitude_of(size).astype(np.float32),
        "sigmapsf": (error / (0.4 * np.log(10) * size)).astype(np.float32),
        "isdiffpos": flux > 0,
        "jdstarthist": columns["first_seen"] + JULIAN_DATE_OF_MJD_ZERO,
    }


def _simulated(survey: str) -> list[dict[str, Any]]:
    """Cut simulated objects at one of their detections, as an alert would be."""
    generator = np.random.default_rng(64)
    objects = simulate_objects(28, survey, seed=64, workers=1)
    histories = []
    for k in range(len(objects)):
        own = slice(objects.starts[k], objects.starts[k + 1])
        mjd, detected = objects.mjd[own], objects.detected[own]
        alert = generator.choice(mjd[detected][1:])
        inside = (mjd > alert - WINDOW_DAYS[survey]) & (mjd <= alert)
        flux = np.where(detected, objects.flux[own], np.nan)[inside]
        # Of LSST.passbands only detections are kept; of ZTF also the times of non-detections.
        keep = np.isfinite(flux) | (survey == "ztf")
        histories.append(
            {
                "mjd": mjd[inside][keep],
                "passband": objects.passband[own][inside][keep],
                "flux": flux[keep],
                "flux_error": objects.flux_error[own][inside][keep],
                "first_seen": mjd[detected][0],
                "photoz": objects.photoz[k],
                "photoz_error": objects.photoz_error[k],
            }
        )
    return histories


def _hand_made(survey: str) -> list[dict[str, Any]]:
    """Make four light curves that a simulator does not."""
    n_bands = 2 if survey == "ztf" else 6
    generator = np.random.default_rng(65)

    def history(days: Any, passband: Any, flux: Any, error: float) -> dict[str, Any]:
        return {
            "mjd": 60000.0 + np.asarray(days, dtype=float),
            "passband": np.asarray(passband),
            "flux": np.asarray(flux, dtype=float),
            "flux_error": np.full(len(days), error),
            "first_seen": np.nan,
            "photoz": np.nan,
            "photoz_error": np.nan,
        }

    many = np.sort(generator.uniform(0, 29, 450))
    return [
        history([0, 0.02], [0, 1], [300.0, 250.0], 20.0),
        history(np.arange(12), np.arange(12) % n_bands, np.full(12, 500.0), 15.0),
        history(
            np.arange(10),
            np.arange(10) % 2,
            [-200, -180, 90, -150, 4000, -160, 80, 70, 60, 50],
            30.0,
        ),
        # More points than amplitude and time scale are fitted to, and than the mean uses.
        history(
            many,
            generator.integers(0, n_bands, 450),
            1000 * np.exp(-0.5 * ((many - 12) / 6) ** 2) + generator.normal(200, 25, 450),
            25.0,
        ),
    ]


def expected_classifications() -> dict[str, dict[str, list[list[float]]]]:
    """Return the stored probabilities by the label of the model, and the light curves' indices."""
    return json.loads(CLASSIFICATIONS.read_text())


def classify(label: str, indices: list[int] | None = None) -> tuple[list[int], npt.NDArray[Any]]:
    """Classify light curves of the reference with one version of a model.

    Parameters
    ----------
    label : str
        Name and version of the model.
    indices : list of int, optional
        The light curves; by default the first that pass the cuts, without those made by hand.
    """
    name, version = label.split("/")
    survey = ModelStore(passbands_of=passbands_of).get(name, version).survey
    classifier = load_classifier(find_model(label, survey))
    classification = classifier.classify(build(survey, stored(survey)))
    if indices is None:
        indices = np.flatnonzero(classification.status == 0)[:N_CLASSIFIED].tolist()
    return indices, classification.probabilities[indices]


def store_preprocessing() -> None:
    """Store grid and features of the reference's light curves.

    Raises
    ------
    SystemExit
        If they differ from the stored ones, and the version does not.
    """
    arrays: Columns = {"preprocessing_version": np.array(PREPROCESSING_VERSION)}
    changes = []
    for survey in WINDOW_DAYS:
        columns = stored(survey) if REFERENCE.exists() else light_curves(survey)
        prepared = preprocess(build(survey, columns))
        if REFERENCE.exists():
            changes += differences(survey, columns, prepared)
        columns |= {"grid": prepared.grid, "features": prepared.features}
        arrays |= {f"{survey}_{name}": values for name, values in columns.items()}
    if changes and stored_version() == PREPROCESSING_VERSION:
        raise SystemExit(
            "not stored: the output has changed, so PREPROCESSING_VERSION must change too\n"
            + "\n".join(changes)
        )
    np.savez_compressed(REFERENCE, **arrays)
    print(f"stored version {PREPROCESSING_VERSION}: {REFERENCE.stat().st_size} bytes")


def store_classifications() -> None:
    """Store the probabilities of the models in service."""
    store = ModelStore(passbands_of=passbands_of)
    table = {}
    for model in MODELS:
        label = store.current(model).label
        indices, probabilities = classify(label)
        rows = [[round(float(value), 6) for value in row] for row in probabilities]
        table[label] = {"light_curves": indices, "probabilities": rows}
    CLASSIFICATIONS.write_text(json.dumps(table, indent=1) + "\n")
    print(f"stored {', '.join(table)}")


if __name__ == "__main__":
    commands = {"preprocessing": store_preprocessing, "classifications": store_classifications}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        raise SystemExit(f"usage: python -m tests.science.frozen_reference {'|'.join(commands)}")
    commands[sys.argv[1]]()
