"""What a test may do on this machine. Skipped is what the machine forbids; what is missing on it, ./run test installs, so that fails."""

import errno
import functools
import os
import subprocess

import pytest

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may do what this does")


@functools.cache
def refusal(*command):
    """Why command is forbidden, or None. Any other failure of it is one of the test."""
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    if done.returncode == 0:
        return None
    said = done.stderr.strip()
    assert os.strerror(errno.EPERM) in said or os.strerror(errno.EACCES) in said, f"{' '.join(command)}: {said}"
    return said


def need(*command):
    """Skips the test where this machine forbids what command does."""
    said = refusal(*command)
    if said:
        pytest.skip(f"this machine does not allow {' '.join(command)}: {said}")


def need_tracing():
    need("strace", "-o", "/dev/null", "true")
