"""Reload by difference: what did not change goes on, what is wrong changes nothing."""

import json
import subprocess
import threading

import pytest

from broker import Broker
from estate import PREFIX, Estate, until
from slave import Slave
from test_main_job import alarms_of, configuration


def request(estate, method, path, body=None):
    """One request on the socket; (status, JSON)."""
    command = ["curl", "-s", "--unix-socket", str(estate.socket), "-X", method, "-w", "\n%{http_code}",
               f"http://estate{path}"]
    if body is not None:
        command += ["-d", json.dumps(body)]
    out = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    text, status = out.rsplit("\n", 1)
    return int(status), json.loads(text)


def reload(estate, text, **body):
    estate.conf.write_text(text)
    return request(estate, "POST", "/v1/config/reload", body)


def connects(estate, bus="gw"):
    """How often the bus was connected; from the metrics, or from its row."""
    return next(b for b in estate.json("buses") if b["bus"] == bus)["connects"]


@pytest.fixture
def slave():
    with Slave({5: [0] * 100, 6: [0] * 100}) as s:
        yield s


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as b:
        yield b


def test_an_unchanged_bus_keeps_its_connection_and_an_open_alarm_stays(tmp_path, slave, broker):
    text = configuration(slave, broker)
    with Estate(tmp_path, text) as estate:
        slave.set(5, 10, 950)
        before = estate.wait_alarm("vessel-full/v1", "unacked")
        estate.ctl("ack", "vessel-full/v1")
        connected = connects(estate)
        plugin = estate.json("plugins")[0]["pid"]
        more = text.replace('devices: ( {', 'devices: ( { id = "v0"; name = "新"; place = "b1/cellar"; bus = "gw"; unit = 6; '
                            'profile = "my-vessel"; }, {')
        status, answer = reload(estate, more)
        assert status == 200, answer
        assert answer["changes"] == [{"change": "added", "group": "devices", "id": "v0"}]
        estate.wait_point("v0.filling", lambda p: p["quality"] == "good")
        after = estate.alarm("vessel-full/v1")
        assert after["state"] == "acked" and after["since"] == before["since"] and after["count"] == before["count"]
        assert connects(estate) == connected
        assert estate.json("plugins")[0]["pid"] == plugin
        slave.set(6, 10, 970)
        estate.wait_alarm("vessel-full/v0", "unacked")
        slave.set(5, 10, 0)
        until(lambda: estate.alarm("vessel-full/v1")["state"] == "normal", "the old alarm returns")


def test_what_diff_calls_at_once_keeps_the_connection_and_what_it_calls_anew_does_not(tmp_path, slave, broker):
    """Every key of a bus that `config keys` calls live, all of them together; then one that is not."""
    text = configuration(slave, broker)
    values = {"name": '"n"', "timeout": '"800ms"', "pause_after_connect": '"10ms"', "min_interval": '"5ms"',
              "turnaround": '"4ms"', "idle_close": '"1h"'}
    with Estate(tmp_path, text) as estate:
        live = {k["key"].split(".")[-1] for k in json.loads(estate.ctl("-f", "json", "config", "keys", "buses"))
                if k["reload"] == "live"}
        assert live == set(values)
        estate.wait_quality("v1.filling", "good")
        connected = connects(estate)
        head, tail = text.split('timeout = "300ms"; ' if 'timeout = "300ms"; ' in text else 'timeout = "300ms";')
        changed = head + " ".join(f"{k} = {v};" for k, v in values.items()) + " " + tail
        status, answer = reload(estate, changed)
        assert status == 200, answer
        assert {k["key"]: k["reload"] for k in answer["keys"]} == dict.fromkeys(values, "live")
        slave.set(5, 10, 420)
        estate.wait_point("v1.filling", lambda p: p["value"] == 42)
        assert connects(estate) == connected
        status, answer = reload(estate, changed.replace(f"port = {slave.port};", f'port = {slave.port}; standby = "127.0.0.2";'))
        assert status == 200 and "restarts" in {k["reload"] for k in answer["keys"]}, answer
        until(lambda: connects(estate) == 1 and estate.point("v1.filling")["quality"] == "good", "it is connected anew")


