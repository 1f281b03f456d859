"""Classify files of alerts or light curves; one row of probabilities per alert or object.

INPUT is one of
  * a folder, tar(.gz) or file of Avro alert packets (ZTF, or Rubin framed or in containers),
  * a Parquet or CSV table with one row per alert or object and arrays of photometry
    (objectId, candid, cjd, cfid, cmagpsf, csigmapsf; or mjd, band, flux, flux_err),
  * a Parquet or CSV table with one row per point
    (objectId, mjd, band, and mag, magerr or flux, flux_err or fluxcal, fluxcal_err).

Examples:
  fink-t2 classify data/alerts --out classified.parquet
  fink-t2 classify light_curves.csv --out classified.csv
  fink-t2 classify rubin.parquet --survey lsst --flux-unit nJy --out classified.parquet
  fink-t2 classify data/alerts --model t2-ztf/0.1.0 --out classified.csv
  fink-t2 classify stars.parquet --no-catalogue-cuts --out classified.parquet
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from fink_t2.classifier import find_model, load_classifier
from fink_t2.errors import FinkT2Error
from fink_t2.files.light_curve_tables import (
    LightCurveTable,
    is_light_curve_table,
    light_curves_of_table,
    read_table,
)
from fink_t2.files.packet_reader import PacketReader
from fink_t2.science.classes import CLASSES
from fink_t2.science.cuts import CutSettings, apply_cuts
from fink_t2.science.model_store import ModelReference

#: Light curves classified between two steps of the progress bar.
BATCH = 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("input", metavar="INPUT", type=Path, help="alerts or light curves")
    parser.add_argument("--out", type=Path, required=True, help="a .parquet or .csv file")
    parser.add_argument("--survey", choices=("ztf", "lsst"), help="default: ztf, or as packets say")
    parser.add_argument("--model", help="name, name/version, folder, or .tflite file")
    parser.add_argument(
        "--flux-unit", choices=("fluxcal", "nJy"), default="fluxcal",
        help="unit of columns named flux (default: fluxcal)",
    )  # fmt: skip
    parser.add_argument(
        "--no-catalogue-cuts", action="store_true",
        help="classify catalogued stars, solar-system objects and long histories too",
    )  # fmt: skip
    parser.add_argument(
        "--forced-photometry", action="store_true", help="use forced photometry of packets too"
    )
    parser.add_argument(
        "--schemas",
        help="registry URL or folder of Rubin's .avsc schemas, for framed packets "
        "(default: those of the package lsst-alert-packet)",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Classify, write the table, print a summary."""
    if args.out.suffix not in (".parquet", ".csv"):
        raise FinkT2Error(f"--out {args.out}: the name must end in .parquet or .csv")
    parts: Iterable[LightCurveTable]
    packets = None
    if is_light_curve_table(args.input):
        table = read_table(args.input)
        survey = args.survey or "ztf"
        parts = [light_curves_of_table(table, survey, args.flux_unit, str(args.input))]
    else:
        packets = PacketReader(args.input, args.survey, args.schemas, args.forced_photometry)
        parts = packets.tables()
    rows = []
    with tqdm(unit=" light curves", disable=None) as progress:
        for part in parts:
            model = find_model(args.model, part.light_curves.passbands.survey)
            for batch in batches(part):
                rows.append(classify_table(batch, model, catalogue_cuts=not args.no_catalogue_cuts))
                progress.update(len(batch.identifiers))
    found = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
    if args.out.suffix == ".csv":
        found.to_csv(args.out, index=False)
    else:
        found.to_parquet(args.out, index=False)
    print(f"{len(found)} rows in {args.out}")
    if len(found):
        for title, column in (("status", "t2_status"), ("class", "t2_class")):
            counts = Counter(value for value in found[column] if value)
            print(f"{title}: " + ", ".join(f"{key} {n}" for key, n in counts.most_common()))
    if packets is not None and packets.broken:
        print(f"{packets.broken} packets could not be read; each is named above")
        return 1
    return 0


def batches(table: LightCurveTable) -> Iterator[LightCurveTable]:
    """Cut a table into pieces of `BATCH` light curves."""
    for begin in range(0, len(table.light_curves), BATCH):
        chosen = np.arange(begin, min(begin + BATCH, len(table.light_curves)))
        yield LightCurveTable(
            table.identifiers.iloc[chosen],
            table.light_curves.select(chosen),
            {name: values[chosen] for name, values in table.catalogues.items()},
        )


def classify_table(
    table: LightCurveTable, model: ModelReference, *, catalogue_cuts: bool = True
) -> pd.DataFrame:
    """Classify the light curves of a table.

    Parameters
    ----------
    table : LightCurveTable
        N light curves.
    model : ModelReference
        Which model.
    catalogue_cuts : bool
        Whether catalogue columns of the table, where it has them, make cuts.

    Returns
    -------
    DataFrame of N rows
        Identifiers, 14 probabilities named by class, ``t2_class``, ``t2_prob``,
        ``t2_unknown``, ``t2_status``, ``t2_n_<passband>`` and ``t2_model``.
    """
    classifier = load_classifier(model)
    curves = table.light_curves
    catalogues = table.catalogues if catalogue_cuts else {}
    found = classifier.classify(curves, apply_cuts(curves, CutSettings(), **catalogues))
    frame = table.identifiers.copy()
    for place, name in enumerate(CLASSES):
        frame[name] = found.probabilities[:, place]
    frame["t2_class"] = found.class_names()
    frame["t2_prob"] = found.class_probabilities()
    frame["t2_unknown"] = found.unknown_scores()
    frame["t2_status"] = found.status_texts()
    for place, band in enumerate(curves.passbands.names):
        frame[f"t2_n_{band}"] = found.points[:, place]
    frame["t2_model"] = classifier.reference.label
    return frame
