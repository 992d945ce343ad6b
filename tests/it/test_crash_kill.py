"""kill -9 at random moments under load, with real receivers: nothing that anybody was told is lost, given twice or skipped."""

import json
import pathlib
import random
import shutil
import sqlite3
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "crash"))

from judge import SUMMARY_IS, judge  # noqa: E402
from kills import Killer  # noqa: E402
from load import Load, before_the_hour  # noqa: E402
from pace import SANITIZER  # noqa: E402

KILLS = 40 if SANITIZER else 200
SEED = 20261122
AMID = 10  # s: an hour ends and is summed up while the kills go on


@pytest.fixture(scope="module")
def killed(tmp_path_factory, request):
    """(load, where its state lies) after all kills; everything that was begun has ended in order."""
    directory = tmp_path_factory.mktemp("killed")
    with Load(directory, SEED, environment=before_the_hour(AMID), post=True) as load:
        killer = Killer(load, random.Random(SEED))
        killer.begin()
        for _ in range(KILLS):
            killer.once()
        killer.while_the_hour_is_told()
        load.settle()
        verdict = load.estate.run_ctl("audit", "verify", "-f", "json")
        assert load.estate.stop() == 0
        load.verdict, load.ways = verdict, killer.ways
        yield load
    if not request.session.testsfailed:
        shutil.rmtree(directory, ignore_errors=True)


def test_nothing_that_was_told_is_lost_over_two_hundred_kills(killed):
    assert killed.witness.problems == []
    assert judge(killed.estate.state, killed.witness.view()) == []
    assert "set aside" not in killed.estate.log


def test_each_promise_was_put_to_the_test(killed):
    """A run in which nothing is promised would lose nothing."""
    assert sum(killed.ways.values()) >= KILLS and len(killed.ways) >= 7, killed.ways
    for kind in ("stored", "raised", "returned", "ack", "close", "seen", "gave", "head", "history"):
        assert killed.witness.count(kind) >= KILLS / 10, f"{kind}: {killed.witness.count(kind)}"


@pytest.mark.parametrize("uplink", ["cloud", "city", "post"])
def test_each_receiver_has_every_number_once_and_every_alarm(killed, uplink):
    view = killed.witness.view()
    for lane in ("alarm", "data"):
        seen = view.seen[uplink, lane]
        assert sorted(seen) == list(range(1, len(seen) + 1)), f"{uplink}/{lane}: not every number from 1 on"
    alarms = [m for m in view.seen[uplink, "alarm"].values() if m["kind"] == "alarm"]
    with sqlite3.connect(f"file:{killed.estate.state}/state.db?mode=ro", uri=True) as db:
        transitions = [row[0] for row in db.execute("SELECT alarm FROM transition WHERE input != 'comment' ORDER BY id")]
    assert [m["alarm"] for m in sorted(alarms, key=lambda m: m["seq"])] == transitions


def test_an_hour_that_ended_amid_the_kills_was_summed_up_once_for_each_receiver(killed):
    view = killed.witness.view()
    for uplink in ("cloud", "city", "post"):
        hours = [m for m in view.seen[uplink, "data"].values() if m["kind"] == "summary" and m["period"] == "hour"]
        assert {"estate", "building", "class", "alarm_class", "daemon"} <= {m["scope"] for m in hours}
        named = [tuple(m[k] for k in SUMMARY_IS) for m in hours]
        assert len(named) == len(set(named)), "no revision of any was given twice"


def test_the_chain_of_the_audit_is_whole(killed):
    verdict = json.loads(killed.verdict.stdout)
    assert verdict["whole"] and verdict["findings"] == [], verdict["findings"]


@pytest.mark.parametrize("sql, expected", [
    ("DELETE FROM transition WHERE id = (SELECT max(id) FROM transition WHERE input = 'raised')", "was stored and is lost"),
    ("DELETE FROM transition WHERE id = (SELECT max(id) FROM transition WHERE input = 'ack')", "the answer to 'ack"),
    ("DELETE FROM transition WHERE id = (SELECT max(id) FROM transition WHERE input = 'reset')", "the answer to 'close"),
    ("INSERT INTO transition SELECT id + 1000000, alarm, from_state, state, input, boot, mono, wall, who, note, priority, stage, count,"
     " test, since, reason, text_zh, text_en, clock, until, outcome, crc FROM transition WHERE alarm LIKE 'r/%' AND input = 'raised' LIMIT 1",
     "is there 2 times"),
    ("UPDATE lane SET last_seq = last_seq - 1, delivered_seq = delivered_seq - 1 WHERE name = 'alarm'", "to be given again"),
    ("UPDATE lane SET last_seq = last_seq + 1 WHERE name = 'alarm'", "have no row"),
    ("UPDATE lane SET last_seq = last_seq + 1, delivered_seq = delivered_seq + 1 WHERE name = 'data'", "the receiver has acknowledged"),
    ("DELETE FROM audit WHERE n = (SELECT max(n) / 2 FROM audit)", "stands behind row"),
    ("UPDATE audit SET record = replace(record, 'unacked', 'acked') WHERE n = (SELECT max(n) FROM audit WHERE record LIKE '%unacked%')",
     "does not follow"),
    ("DELETE FROM audit WHERE n >= (SELECT min(n) + 5 FROM audit)", "was told outside"),
])
def test_the_judge_sees_each_loss(killed, tmp_path, sql, expected):
    shutil.copy(killed.estate.state / "state.db", tmp_path)
    db = sqlite3.connect(tmp_path / "state.db")
    with db:
        assert db.execute(sql).rowcount != 0, "nothing was changed"
    db.close()
    problems = judge(tmp_path, killed.witness.view())
    assert any(expected in p for p in problems), problems
