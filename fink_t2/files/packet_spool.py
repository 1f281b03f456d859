"""Packets put aside, to be read in another order and more than once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Final

from fink_t2.files.archive import ArchivedAlert

#: Up to this size packets stay in memory, beyond it they go to a file in ``$TMPDIR``.
MEMORY_BYTES: Final = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SpooledPacket:
    """Where the spool has a packet, and what is known of its alert."""

    offset: int
    size: int
    object_id: str
    jd: float | None


class PacketSpool:
    """A context manager that holds packets until it is left."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115
        self.packets: list[SpooledPacket] = []

    def add(self, alert: ArchivedAlert) -> None:
        """Put a packet aside, behind those that are there."""
        self.packets.append(
            SpooledPacket(self._file.tell(), len(alert.packet), alert.object_id, alert.jd)
        )
        self._file.write(alert.packet)

    def sort_by_time(self) -> None:
        """Order the packets by their alerts' times; equal ones keep their order."""
        self.packets.sort(key=lambda packet: packet.jd or 0.0)

    def read(self) -> Iterator[tuple[SpooledPacket, bytes]]:
        """Iterate over the packets with their bytes."""
        for packet in self.packets:
            self._file.seek(packet.offset)
            yield packet, self._file.read(packet.size)

    def __enter__(self) -> PacketSpool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
