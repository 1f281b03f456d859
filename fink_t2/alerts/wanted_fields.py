"""Reader schemas of a survey's alerts, derived from the fields that the survey declares."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from fink_t2.alerts.schemas import Schema, lenient, parse_schema
from fink_t2.errors import SurveyError
from fink_t2.surveys.fields import AlertField
from fink_t2.surveys.survey import Survey

#: Types in reader schemas that are wider than declared, so that both widths can be read.
AVRO_TYPES: Final = {"int": "long", "float": "double"}


@cache
def wanted_fields(survey: Survey) -> dict[str, Any]:
    """Return the fields of an alert that classification needs.

    Parameters
    ----------
    survey : Survey
        Survey that issued the alerts.

    Returns
    -------
    dict
        Avro types by field name. A nested dict is a record, and a dict within a list is an array
        of records.
    """
    wanted: dict[str, Any] = {}
    fields = (survey.object_id, survey.alert_id, survey.time, *survey.alert_fields.values())
    for field in fields:
        for name in field.names:
            _put(wanted, name, field)
    for source in survey.point_sources:
        point = survey.forced_fields if source.is_forced else {}
        record = {
            name: _avro_type(field)
            for field in (*survey.point_fields.values(), *point.values())
            for name in field.names
        }
        if source.is_array:
            wanted[source.name] = [record]
        else:
            wanted[source.name] = {**wanted.get(source.name, {}), **record}
    return wanted


def _put(wanted: dict[str, Any], name: str, field: AlertField) -> None:
    *records, last = name.split(".")
    for record in records:
        wanted = wanted.setdefault(record, {})
    wanted[last] = _avro_type(field)


def _avro_type(field: AlertField) -> str:
    return AVRO_TYPES.get(field.type, field.type)


@cache
def wanted_schema(survey: Survey) -> Schema:
    """Return the reader schema of the fields that classification needs, all nullable."""
    return lenient(_record(wanted_fields(survey), "alert"))


@cache
def full_schema(survey: Survey) -> Schema:
    """Return the reader schema of complete alerts of a survey, with all fields nullable.

    Raises
    ------
    SurveyError
        If the package has no such schema, so that a registry or a folder is needed.
    """
    if survey.schema_text is None:
        raise SurveyError(f"the package has no schema of complete alerts of {survey.name}")
    return lenient(parse_schema(survey.schema_text()))


@cache
def newer_names(survey: Survey) -> dict[str, str]:
    """Return the current names of fields that have other names in older schemas.

    Parameters
    ----------
    survey : Survey
        Survey that issued the alerts.

    Returns
    -------
    dict of str to str
        Current names of the fields within their records, by dotted older name.
    """
    renamed = dict(survey.newer_names)
    for field in (survey.time, *survey.alert_fields.values()):
        for older in field.older_names:
            renamed[older] = field.name.rpartition(".")[2]
    for source in survey.point_sources:
        for field in (*survey.point_fields.values(), *survey.forced_fields.values()):
            for older in field.older_names:
                renamed[f"{source.name}.{older}"] = field.name
    return renamed


@cache
def older_names(survey: Survey) -> dict[str, tuple[str, ...]]:
    """Return the dotted older names of fields by dotted current name; see `newer_names`."""
    older: dict[str, tuple[str, ...]] = {}
    for name, newer in newer_names(survey).items():
        record, dot, _ = name.rpartition(".")
        older[record + dot + newer] = (*older.get(record + dot + newer, ()), name)
    return older


def _record(fields: dict[str, Any], path: str) -> Schema:
    namespace, _, name = path.rpartition(".")
    made = []
    for field_name, field_type in fields.items():
        inner = f"{path}.{field_name}"
        if isinstance(field_type, list):
            avro_type: Schema = {"type": "array", "items": _record(field_type[0], inner)}
        else:
            avro_type = _record(field_type, inner) if isinstance(field_type, dict) else field_type
        made.append({"name": field_name, "type": avro_type})
    named = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"type": "record", **named, "fields": made}
