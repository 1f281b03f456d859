"""What a Python worker of Spark does once."""

import importlib
import subprocess
import sys
import zipimport

from fink_t2.science.worker import settle_worker

PROGRAM = """
import importlib, sys, zipfile

from fink_t2.science.worker import settle_worker

archive = sys.argv[1]
with zipfile.ZipFile(archive, "w") as file:
    file.writestr("inside_of_it.py", "")
sys.path.insert(0, archive)
assert importlib.util.find_spec("inside_of_it")
if sys.argv[2] == "settled":
    settle_worker()
with zipfile.ZipFile(archive, "w") as file:
    file.writestr("something_else.py", "")
importlib.invalidate_caches()
print(importlib.util.find_spec("inside_of_it") is not None)
"""


def is_still_known(tmp_path, how):
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "archive.zip"), how]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_settled_worker_does_not_read_archives_again(tmp_path):
    assert is_still_known(tmp_path, "settled") == "True"


def test_python_by_itself_reads_them_at_every_task(tmp_path):
    # Once this fails, Python does better by itself, and `settle_worker` can go.
    assert is_still_known(tmp_path, "unsettled") == "False"


def test_invalidating_the_caches_of_archives_does_nothing_afterwards(monkeypatch, tmp_path):
    monkeypatch.setattr(
        zipimport.zipimporter, "invalidate_caches", zipimport.zipimporter.invalidate_caches
    )
    settle_worker.cache_clear()
    before = zipimport.zipimporter.invalidate_caches
    settle_worker()
    assert zipimport.zipimporter.invalidate_caches is not before
    assert zipimport.zipimporter.invalidate_caches(None) is None
    importlib.invalidate_caches()