def test_an_error_keeps_the_old_configuration(tmp_path, slave, broker):
    text = configuration(slave, broker)
    with Estate(tmp_path, text) as estate:
        estate.wait_quality("v1.filling", "good")
        status, answer = reload(estate, text.replace("unit = 5", "unit = 500"))
        assert status == 422
        assert any("unit = 500: expected 1..247" in p for p in answer["problems"])
        slave.set(5, 10, 950)
        estate.wait_alarm("vessel-full/v1", "unacked")


def test_a_refused_reload_names_as_many_errors_as_check(tmp_path, slave, broker):
    """Also what is only found when the requests are reckoned: a line that is booked too full."""
    text = configuration(slave, broker)
    with Estate(tmp_path, text) as estate:
        full = ('buses: ( { id = "slow"; type = "rtu"; port = "/dev/serial/by-id/none"; baud = 1200; }, {',
                'devices: ( { id = "s"; place = "b1/x"; bus = "slow"; unit = 1; profile = "fast"; }, {',
                'profiles: ( { id = "fast"; class = "tank"; period = "50ms"; points: ( { name = "level"; at = "holding:0"; } ); }, {')
        wrong = text.replace("unit = 5", "unit = 500")
        for part in full:
            head, rest = part.split("( {", 1)
            assert wrong.count(head + "( {") == 1
            wrong = wrong.replace(head + "( {", part)
        status, answer = reload(estate, wrong)
        checked = subprocess.run([PREFIX / "sbin/estated", "--check", "-c", estate.conf], capture_output=True, text=True, check=False)
        *problems, _ = checked.stderr.splitlines()
        assert status == 422 and checked.returncode == 1
        assert answer["problems"] == problems
        assert any("unit = 500" in p for p in problems) and any("of the line's time" in p for p in problems), problems


def test_a_changed_rule_is_judged_by_the_values_that_are_there(tmp_path, slave, broker):
    text = configuration(slave, broker)
    with broker.client("estate/v1/#") as seen, Estate(tmp_path, text) as estate:
        slave.set(5, 10, 800)
        estate.wait_point("v1.filling", lambda p: p["value"] == 80)
        status, answer = reload(estate, text.replace("filling > 90", "filling > 70"))
        assert status == 200 and answer["changes"] == [{"change": "changed", "group": "rules", "id": "vessel-full"}]
        seen.wait(lambda m: [a["state"] for a in alarms_of(m)] == ["unacked"])
        reload(estate, text)
        seen.wait(lambda m: [a["state"] for a in alarms_of(m)] == ["unacked", "rtn_unacked"])


def test_a_changed_bus_is_connected_anew_and_a_removed_device_is_gone(tmp_path, slave, broker):
    text = configuration(slave, broker)
    with Slave({5: [0] * 10 + [333] + [0] * 89}) as other, Estate(tmp_path, text) as estate:
        estate.wait_quality("v1.filling", "good")
        status, _ = reload(estate, text.replace(f"port = {slave.port}", f"port = {other.port}"))
        assert status == 200
        estate.wait_point("v1.filling", lambda p: p["quality"] == "good" and p["value"] == 33.3)
        head, tail = text.split("devices: (")
        without = head + "devices: (" + ' { id = "v9"; place = "b1/x"; class = "tank"; } );\n' + tail[tail.index("rules:"):]
        assert reload(estate, without)[0] == 200
        assert estate.point("v1.filling") is None
        assert estate.point("v9.level") is not None


