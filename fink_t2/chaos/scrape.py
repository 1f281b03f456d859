"""Ask a running job for its metrics, as Prometheus does."""

from __future__ import annotations

import urllib.request

from prometheus_client.parser import text_string_to_metric_families

SECONDS = 10.0


def scrape(port: int) -> dict[tuple[str, ...], float]:
    """Return every metric of a job on this machine.

    Parameters
    ----------
    port : int
        Of its ``metrics.address``.

    Returns
    -------
    dict
        Name, and the values of all labels but the survey in the order of the labels' names, to
        the metric's value.
    """
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=SECONDS) as reply:
        text = reply.read().decode()
    return {
        (sample.name, *(v for k, v in sorted(sample.labels.items()) if k != "survey")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
