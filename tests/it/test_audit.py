"""The record of what was done: complete, and it proves itself to somebody who trusts neither estated nor estatectl."""

import hashlib
import json
import os
import pathlib
import random
import sqlite3
import tempfile

import pytest

from estate import Estate, until
from puppet import Puppet, Uplink
from rights import needs_root
from slave import Slave

CONFIGURATION = '''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
plugins: ( {{ id = "src"; program = "{source}"; }} {uplinks} );
devices: ( {{ id = "sos-1"; place = "b1/u1/101"; plugin = "src"; address = "s"; class = "sos"; }},
           {{ id = "door-1"; place = "b1"; plugin = "src"; address = "d"; class = "door"; }} {devices} );
'''


def configuration(source, uplinks="", devices=""):
    return CONFIGURATION.format(source=source.program, uplinks=uplinks, devices=devices)


def recompute(lines):
    """What an auditor does, in a dozen lines of his own: the chain from the export alone. Returns the head."""
    number, digest = 0, "0" * 64
    for line in lines:
        record, tail = line.rsplit(',"prev":"', 1)
        fields = json.loads(line)
        assert fields["n"] == number + 1, f"row {fields['n']} behind row {number}"
        assert fields["prev"] == digest, f"row {fields['n']} does not follow"
        digest = hashlib.sha256((digest + record + "}").encode()).hexdigest()
        assert tail == f'{fields["prev"]}","hash":"{digest}"}}', f"row {fields['n']} was changed"
        number = fields["n"]
    return number, digest


def export(estate):
    return estate.ctl("audit", "export").splitlines()


def records(estate, **members):
    rows = [json.loads(line) for line in export(estate)]
    return [r for r in rows if all(r[k] == v for k, v in members.items())]


def press(life, n):
    life.sample("sos-1", id=n, pressed=True)
    life.wait("stored", id=n)


def test_what_people_do_is_recorded_and_the_export_proves_itself(tmp_path):
    with Puppet() as source, Uplink() as cloud:
        text = configuration(source, f', {{ id = "cloud"; program = "{cloud.program}"; }}')
        with Estate(tmp_path, text) as estate:
            life = source.life().ready("source")
            cloud.life()
            press(life, "1")
            estate.ctl("ack", "sos/sos-1", "--note", "on my way \"now\"")
            estate.ctl("close", "sos/sos-1", "--outcome", "false", "--note", "误按")
            estate.ctl("out-of-service", "door-1", "--for", "2h", "--reason", "new lock")
            estate.ctl("log-level", "store", "debug", "--for", "1m")
            estate.conf.write_text(text.replace('name = "测试"', 'name = "试点"'))
            estate.ctl("config", "reload")
            cloud.wait(lambda u: len(u.alarms("sos/sos-1")) == 3)
            until(lambda: all(r["pending"] == 0 for r in estate.json("outbox")), "all is delivered")
            until(lambda: any(r["detail"]["to"] >= 3 for r in records(estate, kind="delivery", what="cloud/alarm")), "it is recorded")

            rows = records(estate, kind="alarm", what="sos/sos-1")
            assert [r["detail"]["state"] for r in rows] == ["unacked", "latched", "normal"]
            assert rows[0]["who"] is None and rows[1]["who"] == rows[2]["who"] != None  # noqa: E711
            assert rows[1]["why"] == 'on my way "now"' and rows[2]["why"].endswith("误按") and rows[2]["detail"]["outcome"] == "false"
            assert all(r["boot"] and r["mono"] > 0 and r["time"].endswith("+08:00") and r["clock"] for r in rows)
            assert [r["why"] for r in records(estate, kind="mode", what="door-1")] == ["new lock"]
            assert records(estate, kind="command", what="store")[0]["detail"] == {"verb": "log-level", "level": "debug"}
            assert records(estate, kind="config", what="reload")[0]["detail"]["count"] == 1
            assert records(estate, kind="daemon", what="start")

            head = recompute(export(estate))
            verdict = estate.json("audit", "verify")
            assert verdict["whole"] and verdict["findings"] == [] and verdict["last"] >= head[0]
            status = estate.json("status")["audit"]
            assert status["n"] >= head[0] and len(status["hash"]) == 64
            assert estate.run_ctl("audit", "verify", "--head", f"{head[0]}:{head[1]}").returncode == 0
            wrong = estate.run_ctl("audit", "verify", "--head", f"{head[0]}:{'0' * 64}")
            assert wrong.returncode == 1 and f"row {head[0]}" in wrong.stdout

            shown = estate.json("audit", "show", "--kind", "alarm")
            assert [r["n"] for r in shown] == sorted(r["n"] for r in shown) and {r["kind"] for r in shown} == {"alarm"}
            assert estate.json("audit", "show", "--who", "nobody at all") == []
            assert "door-1" in estate.ctl("audit", "show", "--since", "1h")
        # Each message and each status may carry the head away: what left must be in the chain.
        left = [m["audit"] for m in cloud.messages if m["kind"] == "health" and "audit" in m]
        chain = {r["n"]: r["hash"] for r in map(json.loads, open_export(estate))}
        assert left and all(chain[a["n"]] == a["hash"] for a in left)


