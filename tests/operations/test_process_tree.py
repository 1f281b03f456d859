"""Processor time and memory of real processes."""

import subprocess
import sys

from fink_t2.operations.process_tree import process_tree

BUSY = """
import sys
block = bytearray(80_000_000)
n = 0
import time
while time.process_time() < 0.5:
    n += 1
print("ready", flush=True)
sys.stdin.read()
"""


def test_descendants_are_found_with_their_time_and_memory():
    # The child runs below a shell, two levels from here.
    command = ["sh", "-c", f"'{sys.executable}' -c '{BUSY}'; true"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as shell:
        assert shell.stdout.readline() == b"ready\n"
        found = {process.pid: process for process in process_tree(shell.pid)}
        shell.stdin.close()
    assert found[shell.pid].command.startswith("sh -c")
    (child,) = (process for pid, process in found.items() if pid != shell.pid)
    assert child.cpu_seconds >= 0.4
    assert 80 < child.peak_memory_mb < 1000


def test_a_process_that_is_gone_has_no_tree():
    with subprocess.Popen(["true"]) as gone:
        pass
    assert process_tree(gone.pid) == []
