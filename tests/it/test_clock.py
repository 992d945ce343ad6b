"""A box whose wall clock is wrong, set right, set back: the daemon under libfaketime. The machine's own clock stays."""

import datetime
import json
import re
import sqlite3
import time

import pytest

from broker import Broker
from estate import Estate, until
from rights import needs_root
from slave import Slave
from test_main_job import CONFIGURATION, alarms_of, seqs_are_whole
from wallclock import WallClock, to_1970


def seconds(iso):
    assert re.search(r"\+08:00$", iso), iso
    return time.mktime(time.strptime(iso[:19], "%Y-%m-%dT%H:%M:%S")) - 8 * 3600 - time.timezone


def health_of(messages):
    return [json.loads(m.payload) for m in messages if m.topic == "estate/v1/test/health"]


def outbox(estate):
    return next(r for r in estate.json("outbox") if r["lane"] == "alarm")


@pytest.fixture
def slave():
    with Slave({5: [0] * 100}) as s:
        yield s


def configuration(slave, broker):
    return CONFIGURATION.format(port=slave.port, url=broker.url).replace('for = "3s"', 'for = "8s"')


def test_1970_becomes_today_and_no_timer_is_early_or_late(tmp_path, slave):
    clock = WallClock(tmp_path, to_1970())
    with Broker(tmp_path) as broker, broker.client("estate/v1/#") as seen, \
            Estate(tmp_path, configuration(slave, broker), environment=clock.environment) as estate:
        estate.wait_quality("v1.leaking", "good")
        told = estate.json("clock")
        assert told["quality"] == "unset" and told["time"].startswith("1970-01-01T")
        slave.set(5, 10, 950)
        estate.wait_alarm("vessel-full/v1", "unacked")
        seen.wait(lambda m: alarms_of(m))
        early = alarms_of(seen.messages)[0]
        assert early["clock"] == "unset" and early["time"].startswith("1970-01-01T"), "it is not kept back: it is marked"
        slave.set(5, 11, 8)
        began = time.monotonic()
        estate.wait_point("v1.leaking", lambda p: p["value"] is True)

        before = time.time()
        clock.move(0)  # 56 years
        until(lambda: estate.json("clock")["steps"], "the step is noticed")
        told = estate.json("clock")
        assert told["quality"] != "unset" and abs(seconds(told["time"]) - time.time()) < 5
        assert told["step_s"] > 56 * 365 * 86400 - 86400
        estate.wait_log("clock: stepped by +")
        assert estate.log.count("clock: stepped by +") == 1
        assert estate.alarm("vessel-slow/v1") is None, "the delay fired early"
        # The old alarm is as it was, and tells when it was, by the clock of now.
        alarm = estate.alarm("vessel-full/v1")
        assert before - 60 < seconds(alarm["since"]) <= before + 1 and alarm["state"] == "unacked" and alarm["count"] == 1
        estate.wait_alarm("vessel-slow/v1", "unacked")
        assert 7.5 < time.monotonic() - began < 10.5, "the delay was early, late, or began anew"
        seen.wait(lambda m: any(a["rule"] == "vessel-slow" for a in alarms_of(m)))
        assert abs(seconds(alarms_of(seen.messages)[-1]["time"]) - time.time()) < 15
        seen.wait(lambda m: any(h["id"] == "clock" and "stepped by +" in h["text"] for h in health_of(m)))
        assert seqs_are_whole(alarms_of(seen.messages))
    with sqlite3.connect(tmp_path / "state/state.db") as db:
        rows = db.execute("SELECT clock, wall, mono, boot FROM transition ORDER BY id").fetchall()
        assert rows[0][0] == "unset" and rows[0][1] < 10 ** 10
        assert rows[-1][0] == told["quality"] and rows[-1][1] > 10 ** 15
        assert all(len(r[3]) == 32 and r[2] > 0 for r in rows) and rows[0][2] < rows[-1][2]
        steps = db.execute("SELECT clock, step FROM clockmap ORDER BY id").fetchall()
        assert steps[0] == ("unset", 0) and steps[1][1] > 56 * 365 * 86400 * 10 ** 6 - 86400 * 10 ** 6


