"""Classify files of alerts or light curves.

Writes one row per alert or object, with its probabilities, class and status.

INPUT is a file, or a folder or archive (tar, zip) of files at any depth, each of which is
  * alert packets: Avro containers of one or many alerts, Rubin packets in Confluent's wire
    format, or Parquet as brokers store alerts; or
  * a table of light curves (Parquet, CSV, TSV, text, ECSV, VOTable, FITS, IPAC), with one row
    per point, or one row per alert or object and arrays of photometry. docs/inputs.md lists
    the layouts of surveys and brokers that are recognised.
Files may be compressed by gzip, bzip2, xz or zstandard. What can't be read is named and counted,
and the rest is classified; the exit code is then 1.

Examples:
  fink-t2 classify data/alerts --out classified.parquet
  fink-t2 classify light_curves.csv --out classified.csv
  fink-t2 classify fluxes.csv --survey lsst --flux-unit nJy --out classified.parquet
  fink-t2 classify data/alerts --model t2-ztf/0.1.0 --out classified.csv
  fink-t2 classify data/alerts --module t2 --module atx=atx-ztf/0.1.0 --out classified.csv
  fink-t2 classify stars.parquet --no-catalogue-cuts --out classified.vot
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fink_t2.commands._arguments import survey_name
from fink_t2.errors import AlertError, FinkT2Error

if TYPE_CHECKING:
    import pandas as pd

    from fink_t2.files.tables.light_curves import LightCurveTable
    from fink_t2.modules.science_module import ScienceModule

GROUP = "classify"

#: Light curves classified between two steps of the progress bar.
BATCH = 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("input", metavar="INPUT", type=Path, help="alerts or light curves")
    parser.add_argument(
        "--out", type=Path, required=True, help="a .parquet, .csv, .ecsv, .vot or .fits file"
    )
    parser.add_argument(
        "--survey", type=survey_name, metavar="NAME", help="default: as packets or layouts say"
    )
    parser.add_argument("--model", help="name, name/version, folder, or .tflite file")
    parser.add_argument(
        "--module", action="append", default=[], metavar="NAME[=MODEL]",
        help="science module to run, and its model; may be given several times (default: t2, see "
        "'fink-t2 modules')",
    )  # fmt: skip
    parser.add_argument(
        "--flux-unit", choices=("fluxcal", "nJy", "uJy"),
        help="unit of flux columns whose name does not define one",
    )  # fmt: skip
    parser.add_argument(
        "--time-scale", choices=("jd", "mjd"),
        help="scale of the times of tables (default: as the column's name says)",
    )  # fmt: skip
    parser.add_argument(
        "--no-catalogue-cuts", action="store_true",
        help="classify catalogued stars, solar-system objects and long histories too",
    )  # fmt: skip
    parser.add_argument(
        "--forced-photometry", action=argparse.BooleanOptionalAction, default=None,
        help="whether forced photometry of packets joins the light curves "
        "(default: as the survey's model was trained)",
    )  # fmt: skip
    parser.add_argument(
        "--schemas", default="",
        help="registry URL or folder of Rubin's .avsc schemas, for framed packets "
        "(default: those of the package lsst-alert-packet)",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Classify, write the table, print a summary."""
    from tqdm import tqdm

    from fink_t2.files.inputs import InputReader, ReadSettings
    from fink_t2.files.output_tables import check_output, join_tables, write_table
    from fink_t2.modules.configured import module_with_model
    from fink_t2.surveys import get_survey

    check_output(args.out)
    settings = ReadSettings(
        survey=args.survey,
        schemas=args.schemas,
        forced_photometry=args.forced_photometry,
        flux_unit=args.flux_unit,
        time_scale=args.time_scale,
    )
    reader = InputReader(args.input, settings, _name_broken, _note, leave_out=args.out)
    choices = module_choices(args.module, args.model)
    modules: dict[str, list[ScienceModule]] = {}
    rows = []
    with tqdm(unit=" light curves", disable=None) as progress:
        for table in reader.tables():
            survey = get_survey(table.light_curves.passbands.survey)
            if survey.name not in modules:
                modules[survey.name] = [
                    check_for_files(module_with_model(name, survey, model))
                    for name, model in choices
                ]
            for batch in batches(table):
                rows.append(
                    classify_table(
                        batch, modules[survey.name], catalogue_cuts=not args.no_catalogue_cuts
                    )
                )
                progress.update(len(batch.identifiers))
    if not rows:
        raise FinkT2Error(
            f"{args.input}: nothing could be read; {args.out} is not written, or left as it was"
        )
    frame = join_tables(rows)
    write_table(frame, args.out)
    print(f"{len(frame)} rows in {args.out}")
    for line in summary(frame, next(iter(modules.values()))):
        print(line)
    if reader.broken:
        print(f"{reader.broken} files, packets or tables could not be read; each is named above")
        return 1
    return 0


