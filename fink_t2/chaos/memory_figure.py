"""Draw a soak: memory of every process, and the messages that wait, over time."""

from __future__ import annotations

from pathlib import Path

#: Columns of the soak's table, and how the figure calls them.
MEMORY = {"jvm_mb": "JVM", "driver_mb": "driver", "workers_mb": "workers"}


def draw(rows: list[dict[str, float]], path: Path) -> None:
    """Write the figure of a soak.

    Parameters
    ----------
    rows : list of dict
        See `fink_t2.chaos.soak`.
    path : Path
        Where to; its ending says in which format.
    """
    import matplotlib as mpl  # an extra: the stream does not need it

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, (memory, waiting) = plt.subplots(2, 1, sharex=True, figsize=(8, 6))
    minutes = [row["seconds"] / 60 for row in rows]
    for name, label in MEMORY.items():
        memory.plot(minutes, [row[name] for row in rows], label=label)
    memory.set_ylabel("resident memory (MB)")
    memory.set_ylim(bottom=0)
    memory.legend()
    waiting.plot(minutes, [row["published"] - row["committed"] for row in rows])
    waiting.set_ylabel("messages that wait")
    waiting.set_ylim(bottom=0)
    waiting.set_xlabel("time (minutes)")
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    plt.close(figure)