def test_a_shelf_until_a_moment_ends_by_the_clock_and_a_recording_knows_of_the_step(tmp_path, slave):
    clock = WallClock(tmp_path, 0)
    with Broker(tmp_path) as broker, Estate(tmp_path, configuration(slave, broker), environment=clock.environment) as estate:
        slave.set(5, 10, 950)
        estate.wait_alarm("vessel-full/v1", "unacked")
        moment = time.strftime("%Y-%m-%d %H:%M", time.gmtime(time.time() + 8 * 3600 + 3600))
        estate.ctl("shelve", "vessel-full/v1", "--until", moment, "--reason", "works")
        estate.kill()
        estate.start()
        shelved = estate.wait_alarm("vessel-full/v1", "shelved")
        assert shelved["shelved_until"].replace("T", " ")[:16] == moment
        clock.move(1800)
        until(lambda: estate.json("clock")["steps"], "the step is noticed")
        shelved = estate.wait_alarm("vessel-full/v1", "shelved")
        assert shelved["shelved_until"].replace("T", " ")[:16] == moment
        clock.move(7200)
        estate.wait_alarm("vessel-full/v1", "unacked")
        recorded = [json.loads(line) for line in estate.ctl("record", "--since", "1h", "--until", "2100-01-01").splitlines()]
        steps = [line["clock_step"] for line in recorded if "clock_step" in line]
        assert len(steps) == 2 and abs(steps[0] - 1800) < 10 and abs(steps[1] - 5400) < 10, recorded
        assert [line["command"]["until"][:16].replace("T", " ") for line in recorded if line.get("command", {}).get("verb") == "shelve"] == [moment]
        times = [datetime.datetime.fromisoformat(line["t"]) for line in recorded]
        assert times == sorted(times)


def test_what_was_queued_in_1970_is_forwarded_with_its_right_time(tmp_path, slave):
    clock = WallClock(tmp_path, to_1970())
    with Broker(tmp_path) as broker, broker.client("estate/v1/#") as seen:
        working = configuration(slave, broker)
        waiting = working.replace('"mqtt-uplink"', '"/nonexistent/late-uplink"')
        with Estate(tmp_path, waiting, environment=clock.environment) as estate:
            slave.set(5, 10, 950)
            estate.wait_alarm("vessel-full/v1", "unacked")
            raised = time.time()
            estate.ctl("ack", "vessel-full/v1")
            slave.set(5, 10, 0)
            estate.wait_alarm("vessel-full/v1", "normal")
            clock.move(0)
            until(lambda: estate.json("clock")["steps"], "the step is noticed")
            told = estate.json("clock")
            until(lambda: 0 <= time.time() - seconds(outbox(estate)["oldest"]) < 60, "the outbox tells its age")
            estate.stop()
            estate.conf.write_text(working)
            estate.start()
            seen.wait(lambda m: any(a["rule"] == "vessel-full" and a["state"] == "normal" for a in alarms_of(m)))
        assert seqs_are_whole(alarms_of(seen.messages))
        alarms = [a for a in alarms_of(seen.messages) if a["rule"] == "vessel-full"]
        assert [a["state"] for a in alarms] == ["unacked", "acked", "normal"]
        for a in alarms:
            assert abs(seconds(a["time"]) - raised) < 10 and abs(seconds(a["since"]) - raised) < 5, a
            assert a.get("clock") == ("restored" if told["quality"] == "restored" else None)
            assert abs(seconds(a["reason"]["inputs"][0]["at"]) - raised) < 10
        assert abs(seconds(alarms[1]["acked"]) - raised) < 10
    # Nothing was rewritten.
    with sqlite3.connect(tmp_path / "state/state.db") as db:
        assert {r[0] for r in db.execute("SELECT clock FROM transition WHERE alarm LIKE 'vessel%'")} == {"unset"}


def test_an_alarm_of_1970_tells_its_right_time_after_kill_9_too(tmp_path, slave):
    clock = WallClock(tmp_path, to_1970())
    with Broker(tmp_path) as broker, \
            Estate(tmp_path, configuration(slave, broker), environment=clock.environment) as estate:
        slave.set(5, 10, 950)
        estate.wait_alarm("vessel-full/v1", "unacked")
        raised = time.time()
        clock.move(0)
        until(lambda: estate.json("clock")["steps"], "the step is noticed")
        estate.wait_point("v1.filling", lambda p: p["quality"] == "good")
        with sqlite3.connect(f"file:{tmp_path}/state/state.db?mode=ro", uri=True) as db:
            until(lambda: db.execute("SELECT count(*) FROM clockmap").fetchone()[0] >= 2, "the step is on disk")
        estate.kill()
        estate.start()
        assert abs(seconds(estate.alarm("vessel-full/v1")["since"]) - raised) < 5


