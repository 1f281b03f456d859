"""What gives way when more alerts come than can be classified: what the operator has chosen.

By default nothing does: alerts wait in Kafka, and a batch takes no more of them than
``source.alerts_per_batch``. Those that have waited for longer than the configuration says lose,
in this order, their cutouts, and their turn: they are set aside whole, among the dead letters,
from where ``fink-t2 deadletter replay`` sends them again in a quieter hour.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from fink_t2.config import OverloadConfig
from fink_t2.stream.dead_letters import as_dead_letters

#: How the reason of a message that was set aside begins.
SET_ASIDE = "set aside"


#: What is counted of alerts that lost their cutouts.
WITHOUT_CUTOUTS = "without cutouts"


class Overload:
    """Who has waited for too long, in one micro-batch.

    Parameters
    ----------
    config : OverloadConfig
        What is too long.
    now : float
        When the batch began, seconds since 1970; the same for all that is asked about it.
    cutouts : sequence of str
        Top-level fields of an alert that hold cutouts.
    """

    def __init__(self, config: OverloadConfig, now: float, cutouts: Sequence[str]) -> None:
        self._cutouts = cutouts
        self._config = config
        self._now = now
        self._late: Observation | None = None

    def in_turn(self, messages: DataFrame) -> DataFrame:
        """Leave out the messages that are set aside; `late` knows how many."""
        if not self._config.set_aside_after:
            return messages
        self._late = Observation()
        is_late = self._has_waited(self._config.set_aside_after)
        return messages.observe(self._late, F.count_if(is_late).alias("late")).where(~is_late)

    def late(self) -> int:
        """Return how many messages `in_turn` has left out, once its result is written."""
        return 0 if self._late is None else int(self._late.get["late"])

    def set_aside(self, messages: DataFrame) -> DataFrame:
        """Return the messages that `in_turn` leaves out, with the columns of dead letters."""
        reason = f"{SET_ASIDE}: has waited for more than {self._config.set_aside_after:g} s"
        late = messages.where(self._has_waited(self._config.set_aside_after))
        return as_dead_letters(late, F.lit(reason))

    def drop_cutouts(self, decoded: DataFrame) -> DataFrame:
        """Empty the cutouts, in the column ``alert``, of those that have waited too long."""
        if not self._config.drop_cutouts_after:
            return decoded
        kind = decoded.schema["alert"].dataType
        assert isinstance(kind, StructType)
        is_late = self._has_waited(self._config.drop_cutouts_after)
        alert = F.col("alert")
        for name in self._cutouts:
            if name not in kind.names:
                continue
            alert = alert.withField(name, F.when(~is_late, F.col(f"alert.{name}")))
        return decoded.withColumn("alert", alert)

    def counted(self) -> list[Column]:
        """Return what is to be counted while a batch is written."""
        if not self._config.drop_cutouts_after:
            return []
        is_late = self._has_waited(self._config.drop_cutouts_after)
        lost = F.count_if(F.col("alert").isNotNull() & is_late)
        return [lost.alias(WITHOUT_CUTOUTS)]

    def _has_waited(self, seconds: float) -> Column:
        latest = round(1000 * (self._now - seconds))
        return F.coalesce(F.unix_millis(F.col("timestamp")) < latest, F.lit(False))
