"""The climb to the maximum, on functions whose maximum is known, evaluation by evaluation."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fink_t2.science.gaussian_process import maximum

START = np.log(0.25)
FIRST = np.array([START, np.log(400.0)])

#: The function in Python, whose calls can be replaced; where numba does not compile, itself.
MAXIMISE = getattr(maximum.maximise, "py_func", maximum.maximise)


class Surface:
    """A likelihood made by hand: what is asked of it is counted.

    Parameters
    ----------
    value : callable
        Log-likelihood at two parameters relative to the start.
    slope, curvature : callable
        Two and three derivatives there.
    """

    def __init__(self, monkeypatch, value, slope, curvature):
        self.places = []
        self.calls = {"gradient": 0, "hessian": 0, "weights": 0}
        self.value, self.slope, self.curvature = value, slope, curvature
        monkeypatch.setattr(maximum, "log_likelihood", self.log_likelihood)
        monkeypatch.setattr(maximum, "gradient", self.gradient)
        monkeypatch.setattr(maximum, "hessian", self.hessian)
        monkeypatch.setattr(maximum, "find_weights", self.find_weights)

    def log_likelihood(self, n, amplitude, metric, space):
        assert (n, space) == (3, "space")
        self.places.append(np.array([amplitude, metric]) - FIRST)
        return self.value(*self.places[-1])

    def gradient(self, n, space):
        assert (n, space) == (3, "space")
        self.calls["gradient"] += 1
        return (*self.slope(*self.places[-1]), 0.25)

    def hessian(self, n, in_amplitude, in_metric, bend, space):
        assert (n, bend, space) == (3, 0.25, "space")
        assert (in_amplitude, in_metric) == tuple(self.slope(*self.places[-1]))
        self.calls["hessian"] += 1
        return self.curvature(*self.places[-1])

    def find_weights(self, n, space):
        assert (n, space) == (3, "space")
        self.calls["weights"] += 1

    def climb(self):
        """Return the end relative to the start, the value there, and whether it is a maximum."""
        amplitude, metric, likelihood, is_maximum = MAXIMISE(3, START, "space")
        return np.array([amplitude, metric]) - FIRST, likelihood, is_maximum

    def counts(self):
        return (
            len(self.places),
            self.calls["gradient"],
            self.calls["hessian"],
            self.calls["weights"],
        )


def parabola(monkeypatch, distance, steepness=1.0, base=-7.0, wrong_value=None):
    """Return a parabola with its maximum at a distance in ln a.

    Its derivatives promise ``steepness * distance^2``; `wrong_value` replaces the value at all
    places but the first.
    """

    def value(a, m):
        if wrong_value is not None and a != 0.0:
            return base + wrong_value
        return base + 0.5 * steepness * (distance**2 - (a - distance) ** 2) - m * m

    return Surface(
        monkeypatch,
        value,
        lambda a, m: (steepness * (distance - a), -2.0 * m),
        lambda a, m: (-steepness, 0.0, -2.0),
    )


def test_a_parabola_takes_one_step_and_a_second_hessian(monkeypatch):
    surface = parabola(monkeypatch, 0.5)
    end, likelihood, is_maximum = surface.climb()
    assert_allclose(end, [0.5, 0.0])
    assert_allclose(likelihood, -7.0 + 0.125)
    assert is_maximum
    assert surface.counts() == (2, 2, 2, 0)
    assert_allclose(surface.places, [[0.0, 0.0], [0.5, 0.0]])


@pytest.mark.parametrize(
    ("gain", "counts"),
    [
        # A gain of 1e-7 or less is not worth a step.
        (0.9e-7, (1, 1, 1, 0)),
        (1.5e-7, (2, 1, 1, 1)),
        # Below 1e-4 the step is the last one, which needs the weights but no gradient.
        (0.9e-4, (2, 1, 1, 1)),
        (1.5e-4, (2, 2, 1, 0)),
        # Below 1e-2 the Hessian is used once more.
        (0.9e-2, (2, 2, 1, 0)),
        (1.5e-2, (2, 2, 2, 0)),
    ],
)
def test_the_promised_gain_decides_what_follows_a_step(monkeypatch, gain, counts):
    surface = parabola(monkeypatch, np.sqrt(gain))
    end, likelihood, is_maximum = surface.climb()
    assert is_maximum
    assert surface.counts() == counts
    if counts[0] == 2:
        assert_allclose(end, [np.sqrt(gain), 0.0], rtol=1e-9)
        assert_allclose(likelihood, -7.0 + 0.5 * gain, rtol=1e-12)
    else:
        assert_allclose(end, 0.0)
        assert likelihood == -7.0


@pytest.mark.parametrize(("distance", "counts"), [(0.09, (2, 1, 1, 1)), (0.15, (2, 2, 1, 0))])
def test_a_step_of_a_tenth_or_more_is_not_the_last(monkeypatch, distance, counts):
    surface = parabola(monkeypatch, distance, steepness=0.5e-4 / distance**2)
    assert surface.climb()[2]
    assert surface.counts() == counts


def test_a_long_step_in_the_time_scale_is_not_the_last_either(monkeypatch):
    surface = Surface(
        monkeypatch,
        lambda a, m: 1e-3 * (m - 0.5 * m * m / 0.15),
        lambda a, m: (1e-9, 1e-3 * (1.0 - m / 0.15)),
        lambda a, m: (-1.0, 0.0, -1e-3 / 0.15),
    )
    assert surface.climb()[2]
    assert surface.counts()[1] == 2


@pytest.mark.parametrize(("loss", "is_taken"), [(0.0, True), (0.5e-8, True), (1.5e-8, False)])
def test_the_last_step_may_lose_what_rounding_does(monkeypatch, loss, is_taken):
    surface = parabola(monkeypatch, 1e-3, wrong_value=-loss)
    end, likelihood, is_maximum = surface.climb()
    assert is_maximum
    assert surface.calls["weights"] == 1
    if is_taken:
        assert len(surface.places) == 2
        assert_allclose(end, [1e-3, 0.0])
        assert likelihood == -7.0 - loss
    else:
        # No shorter step is better, either, so that the climb ends where it began.
        assert len(surface.places) > 20
        assert_allclose(end, 0.0)
        assert likelihood == -7.0


def test_a_step_without_the_promised_rise_is_halved_until_it_is_given_up(monkeypatch):
    surface = parabola(monkeypatch, 0.5, wrong_value=-1.0)
    end, likelihood, is_maximum = surface.climb()
    # 1, 1/2, ... 2^-20 = 0.95e-6 of the step, and then none of it.
    fractions = [*(0.5 ** np.arange(21)), 0.0]
    assert_allclose(surface.places[1:], [[0.5 * fraction, 0.0] for fraction in fractions])
    assert_allclose(end, 0.0)
    assert likelihood == -7.0
    # A promise of 0.25 that is not kept is no maximum.
    assert not is_maximum
    assert surface.counts()[1:] == (1, 1, 1)


@pytest.mark.parametrize(("gain", "is_maximum"), [(0.9e-4, True), (1.5e-4, False)])
def test_a_small_promise_that_is_not_kept_is_a_maximum(monkeypatch, gain, is_maximum):
    surface = parabola(monkeypatch, np.sqrt(gain), wrong_value=-1.0)
    assert surface.climb()[2] == is_maximum


def test_a_likelihood_that_does_not_exist_is_no_rise(monkeypatch):
    surface = parabola(monkeypatch, 0.5, wrong_value=np.nan)
    end, likelihood, _ = surface.climb()
    assert_allclose(end, 0.0)
    assert likelihood == -7.0


@pytest.mark.parametrize(("rise", "is_taken"), [(0.9e-4, False), (1.5e-4, True)])
def test_a_step_must_rise_by_a_ten_thousandth_of_what_it_promises(monkeypatch, rise, is_taken):
    # The promise is 1; half of the step promises half as much, and rises by more than enough.
    def value(a, m):
        return {0.0: 0.0, 1.0: rise, 0.5: 0.1}.get(round(a, 12), -1.0)

    surface = Surface(
        monkeypatch,
        value,
        lambda a, m: (1.0 if a == 0.0 else 0.0, 0.0),
        lambda a, m: (-1.0, 0.0, -1.0),
    )
    end, likelihood, is_maximum = surface.climb()
    assert is_maximum
    assert_allclose(end, [1.0 if is_taken else 0.5, 0.0])
    assert likelihood == (rise if is_taken else 0.1)


@pytest.mark.parametrize(("rise", "is_taken"), [(0.45e-4, False), (0.75e-4, True)])
def test_half_of_a_step_must_rise_by_half_as_much(monkeypatch, rise, is_taken):
    def value(a, m):
        return {0.0: 0.0, 0.5: rise, 0.25: 0.1}.get(round(a, 12), -1.0)

    surface = Surface(
        monkeypatch,
        value,
        lambda a, m: (1.0 if a == 0.0 else 0.0, 0.0),
        lambda a, m: (-1.0, 0.0, -1.0),
    )
    assert_allclose(surface.climb()[0], [0.5 if is_taken else 0.25, 0.0])


def test_after_half_a_step_the_next_one_is_whole_and_the_hessian_new(monkeypatch):
    # The maximum is at 2; the curvature promises it at 4, where the value is too low.
    def value(a, m):
        return -((a - 2.0) ** 2)

    def curvature(a, m):
        return (-1.0 if a == 0.0 else -2.0), 0.0, -1.0

    surface = Surface(monkeypatch, value, lambda a, m: (-2.0 * (a - 2.0), 0.0), curvature)
    # The longest step is 2, so it starts from -0.5 there: at 1.5 it is 0.5 short.
    end, _, is_maximum = surface.climb()
    assert_allclose(end, [2.0, 0.0])
    assert is_maximum
    shifted = Surface(
        monkeypatch,
        lambda a, m: -((a - 0.6) ** 2),
        lambda a, m: (-2.0 * (a - 0.6), 0.0),
        lambda a, m: (-0.75 if a == 0.0 else -2.0, 0.0, -1.0),
    )
    end, _, is_maximum = shifted.climb()
    # 1.2 / 0.75 = 1.6 is too far; 0.8 rises; from there one whole step of -0.2 ends at 0.6.
    assert_allclose([place[0] for place in shifted.places], [0.0, 1.6, 0.8, 0.6])
    assert_allclose(end, [0.6, 0.0])
    assert is_maximum
    assert shifted.counts() == (4, 3, 3, 0)


def test_half_of_a_small_step_does_not_use_the_old_hessian(monkeypatch):
    # It promises 0.49e-2, from a curvature that is wrong by a factor: half of it is taken.
    surface = Surface(
        monkeypatch,
        lambda a, m: -((a - 0.02) ** 2),
        lambda a, m: (-2.0 * (a - 0.02), 0.0),
        lambda a, m: (-0.75 if a == 0.0 else -2.0, 0.0, -1.0),
    )
    end, _, is_maximum = surface.climb()
    assert_allclose(end, [0.02, 0.0], atol=1e-12)
    assert is_maximum
    # Whole step 0.16 / 3, half of it, and the last step of that Hessian.
    assert_allclose([place[0] for place in surface.places][:3], [0.0, 0.16 / 3, 0.08 / 3])
    assert surface.counts()[2] == 2


def exact_gain(monkeypatch, gain, step=0.0625, wrong_value=None):
    """Return a surface that promises exactly a gain for exactly a step in ln a."""
    slope = gain / step
    steepness = slope / step
    assert slope / steepness == step
    assert slope * step == gain
    return Surface(
        monkeypatch,
        lambda a, m: wrong_value if wrong_value is not None and a else 0.75 * gain * (a != 0.0),
        lambda a, m: (0.0 if a else slope, 0.0),
        lambda a, m: (-steepness, 0.0, -1.0),
    )


@pytest.mark.parametrize(
    ("gain", "counts"),
    [(1e-7, (1, 1, 1, 0)), (1e-4, (2, 2, 1, 0)), (1e-2, (2, 2, 2, 0)), (0.0625, (2, 2, 2, 0))],
)
def test_promised_gains_of_exactly_the_limits(monkeypatch, gain, counts):
    surface = exact_gain(monkeypatch, gain)
    assert surface.climb()[2]
    assert surface.counts() == counts


def test_a_step_of_exactly_a_tenth_is_not_the_last(monkeypatch):
    steepness = 2.0**-9
    surface = Surface(
        monkeypatch,
        lambda a, m: 1e-5 * (a != 0.0),
        lambda a, m: (0.0 if a else 0.1 * steepness, 0.0),
        lambda a, m: (-steepness, 0.0, -1.0),
    )
    assert surface.climb()[2]
    assert surface.places[1][0] == pytest.approx(0.1)
    assert surface.counts() == (2, 2, 1, 0)


def test_a_promise_of_exactly_the_limit_that_is_not_kept_is_no_maximum(monkeypatch):
    assert not exact_gain(monkeypatch, 1e-4, wrong_value=-1.0).climb()[2]


def test_a_last_step_that_loses_exactly_what_rounding_does_is_not_taken(monkeypatch):
    surface = parabola(monkeypatch, 1e-3, base=0.0, wrong_value=-1e-8)
    end, _, _ = surface.climb()
    assert_allclose(end, 0.0)


def test_the_gain_that_the_old_hessian_promises_may_be_exactly_the_limit(monkeypatch):
    gain = 1e-7
    second_slope = gain / 0.0625
    steepness = second_slope / 0.0625
    surface = Surface(
        monkeypatch,
        lambda a, m: 1e-4 * (a != 0.0),
        lambda a, m: (second_slope if a else 2.0 * steepness, 0.0),
        lambda a, m: (-steepness, 0.0, -1.0),
    )
    assert surface.climb()[2]
    assert surface.counts() == (2, 2, 1, 0)


def test_a_start_at_the_maximum_is_the_end(monkeypatch):
    surface = parabola(monkeypatch, 0.0)
    end, likelihood, is_maximum = surface.climb()
    assert_allclose(end, 0.0)
    assert likelihood == -7.0
    assert is_maximum
    assert surface.counts() == (1, 1, 1, 0)


def test_half_of_a_last_step_is_followed_by_a_gradient(monkeypatch):
    # The whole step loses, half of it is the maximum.
    surface = Surface(
        monkeypatch,
        lambda a, m: {0.0: 0.0, 1.0: 0.4e-4}.get(round(a * 128, 9), -1.0),
        lambda a, m: (0.0 if a else 64.0 * 0.9e-4, 0.0),
        lambda a, m: (-64.0 * 64.0 * 0.9e-4, 0.0, -1.0),
    )
    end, _, is_maximum = surface.climb()
    assert_allclose(end, [1 / 128, 0.0])
    assert is_maximum
    assert surface.counts() == (3, 2, 2, 0)


def test_steps_are_asked_for_with_all_derivatives(monkeypatch):
    calls = []
    answers = iter([(0.25, -0.5, 5e-3), (9.0, 9.0, 1e-3), (0.0, 0.0, 0.0)])

    def ascent_step(*arguments):
        calls.append(arguments)
        return next(answers)

    monkeypatch.setattr(maximum, "ascent_step", ascent_step)
    surface = Surface(
        monkeypatch,
        lambda a, m: a - m,
        lambda a, m: (3.0 + a, 4.0 + m),
        lambda a, m: (-5.0 - a, 0.5 + a, -6.0 - a),
    )
    end, _, is_maximum = surface.climb()
    assert is_maximum
    assert_allclose(end, [0.25, -0.5])
    first = (START, FIRST[1], 3.0, 4.0, -5.0, 0.5, -6.0, START)
    # The second call has the new gradient and the old Hessian, the third one the new Hessian.
    second = (START + 0.25, FIRST[1] - 0.5, 3.25, 3.5, -5.0, 0.5, -6.0, START)
    third = (*second[:4], -5.25, 0.75, -6.25, START)
    assert_allclose(calls, [first, second, third])


def test_a_climb_without_end_is_ended_after_a_hundred_evaluations(monkeypatch):
    # A slope of one and a curvature that promises a step of 0.01 rises for ever.
    surface = Surface(
        monkeypatch,
        lambda a, m: m,
        lambda a, m: (0.0, 1.0),
        lambda a, m: (-1.0, 0.0, -100.0),
    )
    end, likelihood, is_maximum = surface.climb()
    assert not is_maximum
    assert len(surface.places) == 100
    assert_allclose(end, [0.0, 0.99])
    assert_allclose(likelihood, 0.99)


def test_both_parameters_move(monkeypatch):
    surface = Surface(
        monkeypatch,
        lambda a, m: -((a - 0.3) ** 2) - 2.0 * (m + 0.4) ** 2,
        lambda a, m: (-2.0 * (a - 0.3), -4.0 * (m + 0.4)),
        lambda a, m: (-2.0, 0.0, -4.0),
    )
    end, likelihood, is_maximum = surface.climb()
    assert_allclose(end, [0.3, -0.4])
    assert_allclose(likelihood, 0.0, atol=1e-15)
    assert is_maximum
