"""estatectl and the API against a running estated, with a slave of its own."""

import csv
import io
import json
import os
import pwd
import queue
import signal
import socket
import subprocess
import threading

import pytest

from estate import LIMIT, PREFIX, Estate, until
from slave import Slave

CONFIGURATION = """
estate: {{ id = "test"; name = "测试小区"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
buses: ( {{ id = "gw"; type = "tcp"; host = "127.0.0.1"; port = {port}; timeout = "300ms"; }} );
classes: ( {{ id = "vessel"; points: ( {{ name = "filling"; type = "number"; unit = "%"; }},
                                       {{ name = "leaking"; type = "bool"; }} ); }} );
profiles: ( {{ id = "my-vessel"; class = "vessel"; points: (
    {{ name = "filling"; at = "holding:10"; type = "u16"; scale = 0.1; period = "200ms"; }},
    {{ name = "leaking"; at = "holding:11.3"; period = "200ms"; }} ); }} );
devices: ( {{ id = "v1"; name = "水箱一"; place = "b1/cellar"; bus = "gw"; unit = 5; profile = "my-vessel"; }} );
rules: ( {{ id = "vessel-full"; class = "vessel"; when = "filling > 90"; latch = true; priority = 2;
           text: {{ zh = "{{device}} 满了"; en = "{{device}}, \\"full\\""; }}; }} );
"""
POINT = "point,device,place,class,value,unit,quality,test,at".split(",")
ALARM = "alarm,rule,asset,state,priority,stage,since,count,reason,text,place".split(",")


@pytest.fixture
def slave():
    with Slave({5: [0] * 100}) as s:
        yield s


@pytest.fixture
def estate(tmp_path, slave):
    with Estate(tmp_path, CONFIGURATION.format(port=slave.port)) as e:
        e.wait_quality("v1.filling", "good")
        yield e


