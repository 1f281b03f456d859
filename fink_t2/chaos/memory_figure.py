"""The figure of a soak: the memory of the processes and the messages that wait, over time."""

from __future__ import annotations

from pathlib import Path

#: Columns of the soak's table, and their labels in the figure.
MEMORY = {"jvm_mb": "JVM", "driver_mb": "driver", "workers_mb": "workers"}


def draw(samples: list[dict[str, float]], path: Path) -> None:
    """Write the figure of a soak.

    Parameters
    ----------
    samples : list of dict
        See `fink_t2.chaos.soak.SoakResult`.
    path : Path
        File to write; its ending determines the format.
    """
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, (memory, waiting) = plt.subplots(2, 1, sharex=True, figsize=(8, 6))
    minutes = [sample["seconds"] / 60 for sample in samples]
    for name, label in MEMORY.items():
        memory.plot(minutes, [sample[name] for sample in samples], label=label)
    memory.set_ylabel("resident memory (MB)")
    memory.set_ylim(bottom=0)
    memory.legend()
    waiting.plot(minutes, [sample["published"] - sample["committed"] for sample in samples])
    waiting.set_ylabel("messages that wait")
    waiting.set_ylim(bottom=0)
    waiting.set_xlabel("time (minutes)")
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    plt.close(figure)
