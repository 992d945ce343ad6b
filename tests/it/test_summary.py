"""What an hour or a day came to: computed from what is stored, equal to a second computation; each summary leaves once, and again
with the next revision where a late sample has made it another."""

import csv
import io
import json
import select
import socket
import sqlite3
import subprocess
import time

import pytest

import summaries
from estate import PREFIX, Estate, until
from puppet import Puppet, Uplink
from wallclock import WallClock

CONFIGURATION = '''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }}, {{ id = "b2"; name = "2栋"; }} );
plugins: ( {{ id = "src"; program = "{source}"; }}, {{ id = "cloud"; program = "{uplink}"; }} );
devices: ( {{ id = "lift-1"; place = "b1/u1"; plugin = "src"; address = "1"; class = "lift"; }},
           {{ id = "lift-2"; place = "b2"; plugin = "src"; address = "2"; class = "lift"; }},
           {{ id = "tank-1"; place = "b1/pump-room"; plugin = "src"; address = "3"; class = "tank"; }} );
rules: ( {{ id = "brim"; class = "tank"; when = "level > 98"; priority = 2; latch = true; }} );
'''
DEVICES = {"lift-1": ("b1", "lift"), "lift-2": ("b2", "lift"), "tank-1": ("b1", "tank")}
EAST = 8 * 3600


def hour_of(epoch):
    return int(epoch) // 3600 * 3600


def named(epoch):
    """The day and the hour of a moment, as a person asks for them."""
    return time.strftime("%Y-%m-%d", time.gmtime(epoch + EAST)), time.gmtime(epoch + EAST).tm_hour


def send(life, device, at=None, **fields):
    """On the disk when it returns; at: epoch seconds."""
    send.count += 1
    life.sample(device, id=str(send.count), at=at, **fields)
    life.wait("stored", id=str(send.count))


send.count = 0


def drive(life, begin):
    """Some of an hour of two lifts, as they would have said it; begin: epoch seconds. What does not change is kept once, and is
    known for sixteen minutes."""
    for minute in range(0, 60, 10):
        send(life, "lift-1", begin + 60 * minute, in_service=True, power=True, fault=minute == 20, inspection=minute == 40, trapped=False,
             trips=1000 + 3 * minute, door_cycles=max(0, 500 + 7 * minute - 640 * (minute >= 30)))
        send(life, "lift-2", begin + 60 * minute, in_service=minute != 10, moving=minute in (10, 30, 40), door_open=minute in (20, 50))
        if minute == 20:
            send(life, "lift-1", begin + 60 * 24 + 0.125, fault=False, trapped=True)
            send(life, "lift-1", begin + 60 * 27.5, trapped=False)


def rescue(estate, life):
    """Somebody is trapped, and helped; the tank runs over; another one is only acknowledged."""
    send(life, "lift-1", trapped=True)
    estate.wait_alarm("lift-trapped/lift-1", "unacked")
    estate.ctl("ack", "lift-trapped/lift-1", "--note", "on the way")
    estate.ctl("arrive", "lift-trapped/lift-1")
    estate.ctl("arrive", "lift-trapped/lift-1")  # the second one is no arrival
    send(life, "tank-1", level=99)
    estate.wait_alarm("brim/tank-1", "unacked")
    estate.ctl("ack", "brim/tank-1", "--note", "seen")
    send(life, "tank-1", level=50)
    estate.wait_alarm("brim/tank-1", "latched")
    estate.ctl("close", "brim/tank-1", "--outcome", "real")
    send(life, "tank-1", level=99.5)
    estate.wait_alarm("brim/tank-1", "unacked")


def by_thing(rows):
    found = {(r["scope"], r["of"]): r["figures"] for r in rows}
    assert len(found) == len(rows)
    return found


def is_equal(rows, estate, recording):
    """Each figure, to the last digit. estate has ended."""
    span = {(r["from"], r["to"]) for r in rows}
    assert len(span) == 1
    expected, told = summaries.compute(estate.state / "state.db", recording, DEVICES, span.pop()), by_thing(rows)
    assert set(told) == set(expected)
    for thing, figures in told.items():
        assert figures == expected[thing], (thing, {k: (v, expected[thing].get(k)) for k, v in figures.items() if v != expected[thing].get(k)})


