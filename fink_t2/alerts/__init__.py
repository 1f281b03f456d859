"""Reading of alert packets: frames, schemas, and the fields that classification needs."""

from fink_t2.alerts.decode import decode_alert, decode_alerts
from fink_t2.alerts.schema_sources import SchemaSource, schema_source

__all__ = ["SchemaSource", "decode_alert", "decode_alerts", "schema_source"]
