"""A local broker that lets nobody in without TLS and a password, certificates made for it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from fink_t2.kafka import LocalKafka

USER, PASSWORD = "fink", "wide-field-2026"
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required "


def jaas(user: str = USER, password: str = PASSWORD) -> str:
    """Return Java's login for a user."""
    return f'{SCRAM}username="{user}" password="{password}";'


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def make_certificates(folder: Path) -> tuple[Path, Path]:
    """Make a certificate authority, and a key and certificate of 127.0.0.1 signed by it.

    Returns
    -------
    authority, broker : Path
        PEM files: the authority's certificate; the broker's key and chain.
    """
    ca_key, ca, key = folder / "ca.key", folder / "ca.pem", folder / "broker.key"
    request, certificate, names = folder / "b.csr", folder / "b.crt", folder / "names"
    names.write_text("subjectAltName=IP:127.0.0.1\n")
    _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test ca",
             "-keyout", str(ca_key), "-out", str(ca))  # fmt: skip
    _openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1",
             "-keyout", str(key), "-out", str(request))  # fmt: skip
    _openssl("x509", "-req", "-in", str(request), "-CA", str(ca), "-CAkey", str(ca_key),
             "-CAcreateserial", "-days", "2", "-extfile", str(names),
             "-out", str(certificate))  # fmt: skip
    broker = folder / "broker.pem"
    broker.write_text(key.read_text() + certificate.read_text() + ca.read_text())
    broker.chmod(0o600)
    return ca, broker


def secure_kafka(folder: Path) -> tuple[LocalKafka, Path]:
    """Return a broker, not yet started, that speaks SASL_SSL only, and its authority's file."""
    folder.mkdir(parents=True)
    authority, broker = make_certificates(folder)
    properties = {
        "listener.security.protocol.map": "CLIENT:SASL_SSL,CONTROLLER:PLAINTEXT",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
        "listener.name.client.scram-sha-512.sasl.jaas.config": jaas(),
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(broker),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(authority),
    }
    client = {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": USER,
        "sasl.password": PASSWORD,
        "ssl.ca.location": str(authority),
    }
    scram = f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]"
    kafka = LocalKafka(
        folder / "kafka",
        properties=properties,
        client_config=client,
        format_arguments=["--add-scram", scram],
    )
    return kafka, authority
