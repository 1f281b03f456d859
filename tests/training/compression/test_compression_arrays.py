"""Clustering, pruning and storing of weight arrays, without a network."""

import numpy as np
import pytest

from fink_t2.training.compression.clustering import cluster_weights, linear_centroids
from fink_t2.training.compression.deflate import (
    deflate,
    deflate_folder,
    folder_size,
    inflate,
    inflate_folder,
)
from fink_t2.training.compression.pruning import magnitude_mask

GENERATOR = np.random.default_rng(3)


def test_linear_centroids_span_the_weights():
    np.testing.assert_allclose(linear_centroids(np.array([-1.0, 5.0, 2.0]), 4), [-1, 1, 3, 5])


def test_k_means_by_hand():
    # From centroids 0 and 10: {0, 1, 2} and {8, 10}.
    clustering = cluster_weights(np.array([[0.0, 1.0, 2.0], [8.0, 10.0, 10.0]]), 2)
    np.testing.assert_allclose(clustering.centroids, [1.0, 28 / 3], rtol=1e-6)
    assert clustering.indices.tolist() == [[0, 0, 0], [1, 1, 1]]
    assert clustering.weights().shape == (2, 3)


def test_clustered_weights_are_few_near_and_at_their_clusters_means():
    weights = GENERATOR.normal(size=(40, 30)).astype(np.float32)
    clustering = cluster_weights(weights, 16)
    assert len(np.unique(clustering.weights())) <= 16
    step = (weights.max() - weights.min()) / 15
    assert np.abs(clustering.weights() - weights).max() <= step
    for index in np.unique(clustering.indices):
        mean = weights[clustering.indices == index].mean()
        assert clustering.centroids[index] == pytest.approx(mean, abs=1e-4)
    # No weight would be nearer to another shared value.
    distance = np.abs(weights[..., None] - clustering.centroids)
    np.testing.assert_array_equal(distance.argmin(axis=-1), clustering.indices)


def test_pruned_weights_stay_zero_within_the_number_of_clusters():
    weights = GENERATOR.normal(size=(20, 20))
    keep = magnitude_mask(weights, 0.02)
    clustering = cluster_weights(weights, 16, keep=keep)
    assert (clustering.weights()[~keep] == 0).all()
    # No kept weight shares the zero: training would move it away.
    zero = int(np.flatnonzero(clustering.centroids == 0)[0])
    np.testing.assert_array_equal(clustering.indices == zero, ~keep)
    assert len(clustering.centroids) == 16
    assert len(np.unique(clustering.weights())) <= 16


def test_constant_weights_and_impossible_numbers_of_clusters():
    np.testing.assert_allclose(cluster_weights(np.full((3, 3), 0.5)).weights(), 0.5)
    for clusters in (1, 257):
        with pytest.raises(ValueError, match="from 2 to 256"):
            cluster_weights(np.zeros(4), clusters)


def test_magnitude_mask_by_hand():
    weights = np.array([[0.5, -0.1], [-2.0, 0.3]])
    assert magnitude_mask(weights, 0.5).tolist() == [[True, False], [True, False]]
    assert magnitude_mask(weights, 0.0).all()
    with pytest.raises(ValueError, match="fraction"):
        magnitude_mask(weights, 1.0)


def test_deflate_returns_what_went_in(tmp_path):
    data = b"the same " * 100
    assert inflate(deflate(data)) == data
    assert len(deflate(data)) < 100
    before = tmp_path / "before"
    (before / "variables").mkdir(parents=True)
    (before / "graph").write_bytes(data)
    (before / "variables" / "data").write_bytes(b"\0" * 5000)
    packed = deflate_folder(before)
    assert packed == deflate_folder(before)
    assert len(packed) < folder_size(before) == 5900
    inflate_folder(packed, tmp_path / "after")
    assert (tmp_path / "after" / "variables" / "data").read_bytes() == b"\0" * 5000
    assert (tmp_path / "after" / "graph").read_bytes() == data
