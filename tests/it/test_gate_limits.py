"""estated-web against clients that cost much: headers that drip, sockets that say nothing, too many of one address, no descriptor
left; who asks properly is served. The daemon is played."""
import resource
import select
import socket
import time

import pytest

from certificates import Authority
from estate import until
from gate import TOKEN, FakeDaemon, Gate, Stream, crowd
from pace import LIMIT, SLOW


@pytest.fixture
def daemon(tmp_path):
    with FakeDaemon(tmp_path / "api.sock") as played:
        played.sessions[TOKEN] = {"user": "desk", "role": "operator", "scope": ["b3"], "wall": False}
        yield played


def is_closed(connection):
    try:
        return bool(select.select([connection], [], [], 0)[0]) and connection.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True


def close_all(connections):
    for connection in connections:
        connection.close()


def test_a_header_that_drips_has_ten_seconds_in_all(tmp_path, daemon):
    """As has a handshake of TLS that does not begin."""
    authority = Authority(tmp_path / "ca")
    pair = authority.sign("box", "IP:127.0.0.1")
    with Gate(tmp_path, daemon.path) as gate, gate.connect() as dripping, gate.connect() as body, \
            Gate(tmp_path, daemon.path, tls=pair, name="tls") as secure, \
            socket.create_connection(("127.0.0.1", secure.port), timeout=LIMIT) as mute:
        began = time.monotonic()
        dripping.sendall(b"GET / HTTP/1.1\r\n")
        body.sendall(b"POST /v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        while not is_closed(dripping):
            assert time.monotonic() - began < 10 + LIMIT
            try:
                dripping.sendall(b"X")
            except OSError:
                break
            time.sleep(0.1)  # the dripping itself
        assert time.monotonic() - began >= 9.5
        assert not is_closed(body)  # a request that is under way has thirty
        until(lambda: is_closed(mute), "who does not shake hands goes")
        assert secure.ask("GET", "/", authority=authority.certificate)[0] == 200


def test_of_one_address_a_few_are_taken_and_the_rest_is_told(tmp_path, daemon):
    with Gate(tmp_path, daemon.path, "--per-loopback", "3") as gate:
        taken = crowd(gate, 3)
        status, headers, body = gate.ask("GET", "/")
        assert status == 503 and headers["Retry-After"] == "5" and b"too many connections" in body
        close_all(taken)
        until(lambda: gate.ask("GET", "/")[0] == 200, "there is room again")


def test_who_says_nothing_gives_way_to_who_asks(tmp_path, daemon):
    with Gate(tmp_path, daemon.path, "--connections", "10", "--per-loopback", "4000") as gate:
        silent = crowd(gate, 10)
        dripping = crowd(gate, 10, b"GET / HTTP/1.1\r\nX: ")
        until(lambda: gate.ask("GET", "/")[0] == 200, "somebody who asks is served")
        close_all(silent + dripping)


def test_streams_and_answers_that_are_under_way_do_not_give_way(tmp_path, daemon):
    with Gate(tmp_path, daemon.path, "--connections", "4", "--per-loopback", "4000") as gate:
        streams = [Stream(gate) for _ in range(3)]
        for stream in streams:
            stream.wait("retry: 2000")
        for _ in range(30):
            close_all(crowd(gate, 4, b"GET / HTTP/1.1\r\n"))
        number = daemon.say()
        for stream in streams:
            stream.wait(f"id: {number}\n")
            assert not stream.ended
            stream.close()


def test_without_descriptors_it_waits_and_says_so_once(tmp_path, daemon):
    """Its limit is lowered under it, as a descriptor leak would do."""
    with Gate(tmp_path, daemon.path, "--per-loopback", "4000") as gate:
        before = cpu_of(gate)
        resource.prlimit(gate.process.pid, resource.RLIMIT_NOFILE, (20, 4096))
        waiting = crowd(gate, 40)
        until(lambda: "cannot accept" in gate.log, "it says so")
        watched = time.monotonic()
        until(lambda: time.monotonic() - watched > 2, "two seconds of it")
        assert cpu_of(gate) - before < 1.0 * SLOW  # it does not turn for nothing
        assert gate.log.count("cannot accept") == 1
        close_all(waiting)
        resource.prlimit(gate.process.pid, resource.RLIMIT_NOFILE, (4096, 4096))
        until(lambda: answers(gate), "it accepts again")


def answers(gate):
    try:
        return gate.ask("GET", "/")[0] == 200
    except OSError:
        return False


def cpu_of(gate):
    with open(f"/proc/{gate.process.pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def test_a_low_limit_of_descriptors_means_fewer_clients_and_not_a_busy_loop(tmp_path, daemon):
    with Gate(tmp_path, daemon.path, "--connections", "200", "--per-loopback", "4000",
              wrapper=["prlimit", "--nofile=250", "--"]) as gate:
        assert "154 connections instead of 200" in gate.log
        close_all(crowd(gate, 300))
        until(lambda: answers(gate), "it answers")
