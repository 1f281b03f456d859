"""Light curves in, class probabilities out: cuts, preprocessing and network in one place."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fink_t2.errors import ModelError
from fink_t2.science.classes import CLASSES
from fink_t2.science.cuts import STATUS_TEXTS, CutSettings, Status, apply_cuts
from fink_t2.science.features import feature_names
from fink_t2.science.inference import TfliteNetwork
from fink_t2.science.light_curves import LightCurves, from_fluxes
from fink_t2.science.model_store import ModelReference, ModelStore, read_reference
from fink_t2.science.preprocessing import NetworkInput, preprocess
from fink_t2.surveys import DEFAULT_SURVEY, get_survey, passbands_of
from fink_t2.surveys.ztf import from_ztf

#: Stands for every probability of an alert that was not classified.
NOT_CLASSIFIED = -1.0


@dataclass(frozen=True)
class Classification:
    """What the classifier says of N light curves.

    Attributes
    ----------
    probabilities : ndarray of float32, shape (N, 14)
        In the order of `CLASSES`; all -1 where not classified.
    status : ndarray of int8, shape (N,)
        Values of `Status`.
    points : ndarray of int64, shape (N, M)
        Valid points in each passband.
    """

    probabilities: npt.NDArray[np.float32]
    status: npt.NDArray[np.int8]
    points: npt.NDArray[np.int64]

    def status_texts(self) -> list[str]:
        """Return the status of every light curve as it stands in the output."""
        return [STATUS_TEXTS[code] for code in self.status]

    def class_names(self) -> list[str]:
        """Return the class of largest probability; "" where not classified."""
        best = self.probabilities.argmax(axis=1)
        classified = self.status == Status.OK
        return [CLASSES[k] if ok else "" for k, ok in zip(best, classified, strict=True)]

    def class_probabilities(self) -> npt.NDArray[np.float32]:
        """Return the largest probability of every light curve; -1 where not classified."""
        return self.probabilities.max(axis=1)

    def unknown_scores(self) -> npt.NDArray[np.float32]:
        """Return the score of belonging to none of the 14 classes; -1 where not classified.

        prod(1 - p_i), normalised with the 14 probabilities (Hoyes & Orekhov 2018 use the
        product as the score of PLAsTiCC's class 99). Their sum is one, so the normalised
        score is q / (1 + q).
        """
        product = np.prod(1.0 - self.probabilities, axis=1)
        score = product / (1.0 + product)
        return np.where(self.status == Status.OK, score, NOT_CLASSIFIED).astype(np.float32)


class Classifier:
    """One model, loaded, with the preprocessing that belongs to it.

    Parameters
    ----------
    reference : ModelReference
        Which model.

    Raises
    ------
    ModelError
        If the network can't be run, does not fit its metadata, or puts out anything but
        probabilities.
    """

    def __init__(self, reference: ModelReference) -> None:
        self.reference = reference
        self.passbands = reference.passbands
        self._network = TfliteNetwork(reference.tflite_path)
        names = feature_names(self.passbands.names)
        self._feature_columns = [names.index(feature) for feature in reference.features]
        expected = (reference.grid_length, len(self.passbands))
        if self._network.light_curve_shape != expected:
            raise ModelError(
                f"{reference.tflite_path}: takes light curves of shape "
                f"{self._network.light_curve_shape}, its metadata says {expected}"
            )
        if self._network.n_features != len(reference.features):
            raise ModelError(
                f"{reference.tflite_path}: takes {self._network.n_features} features, its "
                f"metadata names {len(reference.features)}"
            )
        self._check_output()

    def classify(
        self,
        light_curves: LightCurves,
        status: npt.NDArray[np.int8] | None = None,
        network_input: NetworkInput | None = None,
    ) -> Classification:
        """Classify light curves.

        Parameters
        ----------
        light_curves : LightCurves
            N light curves of the model's survey.
        status : ndarray of int8, shape (N,), optional
            Result of the cuts; default: those that need no catalogue.
        network_input : NetworkInput, optional
            What `fink_t2.science.preprocessing.preprocess` has made of the light curves whose
            status is ``ok``, at this model's grid length, where that is known already.

        Returns
        -------
        Classification
        """
        if status is None:
            status = apply_cuts(light_curves, CutSettings())
        status = status.copy()
        probabilities = np.full((len(light_curves), len(CLASSES)), NOT_CLASSIFIED, np.float32)
        chosen = np.flatnonzero(status == Status.OK)
        if chosen.size:
            if network_input is None:
                network_input = preprocess(light_curves.select(chosen), self.reference.grid_length)
            predicted = self._predict(network_input)
            is_number = np.isfinite(predicted).all(axis=1)
            probabilities[chosen[is_number]] = predicted[is_number]
            # Photometry that survives the cuts and still overflows the network is bad.
            status[chosen[~is_number]] = Status.BAD_PHOTOMETRY
        return Classification(probabilities, status, light_curves.points_per_passband())

    def probabilities(self, light_curves: LightCurves) -> npt.NDArray[np.float32]:
        """Return the class probabilities of light curves that passed the cuts, shape (N, 14)."""
        return self._predict(preprocess(light_curves, self.reference.grid_length))

    def _predict(self, network_input: NetworkInput) -> npt.NDArray[np.float32]:
        features = (
            network_input.features[:, self._feature_columns] if self._feature_columns else None
        )
        return self._network.predict(network_input.grid, features)

    def _check_output(self) -> None:
        """Classify one plain light curve: refuse a model that puts out no probabilities."""
        time = np.array([59000.0, 59000.1, 59003.0, 59003.1, 59006.0, 59006.1])
        flux = np.array([400.0, 500.0, 900.0, 1000.0, 1500.0, 1400.0])
        plain = from_fluxes(
            self.passbands, [0, 6], time, [0, 1] * 3, flux, np.full_like(flux, 30.0)
        )
        found = self.probabilities(plain)
        if not (np.isfinite(found).all() and (found >= 0).all()) or abs(found.sum() - 1) > 0.02:
            raise ModelError(
                f"{self.reference.tflite_path}: puts out no probabilities for a plain light "
                f"curve (sum {found.sum():.3g})"
            )


@functools.lru_cache(maxsize=4)
def load_classifier(reference: ModelReference) -> Classifier:
    """Return a model's classifier, loaded once per process.

    Python workers of Spark live on from micro-batch to micro-batch, and so does this cache.
    """
    return Classifier(reference)


@functools.lru_cache(maxsize=32)
def find_model(model: str | None = None, survey: str = DEFAULT_SURVEY) -> ModelReference:
    """Find a model by what a person would write.

    Parameters
    ----------
    model : str, optional
        A name ("t2-ztf": the version in service), "name/version", the folder of a version,
        or a ``.tflite`` file without metadata, such as the published one, which takes the
        passbands of `survey` and no auxiliary features. Default: the survey's own.
    survey : str
        Name of the survey.

    Raises
    ------
    ModelError
        If it can't be found or does not fit.
    """
    known = get_survey(survey)
    model = model or known.default_model
    path = Path(model)
    if path.suffix == ".tflite":
        shape = TfliteNetwork(path).light_curve_shape
        return ModelReference(path.stem, "file", str(path), known.passbands, shape[0], ())
    if path.is_dir():
        reference = read_reference(path, passbands_of)
    else:
        store = ModelStore(passbands_of=passbands_of)
        name, _, version = model.partition("/")
        reference = store.get(name, version) if version else store.current(name)
    if reference.survey != survey:
        raise ModelError(f"{reference.label} is a model for {reference.survey}, not for {survey}")
    return reference


def classify_light_curve(
    jd: npt.ArrayLike,
    fid: npt.ArrayLike,
    magpsf: npt.ArrayLike,
    sigmapsf: npt.ArrayLike,
    isdiffpos: npt.ArrayLike | None = None,
    jdstarthist: float | None = None,
    model: str | None = None,
) -> dict[str, float]:
    """Classify one ZTF light curve.

    Parameters
    ----------
    jd, fid, magpsf, sigmapsf, isdiffpos : array_like, shape (P,)
        As in `fink_t2.surveys.ztf.from_ztf`.
    jdstarthist : float, optional
        Julian Date of the first detection ever at this position. It informs the network;
        no cut is made on it here.
    model : str, optional
        See `find_model`.

    Returns
    -------
    dict of str to float
        Probability of each of the 14 classes; all -1 if the light curve does not pass the
        cuts.

    Examples
    --------
    >>> from fink_t2.classifier import classify_light_curve
    >>> p = classify_light_curve([2459001, 2459002, 2459004], [1, 2, 1],
    ...                          [19.0, 18.8, 18.5], [0.1, 0.1, 0.08])
    >>> len(p)
    14
    """
    started = None if jdstarthist is None else [jdstarthist]
    curve = from_ztf([0, len(np.atleast_1d(jd))], jd, fid, magpsf, sigmapsf, isdiffpos, started)
    found = load_classifier(find_model(model)).classify(curve).probabilities[0]
    return dict(zip(CLASSES, found.tolist(), strict=True))
