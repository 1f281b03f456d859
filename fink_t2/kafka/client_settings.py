"""One configuration for two Kafka clients: Java's options, translated for librdkafka.

The source and the sink of the stream use Java's client, the commands use librdkafka.
"""

from __future__ import annotations

import re
from typing import Final

from fink_t2.config import KafkaConfig, resolve_secret
from fink_t2.errors import ConfigError

#: Options that have the same name and meaning in both.
SAME: Final = ("security.protocol", "sasl.mechanism", "client.id")
LOGIN: Final = re.compile(r'\b(username|password)\s*=\s*"((?:[^"\\]|\\.)*)"')


def client_settings(kafka: KafkaConfig, side: dict[str, str] | None = None) -> dict[str, str]:
    """Return the librdkafka settings to reach the Kafka of a configuration.

    Parameters
    ----------
    kafka : KafkaConfig
        Section of the configuration, with Java's options, as the stream uses them.
    side : dict of str to str, optional
        Its ``consumer`` or ``producer`` options.

    Raises
    ------
    ConfigError
        If a secret is missing, or TLS uses Java key stores, which librdkafka cannot read.
    """
    configured = {**kafka.options, **(side or {})}
    options = {name: resolve_secret(value) for name, value in configured.items()}
    settings = {"bootstrap.servers": kafka.bootstrap_servers}
    settings |= {name: options[name] for name in SAME if name in options}
    if "sasl.jaas.config" in options:
        login = {key: value.replace('\\"', '"') for key, value in
                 LOGIN.findall(options["sasl.jaas.config"])}  # fmt: skip
        settings |= {f"sasl.{key}": value for key, value in login.items()}
    # Java's name of a store, and librdkafka's name of its location.
    stores = (("truststore", "ssl.ca.location"), ("keystore", "ssl.keystore.location"))
    for store, location in stores:
        path = options.get(f"ssl.{store}.location")
        if path is None:
            continue
        store_type = options.get(f"ssl.{store}.type", "JKS").upper()
        if store_type == "PEM" and store == "keystore":
            settings |= {"ssl.certificate.location": path, "ssl.key.location": path}
        elif store_type == "PEM" or (store_type == "PKCS12" and store == "keystore"):
            settings[location] = path
        else:
            raise ConfigError(
                f"'kafka.options': ssl.{store}.type {store_type} can be read by Java only; with "
                f'ssl.{store}.type = "PEM" the fink-t2 commands reach this Kafka too'
            )
        if store_type == "PKCS12" and "ssl.keystore.password" in options:
            settings["ssl.keystore.password"] = options["ssl.keystore.password"]
    if "ssl.key.password" in options:
        settings["ssl.key.password"] = options["ssl.key.password"]
    if options.get("ssl.endpoint.identification.algorithm", "https") == "":
        settings["ssl.endpoint.identification.algorithm"] = "none"
    return settings
