"""estated-web's streams: one from the daemon for all of a kind, what a client missed, the end of a session, slow clients, and a
daemon that is started anew. The daemon is played."""
import json
import socket

import pytest

from estate import until
from gate import TOKEN, FakeDaemon, Gate, Stream
from pace import LIMIT

OTHER, THIRD = "b2" * 32, "c3" * 32


def session(role="operator", *scope):
    return {"user": "desk", "role": role, "scope": list(scope or ("b3",)), "wall": False}


@pytest.fixture
def daemon(tmp_path):
    with FakeDaemon(tmp_path / "api.sock") as played:
        played.sessions.update({TOKEN: session(), OTHER: session(), THIRD: session("viewer")})
        yield played


@pytest.fixture
def gate(tmp_path, daemon):
    with Gate(tmp_path, daemon.path) as running:
        yield running


def begun(gate, **words):
    stream = Stream(gate, **words)
    stream.wait("retry: 2000")
    return stream


def test_many_pages_of_one_kind_cost_the_daemon_one_stream(gate, daemon):
    streams = [begun(gate, token=t) for t in (TOKEN, OTHER) * 10]
    others = [begun(gate, token=THIRD), begun(gate, query="?match=lift-*"), begun(gate, query="?page=1")]
    assert sorted(path for path, _ in daemon.streams) == ["/v1/stream"] * 2 + ["/v1/stream?match=lift-*", "/v1/stream?page=1"]
    number = daemon.say('{"point":"tank-1.level"}')
    for stream in streams + others:
        stream.wait(f"id: {number}\nevent: point\ndata: {{\"point\":\"tank-1.level\"}}\n\n")
        assert stream.ids() == [number]
        stream.close()
    # The daemon sees that nobody listens any more when it says something.
    until(lambda: daemon.say() and not daemon.streams, "the daemon's streams end")


def test_a_client_that_was_away_gets_what_it_missed_once(gate, daemon):
    with begun(gate):
        said = [daemon.say(f'{{"n":{i}}}') for i in range(5)]
        with begun(gate, last_id=said[1]) as back:
            back.wait(f"id: {said[4]}\n")
            assert back.ids() == said[2:]
            assert len(daemon.streams) == 1
            number = daemon.say('{"n":9}')
            back.wait(f"id: {number}\n")
            assert back.ids() == [*said[2:], number]


def test_who_was_away_too_long_is_told_of_the_gap(gate, daemon):
    with begun(gate) as first:
        number = daemon.say()
        first.wait(f"id: {number}\n")
        with begun(gate, last_id=17) as back:
            back.wait(f'id: {number}\nevent: gap\ndata: {{"from":17,"to":{number}}}\n\n')


def test_the_first_one_takes_its_last_id_to_the_daemon(gate, daemon):
    said = [daemon.say(f'{{"n":{i}}}') for i in range(5)]
    with begun(gate, last_id=said[2]) as back:
        back.wait(f"id: {said[4]}\n")
        assert back.ids() == said[3:]
    assert daemon.asked("/v1/stream")[0][2]["Last-Event-ID"] == str(said[2])


def test_the_ring_is_bounded_and_what_fell_out_is_a_gap(gate, daemon):
    with begun(gate) as first:
        said = [daemon.say("x" * 500) for _ in range(2500)]
        first.wait(f"id: {said[-1]}\n")
        assert first.ids() == said
        with begun(gate, last_id=said[0]) as back:
            back.wait("event: gap\n")
        with begun(gate, last_id=said[-10]) as back:
            back.wait(f"id: {said[-1]}\n")
            assert back.ids() == said[-9:]


def test_a_daemon_that_starts_anew_is_told_to_pages_and_they_lose_nothing(gate, daemon):
    with begun(gate) as stream, begun(gate, token=OTHER) as second:
        first = daemon.say('{"n":1}')
        stream.wait(f"id: {first}\n")
        daemon.stop()
        for s in (stream, second):
            s.wait('event: daemon\ndata: {"state":"lost","at":"')
        assert gate.ask("GET", "/v1/status", token=TOKEN)[0] == 503
        missed = daemon.say('{"n":2}')
        daemon.start()
        for s in (stream, second):
            s.wait('event: daemon\ndata: {"state":"back","at":"')
            s.wait(f"id: {missed}\n")
            assert s.ids() == [first, missed] and not s.ended
        assert daemon.asked("/v1/stream")[-1][2]["Last-Event-ID"] == str(first)


def test_a_socket_that_is_kept_while_nobody_answers_is_a_daemon_that_is_lost(gate, daemon):
    """As systemd keeps it while the daemon is started anew."""
    with begun(gate) as stream:
        first = daemon.say()
        stream.wait(f"id: {first}\n")
        daemon.stop()
        with socket.socket(socket.AF_UNIX) as kept:
            kept.bind(str(daemon.path))
            kept.listen()
            stream.wait('event: daemon\ndata: {"state":"lost"')
        daemon.start()
        stream.wait('event: daemon\ndata: {"state":"back"')
        second = daemon.say()
        stream.wait(f"id: {second}\n")
        assert stream.ids() == [first, second]