def test_unless_confirmed_the_old_configuration_returns(tmp_path, slave, broker):
    text = configuration(slave, broker)
    with Estate(tmp_path, text) as estate:
        slave.set(5, 10, 800)
        estate.wait_point("v1.filling", lambda p: p["value"] == 80)
        assert reload(estate, text.replace("filling > 90", "filling > 70"), confirm_within="10s")[0] == 200
        estate.wait_alarm("vessel-full/v1", "unacked")
        estate.wait_alarm("vessel-full/v1", "rtn_unacked", limit=15)  # the old rule is in force again
        estate.wait_log("not confirmed in time")
        assert reload(estate, text.replace("filling > 90", "filling > 70"), confirm_within="10s")[0] == 200
        assert request(estate, "POST", "/v1/config/confirm")[0] == 200
        assert request(estate, "POST", "/v1/config/confirm")[0] == 409
        assert request(estate, "GET", "/v1/config/diff")[1]["changes"] == []


def test_diff_says_what_a_reload_would_change_and_changes_nothing(tmp_path, slave, broker):
    text = configuration(slave, broker)
    with Estate(tmp_path, text) as estate:
        estate.conf.write_text(text.replace("hysteresis = 2", "hysteresis = 3").replace('timeout = "300ms"', 'timeout = "400ms"'))
        status, answer = request(estate, "GET", "/v1/config/diff")
        assert status == 200
        assert answer["changes"] == [{"change": "changed", "group": "buses", "id": "gw"},
                                     {"change": "changed", "group": "rules", "id": "vessel-full"}]
        assert request(estate, "GET", "/v1/config/diff")[1]["changes"] == answer["changes"]


def test_reloads_under_load_lose_no_alarm(tmp_path, slave, broker):
    """Values change all the time, the configuration too: every alarm that was raised is in the broker, seq whole."""
    text = configuration(slave, broker)
    texts = [text, text.replace("hysteresis = 2", "hysteresis = 1"), text.replace("my-vessel", "our-vessel"),
             text.replace('timeout = "300ms"', 'timeout = "310ms"'),
             text.replace(f"port = {slave.port};", f'port = {slave.port}; standby = "127.0.0.2";')]
    with broker.client("estate/v1/#") as seen, Estate(tmp_path, text) as estate:
        stop = threading.Event()

        def change():
            level = 0
            while not stop.wait(0.15):
                level = 950 - level
                slave.set(5, 10, level)
        thread = threading.Thread(target=change)
        thread.start()
        try:
            seen.wait(lambda m: len(alarms_of(m)) >= 4)  # the values are moving
            for i in range(24):
                status, answer = reload(estate, texts[i % len(texts)])
                assert status == 200, answer
                moved = len(alarms_of(seen.messages))
                if i % 6 == 5:
                    seen.wait(lambda m, moved=moved: len(alarms_of(m)) > moved)
        finally:
            stop.set()
            thread.join()
        slave.set(5, 10, 0)
        until(lambda: all(r["pending"] == 0 for r in estate.json("outbox")), "the outbox is empty")
        alarms = {a["seq"]: a["state"] for a in alarms_of(seen.messages)}
        assert sorted(alarms) == list(range(1, max(alarms) + 1)), "a message was lost, or its number was skipped"
        assert list(alarms.values()).count("unacked") >= 2, "too few alarms to prove anything"


def test_estatectl_shows_takes_over_and_refuses(tmp_path, slave, broker):
    text = configuration(slave, broker)
    with Estate(tmp_path, text) as estate:
        estate.conf.write_text(text.replace("hysteresis = 2", "hysteresis = 3"))
        assert estate.json("config", "diff") == [{"change": "changed", "group": "rules", "id": "vessel-full"}]
        assert "vessel-full" in estate.ctl("config", "reload")
        assert estate.json("config", "diff") == []
        estate.conf.write_text(text.replace("unit = 5", "unit = 500"))
        done = estate.run_ctl("config", "reload")
        assert done.returncode == 1 and "estated.conf:" in done.stderr and "expected 1..247" in done.stderr
        assert estate.run_ctl("config", "confirm").returncode == 1
