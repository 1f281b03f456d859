"""One configuration for two Kafka clients: Java's option names, translated for librdkafka.

The stream's source and sink are Java; what the commands read and write goes through librdkafka.
"""

from __future__ import annotations

import re
from typing import Final

from fink_t2.config import KafkaConfig, resolve_secret
from fink_t2.errors import ConfigError

#: Options that mean the same under the same name.
SAME: Final = ("security.protocol", "sasl.mechanism", "client.id")
LOGIN: Final = re.compile(r'\b(username|password)\s*=\s*"((?:[^"\\]|\\.)*)"')


def client_settings(kafka: KafkaConfig, side: dict[str, str] | None = None) -> dict[str, str]:
    """Return librdkafka's settings to reach the Kafka that a configuration names.

    Parameters
    ----------
    kafka : KafkaConfig
        With Java's options, as the stream uses them.
    side : dict of str to str, optional
        Its ``consumer`` or ``producer`` options.

    Raises
    ------
    ConfigError
        If a secret is not there, or TLS is by Java key stores, which librdkafka can't read.
    """
    options = {**kafka.options, **(side or {})}
    found = {name: resolve_secret(value) for name, value in options.items()}
    settings = {"bootstrap.servers": kafka.bootstrap_servers}
    settings |= {name: found[name] for name in SAME if name in found}
    if "sasl.jaas.config" in found:
        login = {key: value.replace('\\"', '"') for key, value in
                 LOGIN.findall(found["sasl.jaas.config"])}  # fmt: skip
        settings |= {f"sasl.{key}": value for key, value in login.items()}
    for java, ours in (("truststore", "ssl.ca.location"), ("keystore", "ssl.keystore.location")):
        path = found.get(f"ssl.{java}.location")
        if path is None:
            continue
        kind = found.get(f"ssl.{java}.type", "JKS").upper()
        if kind == "PEM" and java == "keystore":
            settings |= {"ssl.certificate.location": path, "ssl.key.location": path}
        elif kind == "PEM" or (kind == "PKCS12" and java == "keystore"):
            settings[ours] = path
        else:
            raise ConfigError(
                f"'kafka.options': ssl.{java}.type {kind} can be read by Java only; with "
                f'ssl.{java}.type = "PEM" the fink-t2 commands reach this Kafka too'
            )
        if kind == "PKCS12" and "ssl.keystore.password" in found:
            settings["ssl.keystore.password"] = found["ssl.keystore.password"]
    if "ssl.key.password" in found:
        settings["ssl.key.password"] = found["ssl.key.password"]
    if found.get("ssl.endpoint.identification.algorithm", "https") == "":
        settings["ssl.endpoint.identification.algorithm"] = "none"
    return settings