def module_choices(modules: list[str], model: str | None) -> list[tuple[str, str | None]]:
    """Return the names of the modules to run, each with the model that was asked for.

    Parameters
    ----------
    modules : list of str
        ``NAME`` or ``NAME=MODEL``.
    model : str, optional
        The model of the only module.

    Raises
    ------
    FinkT2Error
        If it is not clear whose model it is.
    """
    from fink_t2.modules.configured import DEFAULT_MODULE

    choices = []
    for text in modules or [DEFAULT_MODULE]:
        name, _, its_model = text.partition("=")
        choices.append((name, its_model or None))
    if model is None:
        return choices
    if len(choices) > 1 or choices[0][1] is not None:
        raise FinkT2Error("--model is for a single module; else write --module NAME=MODEL")
    return [(choices[0][0], model)]


def check_for_files(module: ScienceModule) -> ScienceModule:
    """Return a module, if light curves are all that it needs.

    Raises
    ------
    FinkT2Error
        If it needs fields of the alert, or cutouts, which files of light curves do not have.
    """
    needed = [*module.required_fields, *(f"{name} cutout" for name in module.cutouts)]
    if needed:
        raise FinkT2Error(
            f"the module {module.name!r} needs more than light curves ({', '.join(needed)}): run "
            "it in the stream, with an 'archive' or 'parquet' source for files of alerts"
        )
    return module


def summary(frame: pd.DataFrame, modules: Sequence[ScienceModule]) -> list[str]:
    """Return lines that say how many rows have each class and status, and what could be done."""
    from fink_t2.science.cuts import STATUS_REMEDIES

    if not len(frame):
        return []
    lines = []
    for number, module in enumerate(modules):
        prefix = f"{module.name} " if number else ""
        status = f"{module.name}_status"
        for column in module.columns:
            if column.categories and column.name != status:
                counts = Counter(name for name in frame[column.name] if name).most_common()
                title = column.name.removeprefix(f"{module.name}_")
                lines.append(f"{prefix}{title}: " + ", ".join(f"{name} {n}" for name, n in counts))
        for text, count in Counter(frame[status]).most_common():
            remedy = STATUS_REMEDIES.get(text, "")
            lines.append(f"{prefix}status {text}: {count}" + (f" ({remedy})" if remedy else ""))
    return lines


def _name_broken(error: AlertError) -> None:
    from tqdm import tqdm

    tqdm.write(f"skipped {error}", file=sys.stderr)


def _note(sentence: str) -> None:
    from tqdm import tqdm

    tqdm.write(f"note: {sentence}", file=sys.stderr)


def batches(table: LightCurveTable) -> Iterator[LightCurveTable]:
    """Cut a table into pieces of `BATCH` light curves; of an empty table one empty piece."""
    import numpy as np

    for begin in range(0, max(len(table.light_curves), 1), BATCH):
        yield table.select(np.arange(begin, min(begin + BATCH, len(table.light_curves))))


def classify_table(
    table: LightCurveTable, modules: Sequence[ScienceModule], *, catalogue_cuts: bool = True
) -> pd.DataFrame:
    """Classify the light curves of a table.

    Parameters
    ----------
    table : LightCurveTable
        N light curves.
    modules : sequence of ScienceModule
        The modules.
    catalogue_cuts : bool
        Whether catalogue columns of the table, where it has them, make cuts.

    Returns
    -------
    DataFrame of N rows
        Identifiers, and the columns of `fink_t2.modules.tables.table_columns`.
    """
    from fink_t2.modules.alert_batch import AlertBatch
    from fink_t2.modules.tables import table_columns
    from fink_t2.science.cuts import CutSettings

    status = table.status(CutSettings(), catalogue_cuts=catalogue_cuts)
    identifiers = table.identifiers
    names = identifiers.iloc[:, 0].to_numpy() if len(identifiers.columns) else None
    batch = AlertBatch(table.light_curves, status, identifiers=names)
    return identifiers.assign(**table_columns(modules, batch))
