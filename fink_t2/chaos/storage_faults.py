"""Faults of storage: not writable, full, tables or checkpoint deleted."""

from __future__ import annotations

import shutil
from pathlib import Path

from fink_t2.chaos.scene import Scene
from fink_t2.chaos.small_disk import fill, mount, unmount


def output_not_writable(scene: Scene) -> None:
    """The output folder cannot be written for a while: the job ends, and continues afterwards.

    A file takes the place of the folder of the job's own files: unlike a read-only mode, this
    stops root as well.
    """
    own, aside = Path(scene.config.output.path, "_stream"), scene.folder / "aside"
    with scene.under_load(), scene.recovery():
        own.rename(aside)
        own.write_text("in the way")
        scene.ends_badly(str(own))
        own.unlink()
        aside.rename(own)
        scene.start()


def output_disk_full(scene: Scene) -> None:
    """The disk of tables and checkpoint is full: the job ends, and continues afterwards."""
    mount(scene.disk)
    scene.at_end(lambda: unmount(scene.disk))
    with scene.under_load(), scene.recovery():
        filler = fill(scene.disk)
        scene.ends_badly("No space left on device")
        filler.unlink()
        scene.start()


def output_deleted(scene: Scene) -> None:
    """The tables are deleted: the job refuses to start; without the checkpoint it starts anew."""
    scene.publish(scene.alerts)
    scene.start()
    scene.finish()
    tables, checkpoint = Path(scene.config.output.path), Path(scene.config.checkpoint)
    shutil.rmtree(tables)
    scene.start()
    scene.ends_badly("no record of it")
    shutil.rmtree(checkpoint)
    shutil.rmtree(tables, ignore_errors=True)
    with scene.recovery():
        scene.start()
    scene.finish()


def checkpoint_deleted(scene: Scene) -> None:
    """The checkpoint is deleted: the job refuses to start, as it would write all alerts again."""
    scene.publish(scene.alerts)
    scene.start()
    scene.finish()
    checkpoint, aside = Path(scene.config.checkpoint), scene.folder / "aside"
    checkpoint.rename(aside)
    scene.start()
    scene.ends_badly("another stream")
    shutil.rmtree(checkpoint, ignore_errors=True)
    aside.rename(checkpoint)
    scene.publish(scene.alerts // 4)
    with scene.recovery():
        scene.start()
    scene.finish()
