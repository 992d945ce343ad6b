"""Reloads amid trouble: plugins that restart, buses that connect, a store that fails, a clock that steps, other reloads."""

import contextlib
import json
import os
import socket
import threading
import time

import pytest

from broker import Broker
from estate import Estate, until
from puppet import Puppet
from rights import need
from slave import Slave
from test_reload import reload, request
from test_turnover import BUS, configuration
from wallclock import WallClock, to_1970


@pytest.fixture
def src():
    with Puppet() as p:
        yield p


def test_while_a_plugin_waits_for_its_restart(tmp_path, src):
    with Estate(tmp_path, configuration(src)) as estate:
        life = src.life().ready("source")
        life.end()
        until(lambda: estate.json("plugins")[0]["state"] == "waiting", "its end is known")
        assert reload(estate, configuration(src).replace("x > 90", "x > 80"))[0] == 200
        life = src.life().ready("source")  # the row is as it was: the restart goes on
        life.end()
        until(lambda: estate.json("plugins")[0]["state"] == "waiting", "its end is known")
        assert reload(estate, configuration(src, n=7))[0] == 200
        life = src.life().ready("source")
        assert life.hello["options"]["n"] == 7
        life.sample("p1", id="1", x=95)
        life.wait("stored", id="1")
        estate.wait_alarm("high/p1", "unacked")


