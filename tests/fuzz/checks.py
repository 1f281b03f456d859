"""What must hold of every answer to hostile input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from fink_t2.alerts import SchemaSource, decode_alerts
from fink_t2.alerts.decode import alert_schema
from fink_t2.alerts.frames import (
    CONTAINER_MAGIC,
    SYNC_LENGTH,
    message_prefix,
    read_container_header,
)
from fink_t2.alerts.limits import DEFAULT_LIMITS
from fink_t2.errors import AlertError, FinkT2Error, LightCurveError
from fink_t2.files.alert_tables import alert_table
from fink_t2.files.inputs import InputReader, ReadSettings
from fink_t2.files.tables.light_curves import LightCurveTable, table_light_curves
from fink_t2.processor import classify_ztf_alerts
from fink_t2.science.classes import CLASSES
from fink_t2.science.cuts import STATUS_TEXTS, CutSettings
from fink_t2.science.model_store import ModelReference
from fink_t2.stream.fallback_decoding import single_alert_messages
from fink_t2.surveys import get_survey
from tests.fuzz.histories import hostile_histories

LONGEST_REASON = 1000


def check_decoding(message: bytes, survey: str, schemas: SchemaSource | None = None) -> bool:
    """Check one message in every way in which messages are read.

    Returns
    -------
    bool
        Whether it held alerts; else it had a reason.
    """
    alerts = check_message(message, survey, schemas)
    check_light_curves(alerts, survey)
    return bool(alerts)


def check_message(
    message: bytes, survey: str, schemas: SchemaSource | None = None
) -> list[dict[str, Any]]:
    """Decode a message as `fink-t2 classify` does, and take it apart as the stream does.

    Returns
    -------
    list of dict
        Its alerts; none where there was a reason.
    """
    _take_apart(message, survey)
    alerts: list[dict[str, Any]] = []
    try:
        alerts.extend(decode_alerts(message, survey, schemas))
    except AlertError as error:
        _check_reason(error)
        return []
    assert alerts, "neither an alert nor a reason"
    return alerts


def check_light_curves(alerts: list[dict[str, Any]], survey: str) -> None:
    """Build the light curves of decoded alerts, side by side."""
    table = alert_table(get_survey(survey), alerts)
    assert len(table.light_curves) == len(alerts)


def _take_apart(message: bytes, survey: str) -> None:
    try:
        plain = single_alert_messages(message, DEFAULT_LIMITS, get_survey(survey))
        prefix = message_prefix(plain[0], DEFAULT_LIMITS)
        if prefix.startswith(CONTAINER_MAGIC):
            header = read_container_header(prefix + bytes(SYNC_LENGTH), DEFAULT_LIMITS)
            alert_schema(header.schema_text, get_survey(survey))
    except AlertError as error:
        _check_reason(error)
        return
    assert 1 <= len(plain) <= DEFAULT_LIMITS.records


def _check_reason(error: FinkT2Error) -> None:
    """A reason is text that a table, a Kafka header and a line of a log can hold."""
    reason = str(error)
    assert reason
    assert len(reason) < LONGEST_REASON
    reason.encode()


def check_classification(
    reference: ModelReference, generator: np.random.Generator, number: int
) -> int:
    """Classify hostile histories as a Python worker does; return how many were classified."""
    found = classify_ztf_alerts(reference, CutSettings(), **hostile_histories(generator, number))
    probabilities, status = found.probabilities, found.status
    assert probabilities.shape == (number, len(CLASSES))
    assert all(text in STATUS_TEXTS for text in found.status_texts())
    is_ok = status == 0
    assert (probabilities[~is_ok] == -1).all()
    assert np.isfinite(probabilities[is_ok]).all()
    assert (probabilities[is_ok] >= 0).all()
    assert np.allclose(probabilities[is_ok].sum(axis=1), 1.0, atol=0.02)
    unknown = found.unknown_scores()
    assert np.isfinite(unknown).all()
    assert (found.points >= 0).all()
    return int(is_ok.sum())


def check_table(table: pa.Table, survey: str | None, unit: str | None) -> bool:
    """Read a table's light curves, or be told why not; whether it had any."""
    try:
        read = table_light_curves(table, survey, "a table", flux_unit=unit)
    except LightCurveError as error:
        _check_reason(error)
        return False
    check_finite(read)
    return True


def check_file(folder: Path, name: str, content: bytes, survey: str | None) -> bool:
    """Read a file's light curves as ``fink-t2 classify`` does; whether it had any."""
    path = folder / name
    path.write_bytes(content)
    reasons: list[FinkT2Error] = []
    reader = InputReader(path, ReadSettings(survey=survey), reasons.append, str)
    try:
        tables = list(reader.tables())
    finally:
        path.unlink()
    for reason in reasons:
        _check_reason(reason)
    for read in tables:
        check_finite(read)
    return bool(tables)


def check_finite(read: LightCurveTable) -> None:
    """Check that what was read is what the classifier takes."""
    curves = read.light_curves
    assert len(read.identifiers) == len(curves) == len(read.is_ragged)
    for values in (curves.time, curves.flux, curves.flux_error):
        assert np.isfinite(values).all()
