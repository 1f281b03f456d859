"""Secrets of the configuration, which are read when the job starts so that no file shows them."""

from __future__ import annotations

import os
import re
from pathlib import Path

from fink_t2.errors import ConfigError

FROM_ENVIRONMENT = "env:"
FROM_FILE = "file:"
#: Options of the Kafka client whose values are secrets.
SECRET_OPTION = re.compile(r"password|jaas|secret|token|ssl\.keystore\.key$", re.IGNORECASE)


def is_exposed_secret(name: str, value: str) -> bool:
    """Return whether an option holds a secret that is written out in the configuration."""
    return bool(SECRET_OPTION.search(name)) and not value.startswith((FROM_ENVIRONMENT, FROM_FILE))


def resolve_secret(value: str) -> str:
    """Return the value of an option, read from where it refers to.

    Parameters
    ----------
    value : str
        ``env:NAME``, ``file:PATH``, or the value itself.

    Raises
    ------
    ConfigError
        If the variable is not set, or the file can't be read or is readable by other users.
    """
    if value.startswith(FROM_ENVIRONMENT):
        name = value.removeprefix(FROM_ENVIRONMENT)
        if name not in os.environ:
            raise ConfigError(f"the environment variable {name} is not set")
        return os.environ[name]
    if value.startswith(FROM_FILE):
        path = Path(value.removeprefix(FROM_FILE))
        try:
            if path.stat().st_mode & 0o077:
                raise ConfigError(
                    f"{path}: holds a secret, but others may read it; run: chmod 600 {path}"
                )
            return path.read_text().strip()
        except OSError as error:
            raise ConfigError(f"{path}: can't be read ({error.strerror})") from None
    return value
