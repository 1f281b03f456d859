"""Read the metrics of a running job, as Prometheus does."""

from __future__ import annotations

import urllib.request

from prometheus_client.parser import text_string_to_metric_families

SECONDS = 10.0


def scrape(port: int) -> dict[tuple[str, ...], float]:
    """Return every metric of a job on this machine.

    Parameters
    ----------
    port : int
        Port of the job's ``metrics.address``.

    Returns
    -------
    dict
        Values of the metrics. A key holds the name of the metric and the values of its labels,
        without the survey, in the order of the labels' names.
    """
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=SECONDS) as reply:
        text = reply.read().decode()
    return {
        (sample.name, *(v for k, v in sorted(sample.labels.items()) if k != "survey")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