def test_a_step_back_of_an_hour_disturbs_nothing(tmp_path, slave):
    clock = WallClock(tmp_path, 0)
    with Broker(tmp_path) as broker, broker.client("estate/v1/#") as seen, \
            Estate(tmp_path, configuration(slave, broker), environment=clock.environment) as estate:
        estate.wait_quality("v1.leaking", "good")
        slave.set(5, 11, 8)
        began = time.monotonic()
        estate.wait_point("v1.leaking", lambda p: p["value"] is True)
        clock.move(-3600)
        until(lambda: estate.json("clock")["steps"], "the step is noticed")
        told = estate.json("clock")
        assert -3601 < told["step_s"] < -3599 and told["quality"] != "unset"
        estate.wait_log("clock: stepped by -60 min")
        estate.wait_alarm("vessel-slow/v1", "unacked")
        assert 7.5 < time.monotonic() - began < 10.5
        estate.ctl("ack", "vessel-slow/v1")
        seen.wait(lambda m: len(alarms_of(m)) >= 2)
        assert [a["state"] for a in alarms_of(seen.messages)] == ["unacked", "acked"]
        assert seqs_are_whole(alarms_of(seen.messages))
        # It goes on being shown as what it is now: fresh.
        assert estate.point("v1.leaking")["quality"] == "good"


def test_a_clock_before_the_newest_stored_time_is_unset_at_start(tmp_path, slave):
    clock = WallClock(tmp_path, 400 * 86400)
    with Broker(tmp_path) as broker, \
            Estate(tmp_path, configuration(slave, broker), environment=clock.environment) as estate:
        assert estate.json("clock")["quality"] != "unset"
        estate.stop()
        clock.move(0)
        estate.start()
        told = estate.json("clock")
        assert told["quality"] == "unset"
        estate.wait_log("clock: unset")
        done = estate.run_ctl("clock")
        assert done.returncode == 0 and "unset: times are not to be trusted" in done.stdout


def test_a_clock_that_stays_unset_is_an_alarm_until_it_is_set(tmp_path):
    clock = WallClock(tmp_path, 400 * 86400)
    nothing = 'estate: { id = "test"; name = "x"; timezone = "Asia/Shanghai"; };\nplaces: ( { id = "b1"; name = "1"; } );\n'
    with Estate(tmp_path, nothing, environment=clock.environment) as estate:
        estate.stop()
        # Before the newest stored time, and all clocks run a hundred times as fast: ten minutes are six seconds.
        clock.move(0, " x100")
        estate.environment = {k: v for k, v in estate.environment.items() if "MONOTONIC" not in k}
        began = time.monotonic()
        estate.start()
        alarm = estate.wait_alarm("supervision/clock", "unacked")
        assert time.monotonic() - began > 5.5, "too early"
        assert alarm["priority"] == 3 and "estatectl clock set" in alarm["text"]["en"] and "时钟" in alarm["text"]["zh"]
        estate.stop()
        clock.move(401 * 86400)
        estate.environment.update(clock.environment)
        estate.start()
        estate.wait_alarm("supervision/clock", "rtn_unacked")


@needs_root
def test_where_neither_the_daemon_nor_root_may_set_the_clock_it_is_said(tmp_path, slave):
    with Broker(tmp_path) as broker, \
            Estate(tmp_path, configuration(slave, broker), wrapper=["setpriv", "--bounding-set", "-sys_time"]) as estate:
        status = open(f"/proc/{estate.process.pid}/status").read()
        assert not int(re.search(r"CapEff:\s*(\w+)", status)[1], 16) & 1 << 25, "it could set this machine's clock"
        # Root sets it itself then. Here it may not either: this machine's clock stays.
        done = estate.run_ctl("clock", "set", "2035-01-01", "03:00", wrapper=["setpriv", "--bounding-set", "-sys_time"])
        assert done.returncode == 1 and "does not let its clock be set to 2035-01-01T03:00:00.000+08:00: Operation not " \
            "permitted" in done.stderr
        for wrong in ("yesterday", "2035-13-01"):
            done = estate.run_ctl("clock", "set", wrong)
            assert done.returncode == 1 and "time: expected a date and time" in done.stderr
        done = estate.run_ctl("clock", "set", "1999-01-01")
        assert done.returncode == 1 and "before this estated was built" in done.stderr
        assert estate.run_ctl("clock", "set").returncode == 2
        assert estate.json("clock")["steps"] == 0
