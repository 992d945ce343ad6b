"""The API's socket handed over as a service manager does; tests/system has the real one."""

import stat
import sys

from estate import Estate

CONFIGURATION = 'estate: { id = "test"; name = "x"; timezone = "Asia/Shanghai"; };\nplaces: ( { id = "b1"; name = "1"; } );\n'

# What systemd does between fork and exec.
MANAGER = r"""
import os, socket, sys
kind, path, *command = sys.argv[1:]
os.makedirs(os.path.dirname(path), exist_ok=True)
s = socket.socket(socket.AF_UNIX, getattr(socket, kind))
s.bind(path)
os.chmod(path, 0o600)
if kind == "SOCK_STREAM":
    s.listen(64)
if s.fileno() != 3:
    os.dup2(s.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(command[0], command)
"""


def manager(kind, path):
    return [sys.executable, "-c", MANAGER, kind, str(path)]


def test_a_socket_that_is_handed_over_is_used_and_left_there(tmp_path):
    path = tmp_path / "run/api.sock"
    with Estate(tmp_path, CONFIGURATION, wrapper=manager("SOCK_STREAM", path)) as estate:
        inode = path.stat().st_ino
        assert estate.json("status")["ready"] in (True, False)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, "it is the manager's, and stays as it was made"
        estate.stop()
    assert path.stat().st_ino == inode


def test_what_is_no_listening_socket_is_told_and_one_is_made(tmp_path):
    with Estate(tmp_path, CONFIGURATION, wrapper=manager("SOCK_DGRAM", tmp_path / "other/api.sock")) as estate:
        assert estate.json("status")["points"]["total"] == 0
        estate.wait_log("api: what systemd handed over is no unix socket that listens")
        estate.stop()
    assert not (tmp_path / "run/api.sock").exists()


def test_a_socket_that_is_only_claimed_does_no_harm(tmp_path):
    claim = ["sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" 3>&-', "-"]
    with Estate(tmp_path, CONFIGURATION, wrapper=claim) as estate:
        assert estate.json("status")["points"]["total"] == 0
        assert estate.stop() == 0