def test_while_buses_are_connecting(tmp_path, src):
    """A peer that does not even refuse: connects hang."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        port = deaf.getsockname()[1]
        plugs = [socket.socket() for _ in range(4)]  # they fill its backlog
        for p in plugs:
            p.setblocking(False)
            p.connect_ex(("127.0.0.1", port))

        def buses(kind):
            return ", ".join(BUS.format(i=i, timeout="20s").replace("port = 9;", f"port = {port};").replace("\"tcp\"", f"\"{kind}\"") for i in range(20))
        with Estate(tmp_path, configuration(src, buses("tcp"))) as estate:
            life = src.life().ready("source")
            for n, kind in enumerate(("tcp", "rtu-over-tcp", "tcp")):  # another kind: each is started anew
                began = time.monotonic()
                rule = configuration(src, buses(kind)).replace("x > 90", f"x > {80 - n}")
                assert reload(estate, rule)[0] == 200
                assert time.monotonic() - began < 5
                life.sample("p1", id=f"{n}", x=1)
                life.wait("stored", id=f"{n}")
            assert len(estate.json("buses")) == 20
            assert estate.stop(limit=30) == 0
        for p in plugs:
            p.close()


def test_while_the_store_fails(tmp_path, src):
    """The disk is full: reloads work, alarms go on, a trial without a way back is refused, and all is kept once there is room."""
    need("unshare", "-m", "true")
    state = tmp_path / "state"
    state.mkdir()
    wrapper = ["unshare", "-m", "sh", "-c", f'mount -t tmpfs -o size=1m none "{state}" && exec "$@"', "sh"]
    with Estate(tmp_path, configuration(src), wrapper=wrapper) as estate:
        life = src.life().ready("source")
        life.sample("p1", id="1", x=1)
        life.wait("stored", id="1")
        filler = f"/proc/{estate.process.pid}/root{state}/filler"
        with open(filler, "wb", buffering=0) as f:
            try:
                while True:
                    f.write(b"x" * 4096)
            except OSError:
                pass
        sent = 1

        def is_full():  # what fits into what the files have already is still taken
            nonlocal sent
            for _ in range(2):
                sent += 1
                life.sample("p1", id=str(sent), x=95 if sent % 2 else 10)
            return not estate.json("status")["store"]["ok"]
        until(is_full, "the disk is full")
        estate.wait_alarm("high/p1", "unacked")
        status, answer = reload(estate, configuration(src, n=2), confirm_within="10m")
        assert status == 503 and "stays as it was" in answer["error"]["text"], answer
        assert reload(estate, configuration(src).replace("x > 90", "x > 80"))[0] == 200
        assert estate.alarm("high/p1")["state"] == "unacked"
        os.unlink(filler)
        life.wait("stored", id=str(sent))
        until(lambda: estate.json("status")["store"]["ok"], "there is room again", limit=60)
        until(lambda: reload(estate, configuration(src, n=2), confirm_within="10m")[0] == 200, "a trial is possible again",
              limit=60)


def test_while_the_wall_clock_steps(tmp_path):
    """By decades, within the time to confirm: it neither returns at once nor never."""
    clock = WallClock(tmp_path, to_1970())
    with Puppet() as src, Estate(tmp_path, configuration(src), environment=clock.environment) as estate:
        life = src.life().ready("source")
        assert reload(estate, configuration(src).replace("x > 90", "x > 10"), confirm_within="10s")[0] == 200
        clock.move(0)
        until(lambda: estate.json("clock")["steps"], "the step is noticed")
        life.sample("p1", id="1", x=50)
        life.wait("stored", id="1")
        estate.wait_alarm("high/p1", "unacked")
        assert estate.json("status")["config"]["state"] == "trial"
        estate.wait_alarm("high/p1", "rtn_unacked", limit=20)  # the old rule is in force again
        assert estate.json("status")["config"]["state"] == "held"


def test_while_another_reload_is_under_way(tmp_path, src):
    """All at once: each is done or told to come again; none is lost, none is done twice at a time."""
    with Estate(tmp_path, configuration(src)) as estate:
        src.life().ready("source")
        answers = []

        def ask():
            answers.append(request(estate, "POST", "/v1/config/reload", {}))
        threads = [threading.Thread(target=ask) for _ in range(24)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert {status for status, _ in answers} <= {200, 409} and 200 in {status for status, _ in answers}
        for status, answer in answers:
            if status == 409:
                assert answer["error"]["text"] == "a reload is under way: try again in a moment"
        until(lambda: request(estate, "POST", "/v1/config/reload", {})[0] == 200, "the next one")


def test_while_the_files_are_written(tmp_path, src):
    """In place, again and again: what is taken over is one of the two texts, never a part of one or of both."""
    def text(word):
        devices = "".join(f'{{ id = "{word}-{i}"; place = "b1/x"; class = "probe"; }},' for i in range(400))
        return configuration(src, first=devices)
    texts = [text("one"), text("two")]
    with Estate(tmp_path, texts[0]) as estate:
        src.life().ready("source")
        stop = threading.Event()

        def write():
            i = 0
            while not stop.is_set():
                i += 1
                if i % 2:
                    estate.conf.write_text(texts[i // 2 % 2])
                else:
                    new = estate.conf.with_suffix(".new")
                    new.write_text(texts[i // 2 % 2])
                    os.replace(new, estate.conf)
        thread = threading.Thread(target=write)
        thread.start()
        taken = 0
        try:
            for _ in range(60):
                status, answer = request(estate, "POST", "/v1/config/reload", {})
                assert status in (200, 422), answer
                taken += status == 200
                names = {d["device"].rsplit("-", 1)[0] for d in estate.json("devices")} - {"p1"}
                assert names in ({"one"}, {"two"}) and len(estate.json("devices")) == 401
        finally:
            stop.set()
            thread.join()
        assert taken > 0
        status, answer = request(estate, "POST", "/v1/config/reload", {})
        assert status == 200, answer


def test_more_uplinks_than_sixteen_one_after_the_other_are_all_served(tmp_path, src):
    """Names that are gone make room for names that come."""
    with Estate(tmp_path, configuration(src)) as estate:
        life = src.life().ready("source")
        for n in range(20):
            with Puppet() as up:
                text = configuration(src, plugins=f', {{ id = "up-{n}"; program = "{up.program}"; }}')
                assert reload(estate, text)[0] == 200
                uplink = up.life().ready("uplink")
                until(lambda n=n: any(r["uplink"] == f"up-{n}" for r in estate.json("outbox")), "it is known as an uplink")
                life.sample("p1", id=f"{n}-a", x=95)
                life.wait("stored", id=f"{n}-a")
                life.sample("p1", id=f"{n}-b", x=1)
                life.wait("stored", id=f"{n}-b")
                batch = uplink.wait("deliver", lane="alarm")
                assert batch["messages"][0]["alarm"] == "high/p1"
                estate.ctl("ack", "high/p1")
                assert reload(estate, configuration(src))[0] == 200


def test_more_uplinks_than_sixteen_at_once_are_all_served(tmp_path, src):
    with contextlib.ExitStack() as stack:
        ups = [stack.enter_context(Puppet()) for _ in range(18)]
        more = "".join(f', {{ id = "up-{n}"; program = "{up.program}"; }}' for n, up in enumerate(ups))
        with Estate(tmp_path, configuration(src, plugins=more)) as estate:
            life = src.life().ready("source")
            uplinks = [up.life().ready("uplink") for up in ups]
            names = {f"up-{n}" for n in range(18)}
            until(lambda: {r["uplink"] for r in estate.json("outbox")} == names, "all are known as uplinks")
            life.sample("p1", id="a", x=95)
            life.wait("stored", id="a")
            for uplink in uplinks:
                assert uplink.wait("deliver", lane="alarm")["messages"][0]["alarm"] == "high/p1"
            assert reload(estate, configuration(src, n=2, plugins=more))[0] == 200
            assert {r["uplink"] for r in estate.json("outbox")} == names


def test_a_message_longer_than_a_line_is_set_aside_and_the_lane_goes_on(tmp_path, src):
    """A gap record stands for it, in its lane; what comes after it is delivered."""
    with Puppet() as up:
        plugins = f', {{ id = "up"; program = "{up.program}"; }}'
        long = ('rules: ( { id = "long"; class = "probe"; when = "x > 50"; text: { zh = "' + "长" * 30000 + '"; en = "long"; }; },')
        text = configuration(src, plugins=plugins).replace("rules: (", long)
        with Estate(tmp_path, text) as estate:
            life = src.life().ready("source")
            uplink = up.life().ready("uplink")
            life.sample("p1", id="1", x=60)
            life.wait("stored", id="1")
            life.sample("p1", id="2", x=95)
            life.wait("stored", id="2")
            seen = {}
            deadline = time.monotonic() + 20
            while not {"gap", "high/p1"} <= set(seen) and time.monotonic() < deadline:
                batch = uplink.wait("deliver", lane="alarm")
                uplink.send(type="delivered", batch=batch["batch"])
                for m in batch["messages"]:
                    seen[m.get("alarm", m["kind"])] = m
            assert seen["gap"]["from"] == seen["gap"]["to"] == 1 and seen["gap"]["lane"] == "alarm", seen.keys()
            assert seen["high/p1"]["state"] == "unacked" and "long/p1" not in seen
            assert estate.alarm("long/p1")["state"] == "unacked"
            estate.wait_log("more than a line to a plugin may have")
            until(lambda: all(r["pending"] == 0 for r in estate.json("outbox") if r["lane"] == "alarm"), "the outbox is empty")


def test_a_button_that_is_held_and_acknowledged_is_not_pressed_again_by_a_reload(tmp_path):
    with Slave({5: [0] * 100}) as slave, Broker(tmp_path) as broker:
        text = f'''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
buses: ( {{ id = "gw"; type = "tcp"; host = "127.0.0.1"; port = {slave.port}; }} );
plugins: ( {{ id = "up"; program = "mqtt-uplink"; options: {{ url = "{broker.url}"; ack = "broker"; }}; }} );
profiles: ( {{ id = "button"; class = "sos"; points: ( {{ name = "pressed"; at = "holding:10.0"; event = true; period = "100ms"; }} ); }} );
devices: ( {{ id = "b"; place = "b1/u1/101"; bus = "gw"; unit = 5; profile = "button"; }} );
'''
        with broker.client("estate/v1/#") as seen, Estate(tmp_path, text) as estate:
            estate.wait_quality("b.pressed", "good")
            slave.set(5, 10, 1)
            estate.wait_alarm("sos/b", "unacked")
            estate.ctl("ack", "sos/b")
            acked = estate.alarm("sos/b")
            for n in range(4):
                more = text.replace("devices: (", f'devices: ( {{ id = "a{n}"; place = "b1/u1/102"; class = "tank"; }},')
                assert reload(estate, more)[0] == 200
                until(lambda n=n: estate.point(f"a{n}.level"), "the new one is in force")
                polls = estate.json("buses")[0]["requests"]
                until(lambda polls=polls: estate.json("buses")[0]["requests"] > polls + 3, "it was read again")
            assert estate.alarm("sos/b") == acked and acked["state"] != "unacked" and acked["count"] == 1
            until(lambda: all(r["pending"] == 0 for r in estate.json("outbox") if r["lane"] == "alarm"), "the outbox is empty")
            assert [m["state"] for m in map(json.loads, (m.payload for m in seen.messages if m.topic.endswith("/alarm")))
                    if m["alarm"] == "sos/b"] == ["unacked", acked["state"]]