def recorded(estate, begin):
    """From three days before that moment to a day behind it; epoch seconds. (estatectl has the machine's own clock.)"""
    def iso(epoch):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch))
    return estate.ctl("record", "--since", iso(begin - 3 * 86400), "--until", iso(begin + 90000))


def configuration(source, uplink):
    return CONFIGURATION.format(source=source.program, uplink=uplink.program)


def test_an_hour_and_a_day_are_what_a_second_computation_finds(tmp_path):
    now = hour_of(time.time()) + 1800  # no hour ends amid it
    with Puppet() as source, Uplink() as uplink, Box(tmp_path, source, uplink, now).estate as estate:
        life = source.life().ready("source")
        last = hour_of(now) - 3600
        drive(life, last)
        rescue(estate, life)
        shown = {}
        for day, hour in [named(last), named(last + 3600), (named(last)[0], None)]:
            shown[day, hour] = estate.json("summary", "--day", day, *(["--hour", str(hour)] if hour is not None else []))
        recording = recorded(estate, last)
        estate.stop()
        # What is not over yet: nothing happened between the question and the end, but the end itself.
        for rows in shown.values():
            is_equal(rows, estate, recording)
        lift = by_thing(shown[named(last)])["lift", "lift-1"]
        assert (lift["trips"], lift["door_cycles"], lift["known_s"], lift["available_s"], lift["inspection_s"]) == \
            (150, 280, 60 * 16 + 60 * 20 + 0.125, 60 * 16 + 60 * 12.5, 600.0)
        lift = by_thing(shown[named(last)])["lift", "lift-2"]
        assert (lift["trips"], lift["door_cycles"], lift["availability"]) == (2, 2, 0.7222)
        assert all(r["revision"] is None for rows in shown.values() for r in rows)


def test_what_is_shown_of_it(tmp_path):
    now = (hour_of(time.time()) + EAST) // 86400 * 86400 - EAST + 12 * 3600 + 1800  # half past noon in the estate
    with Puppet() as source, Uplink() as uplink, Box(tmp_path, source, uplink, now).estate as estate:
        life = source.life().ready("source")
        send(life, "lift-1", in_service=True, trips=5)
        rows = by_thing(estate.json("summary"))
        assert {("estate", None), ("building", "b1"), ("class", "lift"), ("lift", "lift-2"), ("daemon", None)} <= set(rows)
        assert rows["daemon", None]["starts"] == 1
        text = estate.ctl("summary", "--hour", str(named(now)[1]))
        assert text.startswith("From ") and "lift-2" in text and "AVAILABLE" in text
        table = list(csv.DictReader(io.StringIO(estate.ctl("-f", "csv", "summary"))))
        figures = {name for row in rows.values() for name in row}
        assert figures <= set(table[0]), figures - set(table[0])
        assert any(row["of"] == "lift-1" and row["trips"] == "0" for row in table)


def ask(estate, path):
    """The socket on which the answer will come."""
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(60)
    client.connect(str(estate.socket))
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: estate\r\nConnection: close\r\n\r\n".encode())
    return client


def answer(client):
    with client, client.makefile("rb") as stream:
        return stream.read()


def test_others_read_the_history_while_a_flood_is_counted(tmp_path):
    lifts = ", ".join(f'{{ id = "lift-{i}"; place = "b1"; class = "lift"; }}' for i in range(200))
    estate = Estate(tmp_path, f'estate: {{ id = "t"; name = "t"; timezone = "Asia/Shanghai"; }}; places: ( {{ id = "b1"; name = "1"; }} ); '
                    f'devices: ( {lifts} );')
    with estate:
        pass
    begin = round(time.time() * 1e6)
    with sqlite3.connect(estate.state / "state.db") as db:
        db.executemany("INSERT INTO transition (alarm, from_state, state, input, boot, mono, wall, priority, stage, count, test, since, reason,"
                       " clock) VALUES (?, 'normal', 'unacked', 'raised', 'x', ?, ?, 2, 0, 1, 0, 0, '{}', 'synchronised')",
                       ((f"r/lift-{i % 200}", i, begin + i) for i in range(100000)))
    with estate:
        summary, answered = ask(estate, f"/v1/summary?day={named(begin / 1e6)[0]}"), 0
        while not select.select([summary], [], [], 0)[0]:
            assert b"200 OK" in answer(ask(estate, "/v1/points/lift-1.moving/history?since=1h"))
            answered += 1
        assert b'"raised":100000' in answer(summary).replace(b" ", b"")
        assert answered >= 10, f"{answered} questions were answered in the meantime"