def open_export(estate):
    """Of a daemon that was started again; also into a file, verified without the daemon."""
    with estate:
        path = estate.directory / "audit.ndjson"
        estate.ctl("audit", "export", "--out", str(path))
    done = estate.run_ctl("audit", "verify", str(path))
    assert done.returncode == 0, done.stdout
    recompute(path.read_text().splitlines())
    told = [r["what"] for r in map(json.loads, path.read_text().splitlines()) if r["kind"] == "daemon"]
    assert told == ["start", "stop", "start"], told
    return path.read_text().splitlines()


def test_a_write_to_a_device_is_recorded_with_the_old_and_the_new_value(tmp_path):
    with Slave({1: [0] * 20}) as slave, Puppet() as source:
        text = configuration(source, devices=', { id = "fan-1"; place = "b1"; bus = "gw"; unit = 1; profile = "fan"; writes = true; }') + f'''
buses: ( {{ id = "gw"; type = "tcp"; host = "127.0.0.1"; port = {slave.port}; }} );
classes: ( {{ id = "fan"; points: ( {{ name = "speed"; type = "number"; }} ); }} );
profiles: ( {{ id = "fan"; class = "fan"; points: ( {{ name = "speed"; at = "holding:3"; period = "200ms"; writable = true; }} ); }} );
'''
        with Estate(tmp_path, text) as estate:
            source.life().ready("source")
            estate.wait_quality("fan-1.speed", "good")
            estate.ctl("write", "fan-1.speed", "42", "--reason", "too hot")
            r = until(lambda: records(estate, kind="write"), "it is recorded")[0]
            assert r["what"] == "fan-1.speed" and r["why"] == "too hot" and r["who"]
            assert r["detail"]["value"] == 42 and r["detail"]["old"] == 0 and r["detail"]["confirmed"] is True
            recompute(export(estate))


NO_TEXT = "CAST(substr(record, 1, 20) AS BLOB) || x'ff' || CAST(substr(record, 21) AS BLOB)"


@pytest.mark.parametrize("sql, expected", [
    ("UPDATE audit SET record = replace(record, 'unacked', 'acked') WHERE n = (SELECT min(n) FROM audit WHERE record LIKE '%unacked%')",
     "was changed"),
    ("DELETE FROM audit WHERE n = 4", "row 4 is missing"),
    ("UPDATE audit SET n = -n WHERE n IN (4, 5); UPDATE audit SET n = 5 WHERE n = -4; UPDATE audit SET n = 4 WHERE n = -5",
     "row 4 stands behind row 5"),
    ("DELETE FROM audit WHERE n > 5", "are missing"),
    (f"UPDATE audit SET record = CAST({NO_TEXT} AS TEXT) WHERE n = 4", "row 4 was changed"),
])
def test_whoever_is_at_the_database_is_found_out(tmp_path, sql, expected):
    with Puppet() as source:
        estate = Estate(tmp_path, configuration(source))
        with estate:
            life = source.life().ready("source")
            for n in range(4):
                press(life, str(n))
                estate.ctl("ack", "sos/sos-1")
                estate.ctl("close", "sos/sos-1", "--outcome", "test")
            assert estate.run_ctl("audit", "verify").returncode == 0
        db = sqlite3.connect(estate.state / "state.db")
        db.executescript(sql)
        db.close()
        with estate:
            source.life().ready("source")
            done = estate.run_ctl("audit", "verify")
            assert done.returncode == 1 and expected in done.stdout, done.stdout
            assert "NOT whole" in done.stdout
            with pytest.raises(AssertionError):
                recompute(export(estate))