def test_one_connection_that_is_cut_is_mended_before_anybody_hears_of_it(gate, daemon):
    with begun(gate) as stream:
        first = daemon.say()
        stream.wait(f"id: {first}\n")
        with daemon.lock:
            cut, daemon.streams = daemon.streams, []
        for _, events in cut:
            events.put(None)
        until(lambda: daemon.streams, "the gate asks again")
        second = daemon.say()
        stream.wait(f"id: {second}\n")
        assert stream.ids() == [first, second] and b"event: daemon" not in stream.text


def test_a_session_that_ends_ends_its_streams_and_no_others(gate, daemon):
    daemon.answers["/v1/logout"] = (200, {}, {})
    with begun(gate) as leaving, begun(gate, token=OTHER) as staying:
        del daemon.sessions[TOKEN]
        gate.ask("POST", "/v1/logout", "{}", token=TOKEN)
        leaving.wait('event: session\ndata: {"state":"ended"}\n\n')
        number = until(lambda: daemon.streams, "it goes on by the other session") and daemon.say()
        staying.wait(f"id: {number}\n")
        assert number not in leaving.ids() and b"event: daemon" not in staying.text
        assert daemon.asked("/v1/stream")[-1][2]["X-Estate-Session"] == OTHER


def test_a_session_that_the_daemon_no_longer_knows_ends_its_streams(gate, daemon):
    with begun(gate) as stream:
        del daemon.sessions[TOKEN]
        assert gate.ask("GET", "/v1/status", token=TOKEN)[0] == 401
        stream.wait('event: session\ndata: {"state":"ended"}\n\n')


def test_a_session_that_has_ended_elsewhere_leaves_a_shared_stream_at_once(gate, daemon):
    """The daemon says that one has ended, and not whose: each is asked for, without using it, and once however often it is said."""
    with begun(gate) as leaving, begun(gate, token=OTHER) as staying:
        assert len(daemon.streams) == 1
        del daemon.sessions[TOKEN]
        asked = len(daemon.asked("/v1/session"))
        for _ in range(20):
            daemon.remark("sessions")
        leaving.wait('event: session\ndata: {"state":"ended"}\n\n', limit=LIMIT / 2)
        number = until(lambda: daemon.streams, "it goes on") and daemon.say()
        staying.wait(f"id: {number}\n")
        assert b": sessions" not in staying.text + leaving.text
        rows = daemon.asked("/v1/session")[asked:]
        assert 2 <= len(rows) <= 6 and all(r[2]["X-Estate-Idle"] == "1" for r in rows)


def test_who_may_not_gets_the_daemons_own_words(gate, daemon):
    with Stream(gate, token="d4" * 32) as stream:
        stream.wait("this session is over")
        assert stream.status == 401
    daemon.answers["/v1/stream"] = (400, {"error": {"status": 400, "field": "match"}}, {})
    with Stream(gate, query="?watch=1") as stream:
        stream.wait('"field"')
        assert stream.status == 400
    del daemon.answers["/v1/stream"]
    with begun(gate, query="?watch=1"):
        pass


def test_a_daemon_that_knows_no_sessions_gives_each_his_own(gate, daemon):
    daemon.answers["/v1/session"] = (404, {"error": {"status": 404}}, {})
    with begun(gate), begun(gate), begun(gate, token=OTHER):
        assert len(daemon.streams) == 2


def test_a_client_that_does_not_read_is_dropped_and_the_others_hear_everything(gate, daemon):
    with begun(gate) as reader, gate.connect() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(f"GET /v1/stream HTTP/1.1\r\nHost: x\r\nCookie: estate={TOKEN}\r\n\r\n".encode())
        assert b"200" in slow.recv(256)

        def dropped():
            # Bytes that it never asked for: its socket holds some, the gate 256 KiB.
            for _ in range(20):
                last = daemon.say("y" * 50000)
            reader.wait(f"id: {last}\n")
            return gate_connections(gate) < 2
        until(dropped, "the slow one is dropped")
        assert not reader.ended and len(reader.ids()) == len(daemon.said)


def gate_connections(gate):
    """Of clients that are connected to it, as the kernel knows them."""
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return sum(row[1].endswith(f":{gate.port:04X}") and row[3] == "01" for row in rows)


def test_fifty_pages_and_a_thousand_alarms(gate, daemon):
    streams = [begun(gate, token=(TOKEN, OTHER)[i % 2]) for i in range(50)]
    said = [daemon.say(json.dumps({"alarm": f"sos/sos-{i}"}), "alarm") for i in range(1000)]
    for stream in streams:
        stream.wait(f"id: {said[-1]}\n")
        assert stream.ids() == said
        stream.close()
    assert len(daemon.asked("/v1/stream")) == 1
