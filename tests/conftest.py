"""What the tests share: the reference data, a real Kafka broker, topic names of their own."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fink_t2.alerts.limits import Limits
from fink_t2.install import jvm_packages
from fink_t2.kafka import LocalKafka

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CHECKOUT = Path(__file__).resolve().parent.parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that starts Spark or Kafka through a fixture, so that -m can leave it out."""
    for item in items:
        if {"spark", "kafka"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("spark")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real alerts, light curves and the published model; read-only."""
    folder = Path(os.environ.get("FINK_T2_SHARED") or CHECKOUT.parent / "shared")
    if not (folder / "data").is_dir():
        pytest.skip(f"no reference data in {folder}; $FINK_T2_SHARED can name another folder")
    return folder


@pytest.fixture(scope="session")
def jars() -> list[Path]:
    """The jars that spark-submit needs beside pyspark's own, for ``--jars``."""
    return jvm_packages.jars("spark")


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    """A Spark session as the job starts one."""
    from fink_t2.stream.session import start_session

    settings = {"spark.master": "local[1]", "spark.ui.enabled": "false"}
    session = start_session(settings, Limits(), "fink_t2 tests")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """A real broker for the whole run; tests keep apart by topics of their own."""
    with LocalKafka(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture
def topic() -> str:
    """A topic name that nothing else uses; tests that need several add suffixes."""
    return f"test-{uuid.uuid4().hex[:12]}"