class Watch:
    """estatectl watch -f json, line by line."""

    def __init__(self, estate, *arguments):
        before = estate.json("status")["api"]["streams"]
        self.process = subprocess.Popen([PREFIX / "bin/estatectl", "--socket", estate.socket, "watch", "-f", "json", *arguments],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines = {"out": queue.Queue(), "err": queue.Queue()}
        self.readers = [threading.Thread(target=self.read, args=(file, self.lines[name]))
                        for name, file in (("out", self.process.stdout), ("err", self.process.stderr))]
        for reader in self.readers:
            reader.start()
        until(lambda: estate.json("status")["api"]["streams"] == before + 1, "the stream is open")

    @staticmethod
    def read(file, lines):
        for line in file:
            lines.put(line)

    def next(self, name, condition):
        seen = []
        while True:
            try:
                seen.append(self.lines[name].get(timeout=LIMIT))
            except queue.Empty:
                raise AssertionError(f"it did not come; so far: {''.join(seen)}") from None
            if condition(seen[-1]):
                return seen[-1]

    def until(self, condition):
        """The first event for which it is true."""
        return json.loads(self.next("out", lambda line: condition(json.loads(line))))

    def complaint(self, text):
        self.next("err", lambda line: text in line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        for reader in self.readers:
            reader.join()
        self.process.stdout.close()
        self.process.stderr.close()


def test_wait_comes_back_when_estated_is_ready(tmp_path, slave):
    estate = Estate(tmp_path, CONFIGURATION.format(port=slave.port))
    waiting = subprocess.Popen([PREFIX / "bin/estatectl", "--socket", estate.socket, "wait", "--for", "20s"],
                               stderr=subprocess.PIPE, text=True)
    assert "does not answer yet" in waiting.stderr.readline()
    with estate:
        assert waiting.wait(20) == 0
        assert estate.json("status")["ready"] is True
    waiting.stderr.close()


def test_each_list_is_an_array_and_a_table_and_csv(estate):
    points = estate.json("points")
    assert [list(p)[:9] for p in points] == [POINT, POINT]
    assert [p["point"] for p in points] == ["v1.filling", "v1.leaking"]
    for name in ("buses", "devices", "points", "alarms", "plugins", "outbox"):
        rows = estate.json(name)
        assert isinstance(rows, list)
        table = list(csv.reader(io.StringIO(estate.ctl("-f", "csv", name))))
        assert len(table) == len(rows) + 1 and all(len(line) == len(table[0]) for line in table)
        assert estate.ctl(name).strip()
    assert next(csv.reader(io.StringIO(estate.ctl("points", "-f", "csv")))) == POINT
    assert estate.json("buses")[0]["bus"] == "gw" and estate.json("buses")[0]["state"] == "up"
    assert estate.json("devices", "v*")[0]["good"] == 2
    assert estate.json("points", "*.leaking")[0]["value"] is False
    assert estate.json("points", "no-such") == []


def test_show_says_where_a_point_comes_from(estate):
    assert "bus gw unit 5 holding:10" in estate.ctl("show", "v1.filling")
    assert estate.json("show", "v1.leaking")["source"] == "bus gw unit 5 holding:11.3"
    wrong = estate.run_ctl("show", "v1.filing")
    assert wrong.returncode == 1 and "did you mean 'v1.filling'?" in wrong.stderr and wrong.stdout == ""


def test_an_alarm_from_raised_to_closed(estate, slave):
    assert estate.run_ctl("status", "--check").returncode == 0
    slave.set(5, 10, 950)
    estate.ctl("wait", "alarm", "vessel-full/v1")
    assert estate.run_ctl("status", "--check").returncode == 4 and estate.run_ctl("status").returncode == 0
    alarm = estate.json("alarms")[0]
    assert list(alarm)[:11] == ALARM and alarm["state"] == "unacked"
    row = next(csv.DictReader(io.StringIO(estate.ctl("alarms", "-f", "csv"))))
    assert row["text"] == '水箱一, "full"' and json.loads(row["reason"])["when"] == "filling > 90"
    early = estate.run_ctl("close", "vessel-full/v1", "--outcome", "real")
    assert early.returncode == 1 and "vessel-full/v1" in early.stderr
    assert "now acked" in estate.ctl("ack", "vessel-full/v1", "--note", "我去看")
    assert estate.alarm("vessel-full/v1")["ack_by"] == pwd.getpwuid(os.geteuid()).pw_name
    again = estate.run_ctl("ack", "vessel-full/v1")
    assert again.returncode == 1 and again.stderr
    slave.set(5, 10, 100)
    estate.ctl("wait", "alarm", "vessel-full/v1", "latched")
    estate.ctl("close", "vessel-full/v1", "--outcome", "test", "--note", "commissioning")
    estate.ctl("wait", "no-alarm", "vessel-full/v1")
    assert estate.json("alarms") == [] and estate.json("alarms", "--all")[0]["state"] == "normal"
    gone = estate.run_ctl("ack", "vessel-full/v1")
    assert gone.returncode == 1 and "vessel-full/v1" in gone.stderr


def test_watch_follows_over_a_power_cut(estate, slave):
    with Watch(estate) as watch:
        slave.set(5, 10, 950)
        alarm = watch.until(lambda e: e["event"] == "alarm")  # at once; points are collected for 50 ms
        assert (alarm["alarm"], alarm["from"], alarm["state"], alarm["input"]) == \
            ("vessel-full/v1", "normal", "unacked", "raised")
        point = watch.until(lambda e: e["event"] == "point" and e["point"] == "v1.filling" and e["value"] == 95)
        assert [k for k in point if k in POINT] == POINT
        estate.kill()
        watch.complaint("has gone away")
        estate.start()
        watch.complaint("is back")
        estate.ctl("ack", "vessel-full/v1")
        again = watch.until(lambda e: e["event"] == "alarm" and e["state"] == "acked")
        assert again["event_id"] > alarm["event_id"] and again["who"]


def test_watch_tells_that_a_bus_is_gone_and_back(estate, slave):
    with Watch(estate) as watch:
        slave.stop()
        down = watch.until(lambda e: e["event"] == "health" and e["what"] == "bus" and e["state"] != "up")
        assert down["id"] == "gw"
        slave.start()
        watch.until(lambda e: e["event"] == "health" and e["what"] == "bus" and e["state"] == "up")


def test_estated_ends_in_time_with_streams_open(estate):
    with Watch(estate), Watch(estate, "v1.*"):
        assert estate.stop() == 0
    done = estate.run_ctl("points")
    assert done.returncode == 3 and "systemctl status estated" in done.stderr and done.stdout == ""
    assert not estate.socket.exists()
    estate.start()  # for the fixture's end


def test_clients_that_misbehave_do_not_stop_the_others(estate):
    held = []
    for _ in range(80):  # more than the API takes; none of them ever asks
        client = socket.socket(socket.AF_UNIX)
        client.connect(str(estate.socket))
        held.append(client)
    full = estate.run_ctl("points")
    assert full.returncode == 1 and "too many connections" in full.stderr
    for client in held:
        client.close()
    until(lambda: estate.run_ctl("points").returncode == 0, "room again")
    assert estate.json("status")["api"]["refused"] >= 16


def test_metrics_are_for_prometheus(estate):
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(estate.socket))
    client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = b"".join(iter(lambda: client.recv(65536), b"")).decode()
    client.close()
    head, body = answer.split("\r\n\r\n", 1)
    assert " 200 " in head and "text/plain; version=0.0.4" in head
    assert 'estated_points{quality="good"} 2' in body and 'estated_bus_up{bus="gw"} 1' in body
    assert float(next(x for x in body.splitlines() if x.startswith("estated_readings_total")).split()[1]) > 0


def test_config_check_needs_no_daemon(tmp_path, slave):
    good, bad = tmp_path / "good.conf", tmp_path / "bad.conf"
    good.write_text(CONFIGURATION.format(port=slave.port))
    bad.write_text(CONFIGURATION.format(port=slave.port).replace("unit = 5", "unit = 300"))

    def check(path):
        return subprocess.run([PREFIX / "bin/estatectl", "config", "check", path], capture_output=True, text=True)
    assert check(good).returncode == 0
    wrong = check(bad)
    assert wrong.returncode == 1 and "bad.conf:" in wrong.stdout + wrong.stderr and "1..247" in wrong.stdout + wrong.stderr


def test_a_killed_daemons_socket_is_replaced(estate):
    estate.process.send_signal(signal.SIGKILL)
    estate.process.wait()
    assert estate.socket.exists() and estate.run_ctl("status").returncode == 3
    estate.start()
    assert estate.run_ctl("status").returncode == 0