@pytest.mark.parametrize("arguments,said", [(["--day", "2026-13-01"], "expected a date"), (["--day", "soon"], "expected a date"),
                                            (["--hour", "24"], "0..23"), (["--hour", "noon"], "0..23"), (["--day", "2999-01-01"], "not begun")])
def test_what_cannot_be_asked(tmp_path, arguments, said):
    with Estate(tmp_path, 'estate: { id = "t"; name = "t"; timezone = "Asia/Shanghai"; };') as estate:
        done = estate.run_ctl("summary", *arguments)
        assert done.returncode == 1 and said in done.stderr, done


# ---- what leaves ----

def left(uplink):
    """Summaries in the order of seq, what came twice left out."""
    with uplink.changed:
        data = {m["seq"]: m for m in uplink.messages if m["lane"] == "data"}
    return [data[s] for s in sorted(data) if data[s]["kind"] == "summary"]


def of_span(messages, period, start):
    return [m for m in messages if m["period"] == period and summaries.microseconds(m["from"]) == start * 1_000_000]


def wait_span(uplink, period, start, revision=0):
    uplink.wait(lambda u: any(m["revision"] == revision for m in of_span(left_locked(u), period, start)), 60)
    return of_span(left(uplink), period, start)


def delivered(estate):
    until(lambda: not any(row["pending"] for row in estate.json("outbox")), "all is delivered")


def left_locked(uplink):
    return [m for m in uplink.messages if m["kind"] == "summary"]


class Box:
    """An estate whose wall clock the test moves; epoch seconds of that clock."""

    def __init__(self, directory, source, uplink, now):
        self.clock = WallClock(directory, 0)
        self.set(now)
        self.estate = Estate(directory, configuration(source, uplink), environment=self.clock.environment)

    def set(self, now):
        self.clock.move(round(now - time.time()))


def test_each_leaves_once_a_late_sample_makes_a_revision_and_what_was_missed_is_made(tmp_path):
    midnight = (hour_of(time.time()) + EAST) // 86400 * 86400 - EAST + 2 * 86400
    ten = midnight - 2 * 3600  # at night
    with Puppet() as source, Uplink() as uplink:
        box = Box(tmp_path, source, uplink, ten - 20 * 60)
        with box.estate as estate:
            life = source.life().ready("source")
            for begin in (ten - 26 * 3600, ten - 4 * 3600, ten - 2 * 3600, ten - 3600):  # before it began too: nothing of then leaves
                drive(life, begin)
            rescue(estate, life)
            box.set(ten - 2)
            first = wait_span(uplink, "hour", ten - 3600)
            assert {m["revision"] for m in first} == {0}
            assert all(m["lane"] == "data" and m["time"] >= m["to"] and m["audit"]["n"] > 0 for m in first)
            assert summaries.microseconds(first[0]["time"]) < (ten + 30) * 1_000_000

            # Late: of the hour that has left.
            send(life, "lift-2", ten - 3600 + 60 * 33, in_service=False)
            again = [m for m in wait_span(uplink, "hour", ten - 3600, 1) if m["revision"]]
            assert {(m["scope"], m["of"], m["revision"]) for m in again} == {("lift", "lift-2", 1)}
            assert again[0]["figures"]["availability"] < by_thing(first)["lift", "lift-2"]["availability"]
            assert [r["revision"] for r in estate.json("summary", "--day", named(ten - 3600)[0], "--hour", str(named(ten - 3600)[1]))
                    if r["of"] == "lift-2"] == [1]

            # Off over an hour, on again just before midnight, and ended in the middle of what leaves.
            estate.kill()
            box.set(midnight - 6)
            estate.start()
            source.life().ready("source")
            uplink.wait(lambda u: of_span(left_locked(u), "hour", ten))
            estate.kill()
            estate.start()
            source.life().ready("source")
            day = wait_span(uplink, "day", midnight - 86400)
            missed, last = wait_span(uplink, "hour", ten), wait_span(uplink, "hour", midnight - 3600)
            assert {m["revision"] for m in missed + last + day} == {0}

            # And again: nothing leaves twice. What is looked at again at start has been when the samples' hour is.
            estate.kill()
            estate.start()
            life = source.life().ready("source")
            send(life, "lift-1", midnight - 3600 + 5, trips=7)
            wait_span(uplink, "hour", midnight - 3600, 1)
            wait_span(uplink, "day", midnight - 86400, 1)
            recording = recorded(estate, ten)
            delivered(estate)
            estate.stop()
        messages = left(uplink)
        keys = [(m["period"], m["from"], m["scope"], m["of"], m["revision"]) for m in messages]
        assert len(set(keys)) == len(keys)
        newest = {(m["period"], m["from"]): {} for m in messages}
        for m in messages:
            newest[m["period"], m["from"]][m["scope"], m["of"]] = m
        assert len(newest) == 4, newest.keys()
        for rows in newest.values():
            is_equal(list(rows.values()), estate, recording)