def test_a_row_with_a_number_that_nothing_can_have_goes_and_is_told_of(tmp_path):
    with Puppet() as source:
        estate = Estate(tmp_path, configuration(source))
        with estate:
            press(source.life().ready("source"), "1")
        db = sqlite3.connect(estate.state / "state.db")
        db.execute("INSERT INTO audit VALUES (9223372036854775807, '{}', 'x')")
        db.commit()
        db.close()
        with estate:
            press(source.life().ready("source"), "2")
            done = estate.run_ctl("audit", "verify")
            assert done.returncode == 1 and "impossible numbers" in done.stdout, done.stdout
            recompute(export(estate))


def test_a_record_that_is_no_text_any_more_is_shown_and_not_left_out(tmp_path):
    with Puppet() as source:
        estate = Estate(tmp_path, configuration(source))
        with estate:
            press(source.life().ready("source"), "1")
            before = estate.json("audit", "show")
        db = sqlite3.connect(estate.state / "state.db")
        db.execute(f"UPDATE audit SET record = CAST({NO_TEXT} AS TEXT) WHERE n = 2")
        db.commit()
        db.close()
        with estate:
            rows = estate.json("audit", "show")
            assert len(rows) >= len(before)
            assert ["\ufffd" in r["unreadable"] for r in rows if "unreadable" in r] == [True]
            assert len(estate.ctl("audit", "show").splitlines()) >= len(rows)


@pytest.mark.parametrize("seed", [1])
def test_kill_9_leaves_the_chain_whole_and_no_number_of_the_outbox_twice(tmp_path, seed):
    chance = random.Random(seed)
    with Puppet() as source, Uplink() as cloud:
        cloud.accept = lambda lane, messages: chance.random() < 0.7
        text = configuration(source, f', {{ id = "cloud"; program = "{cloud.program}"; }}')
        estate = Estate(tmp_path, text)
        n, kills, told = 0, 8, []
        for kill in range(kills):
            estate.start()
            life = source.life().ready("source")
            for _ in range(chance.randrange(2, 25)):
                n += 1
                life.sample("sos-1", id=f"s{n}", pressed=True)
            life.wait("stored", id=f"s{n}")
            if chance.random() < 0.5:
                estate.run_ctl("ack", "sos/sos-1")
                estate.run_ctl("close", "sos/sos-1", "--outcome", "test")
            lines = export(estate)
            head = recompute(lines)
            for known in told:
                assert json.loads(lines[known[0] - 1])["hash"] == known[1], "what was shown once stays as it was"
            told.append(head)
            estate.kill()
        cloud.accept = lambda lane, messages: True
        with estate:
            until(lambda: all(r["pending"] == 0 for r in estate.json("outbox")), "all is delivered", 60)
            assert estate.run_ctl("audit", "verify", "--head", f"{told[0][0]}:{told[0][1]}").returncode == 0
            recompute(export(estate))
            cloud.states()  # no number of the alarm lane skipped, none with two contents
            delivered = [(r["detail"]["from"], r["detail"]["to"]) for r in records(estate, kind="delivery", what="cloud/alarm")]
            assert [a for a, _ in delivered] == [1] + [b + 1 for _, b in delivered[:-1]], "deliveries leave no hole"


@needs_root
def test_the_record_is_for_technicians():
    with Puppet() as source, tempfile.TemporaryDirectory() as directory:
        with Estate(pathlib.Path(directory), configuration(source)) as estate:
            for path, mode in (directory, 0o755), (estate.run, 0o755), (estate.socket, 0o666):
                os.chmod(path, mode)
            done = estate.run_ctl("audit", "show", wrapper=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))
            assert done.returncode != 0 and "may not do this; members of group 'estated'" in done.stderr, done
