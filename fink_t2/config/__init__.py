"""The configuration of the streaming job: a TOML file, checked before anything starts.

`models` has the settings with their descriptions, `rules` what must hold between several of them,
`loading` reads a file, and `reference` describes all settings as JSON Schema and as Markdown.
"""

from fink_t2.config.loading import load_config, parse_toml, read_toml, settings_of_table
from fink_t2.config.models import (
    AlertsConfig,
    KafkaConfig,
    MetricsConfig,
    ModelConfig,
    ModuleConfig,
    OutputConfig,
    OverloadConfig,
    SourceConfig,
    StreamConfig,
    SubstreamConfig,
    TriggerConfig,
)
from fink_t2.config.secrets import resolve_secret

__all__ = [
    "AlertsConfig",
    "KafkaConfig",
    "MetricsConfig",
    "ModelConfig",
    "ModuleConfig",
    "OutputConfig",
    "OverloadConfig",
    "SourceConfig",
    "StreamConfig",
    "SubstreamConfig",
    "TriggerConfig",
    "load_config",
    "parse_toml",
    "read_toml",
    "resolve_secret",
    "settings_of_table",
]
