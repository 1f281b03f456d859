"""Sources of the schemas of alerts in Confluent's wire format: a folder, a registry, a package.

The ids of Rubin's schemas are 100 x major + minor version: 703 is version 7.3.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from abc import ABC, abstractmethod
from pathlib import Path

from fastavro.repository.base import SchemaRepositoryError
from fastavro.schema import SchemaParseException, UnknownType, load_schema

from fink_t2.alerts.limits import DEFAULT_LIMITS
from fink_t2.errors import AlertError, ConfigError

PACKAGE = "lsst.alert.packet"
PACKAGE_PREFIX = "package:"
#: Subject of Rubin's alerts in a registry.
SUBJECT = "alert-packet"
TIMEOUT_SECONDS = 10.0
ATTEMPTS = 4
#: A registry's schema ids are Java's int. Larger ones in messages must not end the job.
LARGEST_ID = (1 << 31) - 1
#: HTTP codes of registries for an id that they do not have or that is not valid.
NO_SUCH_SCHEMA = (400, 404, 410, 422)
#: Waiting time before the second attempt, which doubles with each further one.
RETRY_SECONDS = 1.0


class SchemaSource(ABC):
    """A source of schemas by their id in Confluent's wire format; each is fetched once."""

    def __init__(self) -> None:
        self._texts: dict[int, str] = {}

    def schema_text(self, schema_id: int) -> str:
        """Return the JSON text of a schema.

        Parameters
        ----------
        schema_id : int
            Id of the schema.

        Raises
        ------
        AlertError
            If the source has no such schema.
        ConfigError
            If the source can't be read.
        """
        if schema_id not in self._texts:
            self._texts[schema_id] = self._find(schema_id)
        return self._texts[schema_id]

    @abstractmethod
    def newest(self) -> int:
        """Return the largest schema id that the source has."""

    @abstractmethod
    def _find(self, schema_id: int) -> str: ...


class SchemaFolder(SchemaSource):
    """Schemas in a folder of either of two forms.

    Either it has files ``<major>/<minor>/lsst.v<major>_<minor>.alert.avsc`` next to those of the
    nested records, as in Rubin's alert_packet repository, or files ``<schema id>.avsc`` (or
    ``.json``), each with a complete schema.

    Parameters
    ----------
    folder : Path
        The folder.

    Raises
    ------
    ConfigError
        If the folder contains no schemas.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self._files: dict[int, Path] = {}
        for path in folder.glob("*/*/*.alert.avsc"):
            major, minor = path.parent.parent.name, path.parent.name
            if major.isdigit() and minor.isdigit():
                self._files[100 * int(major) + int(minor)] = path
        for path in folder.glob("*.*"):
            if path.suffix in (".avsc", ".json") and path.stem.isdigit():
                self._files[int(path.stem)] = path
        if not self._files:
            raise ConfigError(
                f"{folder}: contains no schemas, neither MAJOR/MINOR/*.alert.avsc nor ID.avsc"
            )

    def newest(self) -> int:
        return max(self._files)

    def _find(self, schema_id: int) -> str:
        path = self._files.get(schema_id)
        if path is None:
            raise AlertError(f"schema {schema_id} is not in {self.folder}")
        try:
            return json.dumps(_without_marks(load_schema(str(path), _write_hint=False)))
        except (OSError, ValueError, KeyError) as error:
            raise ConfigError(f"{path}: not a readable schema ({error})") from None
        except (SchemaParseException, UnknownType, SchemaRepositoryError) as error:
            raise ConfigError(f"{path}: not a readable schema ({error})") from None


class SchemaRegistry(SchemaSource):
    """A Confluent schema registry.

    Parameters
    ----------
    url : str
        Address ``https://[user:password@]host[/path]`` of the registry.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        parts = urllib.parse.urlsplit(url)
        self._headers = {"Accept": "application/vnd.schemaregistry.v1+json, application/json"}
        if parts.username is not None:
            pair = f"{urllib.parse.unquote(parts.username)}:" + urllib.parse.unquote(
                parts.password or ""
            )
            self._headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        host = parts.netloc.rpartition("@")[2]
        self.url = urllib.parse.urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))

    def newest(self) -> int:
        answer = self._get(f"subjects/{SUBJECT}/versions/latest")
        if answer is None or type(answer.get("id")) is not int:
            raise ConfigError(f"{self.url}: the schema registry has no subject {SUBJECT!r}")
        return int(str(answer["id"]))

    def _find(self, schema_id: int) -> str:
        if schema_id > LARGEST_ID:
            raise AlertError(
                f"schema {schema_id} can be in no registry: the largest id is {LARGEST_ID}"
            )
        answer = self._get(f"schemas/ids/{schema_id}")
        if answer is None:
            raise AlertError(f"schema {schema_id} is not in {self.url}")
        text = answer.get("schema")
        if not isinstance(text, str):
            raise ConfigError(f"{self.url}: the answer for schema {schema_id} contains no schema")
        return text

    def _get(self, path: str) -> dict[str, object] | None:
        """Return the answer of the registry, or None if it does not have what was asked for."""
        request = urllib.request.Request(f"{self.url}/{path}", headers=self._headers)  # noqa: S310
        problem = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(RETRY_SECONDS * 2.0 ** (attempt - 1))
            try:
                with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as reply:  # noqa: S310
                    body = reply.read(DEFAULT_LIMITS.schema_bytes + 1)
                answer = json.loads(body)
                if not isinstance(answer, dict):
                    raise ValueError("not a JSON object")
                return answer
            except urllib.error.HTTPError as error:
                if error.code in NO_SUCH_SCHEMA:
                    return None
                problem = f"HTTP {error.code}"
                if error.code < 500:
                    break
            except (OSError, ValueError, RecursionError) as error:
                problem = str(error)
        raise ConfigError(f"{self.url}/{path}: the schema registry does not answer ({problem})")


def schema_source(setting: str) -> SchemaSource | None:
    """Open a source of schemas.

    Parameters
    ----------
    setting : str
        URL of a registry, a folder, "package:lsst-alert-packet" for the schemas of that installed
        package, or "" for none, which suffices for Avro containers.

    Raises
    ------
    ConfigError
        If the source does not exist.
    """
    if not setting:
        return None
    if re.match(r"https?://", setting):
        return SchemaRegistry(setting)
    if setting.startswith(PACKAGE_PREFIX):
        return SchemaFolder(_package_folder())
    folder = Path(setting)
    if not folder.is_dir():
        raise ConfigError(
            f"{setting}: no such folder of schemas (give a folder, http(s)://..., or "
            f"{PACKAGE_PREFIX}lsst-alert-packet)"
        )
    return SchemaFolder(folder)


def _package_folder() -> Path:
    """Return the folder of the schemas of lsst-alert-packet, without running its code."""
    try:
        specification = importlib.util.find_spec(PACKAGE)
    except ModuleNotFoundError:
        specification = None
    if specification is None or specification.origin is None:
        raise ConfigError(
            "the package lsst-alert-packet is not installed: run pip install 'fink_t2[lsst]', or "
            "give a folder or a registry of schemas"
        )
    return Path(specification.origin).parent / "schema"


def _without_marks(schema: object) -> object:
    """Return a schema without the keys that fastavro has added."""
    if isinstance(schema, dict):
        return {k: _without_marks(v) for k, v in schema.items() if not str(k).startswith("__")}
    if isinstance(schema, list):
        return [_without_marks(part) for part in schema]
    return schema