def test_what_was_before_it_began_and_what_an_unset_clock_says_never_leaves(tmp_path):
    start = hour_of(time.time()) + 26 * 3600
    with Puppet() as source, Uplink() as uplink:
        box = Box(tmp_path, source, uplink, 60)  # 1970
        with box.estate as estate:
            source.life().ready("source")
            assert estate.json("clock")["quality"] == "unset"
            box.set(start - 3)
            wait_span(uplink, "hour", start - 3600)
            delivered(estate)
            rows = of_span(left(uplink), "hour", start - 3600)
            assert by_thing(rows)["daemon", None]["starts"] == 1  # it was in 1970: mended, it is of this hour
            estate.stop()
        assert {m["from"] for m in left(uplink)} == {rows[0]["from"]}


def test_an_hour_that_has_left_stays_as_it_was_when_devices_come_and_go(tmp_path):
    ten = hour_of(time.time()) + 86400
    with Puppet() as source, Uplink() as uplink:
        box = Box(tmp_path, source, uplink, ten - 20 * 60)
        with box.estate as estate:
            life = source.life().ready("source")
            drive(life, ten - 3600)
            box.set(ten - 2)
            first = by_thing(wait_span(uplink, "hour", ten - 3600))
            # lift-1 goes, another one comes, the tank moves to another building.
            text = configuration(source, uplink).replace('id = "lift-1"; place = "b1/u1"', 'id = "lift-3"; place = "b2"')
            estate.conf.write_text(text.replace('"b1/pump-room"', '"b2/pump-room"'))
            estate.ctl("config", "reload")
            life = source.life().ready("source")
            send(life, "lift-2", ten - 3600 + 60 * 33, in_service=False)
            again = [m for m in wait_span(uplink, "hour", ten - 3600, 1) if m["revision"]]
            assert {(m["scope"], m["of"]) for m in again} == {("lift", "lift-2")}
            shown = by_thing(estate.json("summary", "--day", named(ten - 3600)[0], "--hour", str(named(ten - 3600)[1])))
            assert shown == {**first, ("lift", "lift-2"): again[0]["figures"]}
            # What follows is of those that are there now.
            box.set(ten + 3600 - 2)
            next_hour = by_thing(wait_span(uplink, "hour", ten))
            assert {of for scope, of in next_hour if scope == "lift"} == {"lift-2", "lift-3"}
            assert next_hour["building", "b2"]["devices"] == 3


