"""From light curves to a classification: defined answers for every kind of light curve."""

import numpy as np
import pytest

from fink_t2.classifier import Classifier, classify_light_curve, find_model, load_classifier
from fink_t2.errors import ModelError
from fink_t2.science.classes import CLASSES
from fink_t2.science.model_store import ModelReference
from fink_t2.surveys.ztf import ZTF, from_ztf

JD = 2459000.5


@pytest.fixture(scope="module")
def published(shared):
    return str(shared / "reference" / "t2_published_gr.tflite")


@pytest.fixture(scope="module")
def classifier():
    return load_classifier(find_model("t2-ztf"))


def rising(n=6):
    return JD + np.arange(n), [1, 2] * (n // 2), 19.0 - 0.1 * np.arange(n), np.full(n, 0.1)


def test_the_model_in_service_gives_probabilities(classifier):
    found = classifier.classify(from_ztf([0, 6], *rising()))
    assert found.status_texts() == ["ok"]
    assert found.probabilities.shape == (1, 14)
    assert found.probabilities.sum() == pytest.approx(1.0, abs=0.01)
    assert found.class_names()[0] == CLASSES[int(found.probabilities[0].argmax())]
    assert 0 < found.unknown_scores()[0] <= 0.5


def test_what_is_not_classified_has_the_defaults(classifier):
    found = classifier.classify(from_ztf([0, 0], [], [], [], []))
    assert (found.probabilities == -1).all()
    assert found.class_names() == [""]
    assert found.class_probabilities()[0] == found.unknown_scores()[0] == -1
    assert found.status_texts() == ["too_few_points"]


def test_an_alert_gets_the_same_answer_alone_and_in_a_batch(classifier):
    rng = np.random.default_rng(3)
    lengths = rng.integers(2, 30, size=40)
    starts = np.concatenate(([0], np.cumsum(lengths)))
    n = int(starts[-1])
    columns = (
        JD + rng.uniform(0, 30, n), rng.integers(1, 4, n), rng.uniform(17, 20, n),
        rng.uniform(0.02, 0.3, n),
    )  # fmt: skip
    together = classifier.classify(from_ztf(starts, *columns)).probabilities
    for k in range(40):
        own = slice(starts[k], starts[k + 1])
        alone = classifier.classify(from_ztf([0, lengths[k]], *(c[own] for c in columns)))
        np.testing.assert_allclose(alone.probabilities[0], together[k], atol=1e-5)


def test_order_of_points_and_i_band_do_not_matter(classifier):
    jd, fid, magnitude, error = (np.asarray(values) for values in rising(8))
    order = np.random.default_rng(0).permutation(8)
    forward = classifier.classify(from_ztf([0, 8], jd, fid, magnitude, error))
    shuffled = classifier.classify(
        from_ztf([0, 8], jd[order], fid[order], magnitude[order], error[order])
    )
    with_i = classifier.classify(
        from_ztf(
            [0, 9], [*jd, JD + 2.5], [*fid, 3], [*magnitude, 15.0], [*error, 0.1]
        )
    )  # fmt: skip
    np.testing.assert_array_equal(forward.probabilities, shuffled.probabilities)
    np.testing.assert_array_equal(forward.probabilities, with_i.probabilities)


@pytest.mark.parametrize(
    ("magnitude", "error"),
    [(19.0, 1e-9), (29.9, 0.01), (1.0, 1.0), (np.linspace(10, 25, 6), 0.5)],
)
def test_strange_photometry_has_a_finite_answer(classifier, magnitude, error):
    curve = from_ztf([0, 6], rising()[0], [1, 2] * 3, np.full(6, magnitude), np.full(6, error))
    assert np.isfinite(classifier.classify(curve).probabilities).all()


def test_published_network_runs_through_the_same_code(published):
    found = classify_light_curve(*rising(), model=published)
    assert list(found) == list(CLASSES)
    assert sum(found.values()) == pytest.approx(1.0, abs=0.01)


def test_a_model_whose_metadata_lies_about_its_shape_is_refused(published):
    for changes in ({"grid_length": 50}, {"features": ("log_span",)}):
        settings = {
            "name": "lie", "version": "1", "tflite_path": published, "passbands": ZTF.passbands,
            "grid_length": 100, "features": (),
        }  # fmt: skip
        with pytest.raises(ModelError, match="metadata"):
            Classifier(ModelReference(**{**settings, **changes}))


def test_a_model_is_found_by_name_version_folder_or_file(published):
    current = find_model("t2-ztf")
    assert find_model() == current
    assert find_model(current.label) == current
    assert find_model(published).grid_length == 100
    with pytest.raises(ModelError, match="nothing-here"):
        find_model("nothing-here")
    with pytest.raises(ModelError, match="for ztf"):
        find_model("t2-ztf", survey="lsst")