def test_in_another_time_zone_no_hour_and_no_day_leaves_for_the_second_time(tmp_path):
    midnight = (hour_of(time.time()) + EAST) // 86400 * 86400 - EAST + 86400
    with Puppet() as source, Uplink() as uplink:
        box = Box(tmp_path, source, uplink, midnight - 3 * 3600)
        with box.estate as estate:
            source.life().ready("source")
            until(lambda: summaries.has_begun(estate.state / "state.db"), "it is noted that summaries begin")
            box.set(midnight + 10)
            wait_span(uplink, "day", midnight - 86400)
            wait_span(uplink, "hour", midnight - 3600)
            delivered(estate)
            estate.stop()
            estate.conf.write_text(configuration(source, uplink).replace("Asia/Shanghai", "Asia/Kolkata"))
            box.set(midnight + 3600 + 1800 - 2)  # half past one here is eleven there
            estate.start()
            source.life().ready("source")
            uplink.wait(lambda u: any(m["period"] == "hour" and summaries.microseconds(m["from"]) >= (midnight + 1800) * 1_000_000
                                      for m in left_locked(u)), 60)
            delivered(estate)
        for period in ("hour", "day"):
            spans = sorted({(summaries.microseconds(m["from"]), summaries.microseconds(m["to"])) for m in left(uplink) if m["period"] == period})
            assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:])), (period, spans)


def test_what_was_lost_with_the_history_is_no_correction(tmp_path):
    ten = hour_of(time.time()) + 86400
    with Puppet() as source, Uplink() as uplink:
        box = Box(tmp_path, source, uplink, ten - 20 * 60)
        with box.estate as estate:
            drive(source.life().ready("source"), ten - 3600)
            box.set(ten - 2)
            first = by_thing(wait_span(uplink, "hour", ten - 3600))
            assert first["lift", "lift-1"]["trips"] == 150
            estate.stop()
            for file in estate.state.glob("history.*"):
                file.unlink()
            estate.start()
            life = source.life().ready("source")
            send(life, "lift-1", ten - 3600 + 60 * 34, in_service=True)  # it would be the only one that is known of the hour
            for minute in range(0, 60, 3):
                send(life, "lift-2", ten - 3600 + 60 * minute, in_service=minute % 2 == 0, power=minute % 2 == 1)
            again = [m for m in wait_span(uplink, "hour", ten - 3600, 1) if m["revision"]]
            assert {(m["scope"], m["of"], m["revision"]) for m in again} == {("lift", "lift-2", 1)}


def test_after_a_restore_the_hours_since_the_backup_leave_again_and_say_so(tmp_path):
    ten = hour_of(time.time())
    with Puppet() as source, Uplink() as uplink:
        box = Box(tmp_path, source, uplink, ten - 5400)
        with box.estate as estate:
            source.life().ready("source")
            until(lambda: summaries.has_begun(estate.state / "state.db"), "it is noted that summaries begin")
            estate.ctl("backup", tmp_path / "copy")
            box.set(ten - 2)
            assert {m["revision"] for m in wait_span(uplink, "hour", ten - 3600)} == {0}
            delivered(estate)
            estate.stop()
            restored = time.time()
            subprocess.run([PREFIX / "bin/estatectl", "restore", tmp_path / "copy", "--state-dir", estate.state, "-c", estate.conf], check=True,
                           capture_output=True, stdin=subprocess.DEVNULL)
            box.set(time.time())
            estate.start()
            source.life().ready("source")
            uplink.wait(lambda u: any(m["revision"] for m in of_span(left_locked(u), "hour", ten - 3600)), 60)
            again = [m for m in of_span(left(uplink), "hour", ten - 3600) if m["revision"]]
            assert {m["revision"] for m in again} <= set(range(int(restored // 60), int(time.time() // 60) + 1))
            assert all(restored - 1 <= summaries.microseconds(m["restored"]) / 1e6 <= time.time() for m in again)
        assert not any("restored" in m for m in left(uplink) if not m["revision"])


def test_all_that_leaves_of_it_is_as_the_schema_says(tmp_path):
    import jsonschema
    schema = json.loads((PREFIX / "share/estated/schema/summary.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    with Puppet() as source, Uplink() as uplink, Estate(tmp_path, configuration(source, uplink)) as estate:
        life = source.life().ready("source")
        rescue(estate, life)
        rows = until(lambda: estate.json("summary"), "a summary")
    for row in rows:
        validator.validate({"scope": row["scope"], "of": row["of"], "figures": row["figures"]})
        for figure in row["figures"]:
            less = {**row, "figures": {k: v for k, v in row["figures"].items() if k != figure}}
            assert not validator.is_valid({k: less[k] for k in ("scope", "of", "figures")}), (row["scope"], figure)
        more = {**row["figures"], "other": 1}
        assert not validator.is_valid({"scope": row["scope"], "of": row["of"], "figures": more})
