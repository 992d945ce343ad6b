"""Compares what lies in a state directory, after a crash, with what the world had been told (witness.View).

judge() looks at the files alone and gives a list of sentences, one for each thing that is wrong; none: nothing was lost. It
shares no code with estated: the rows are read with Python's SQLite, the chain of the audit is computed anew.
"""

import collections
import hashlib
import json
import sqlite3

from witness import alarm_of, token_of

ZEROS = "0" * 64
SUMMARY_IS = ("period", "from", "scope", "of", "revision")
TOLD_MAX = 12  # sentences; a file that is damaged would say thousands


class Lane:
    def __init__(self, last_seq, delivered_seq):
        self.last_seq, self.delivered_seq = last_seq, delivered_seq
        self.rows = {}  # seq -> (kind, payload)


class Found:
    """What state.db has, and what is wrong with it in itself."""

    def __init__(self, directory):
        self.problems = [f"{p.name} was set aside" for p in sorted(directory.glob("*.damaged-*"))]
        db = sqlite3.connect(directory / "state.db")
        try:
            self._read(db)
        except (sqlite3.DatabaseError, ValueError, KeyError) as e:
            self.problems.append(f"state.db cannot be read: {e}")
        finally:
            db.close()
        self.problems += whole(directory / "history.db") if (directory / "history.db").exists() else []

    def _read(self, db):
        self.transitions, self.notes, self.counts = collections.Counter(), set(), collections.Counter()
        self.lanes, self.audit, self.anchor = {}, {}, (0, ZEROS)
        verdict = db.execute("PRAGMA integrity_check").fetchone()[0]
        if verdict != "ok":
            self.problems.append(f"state.db: {verdict}")
        for alarm, input, note, reason in db.execute("SELECT alarm, input, note, reason FROM transition ORDER BY id"):
            self.transitions[input, alarm, token_of(json.loads(reason))] += 1
            self.notes.add((input, (note or "").split(": ")[-1]))  # that of a closing is led by its outcome
            self.counts[alarm, input] += 1
        lanes = db.execute("SELECT lane.id, uplink.name, lane.name, last_seq, delivered_seq FROM lane JOIN uplink ON uplink.id = lane.uplink")
        by_id = {id: self.lanes.setdefault((uplink, name), Lane(last, delivered)) for id, uplink, name, last, delivered in lanes}
        for lane, seq, kind, payload in db.execute("SELECT lane, seq, kind, payload FROM outbox ORDER BY lane, seq"):
            by_id[lane].rows[seq] = (kind, payload)
        self.anchor = db.execute("SELECT n, hash FROM audit_anchor").fetchone() or self.anchor
        self._follow_chain(db)

    def _follow_chain(self, db):
        number, digest = self.anchor
        self.audited, self.doubts = collections.Counter(), {}
        for n, record, hash in db.execute("SELECT n, record, hash FROM audit ORDER BY n"):
            fields = json.loads(record)
            digest = hashlib.sha256((digest + record).encode()).hexdigest()
            if n != number + 1 or fields["n"] != n:
                self.problems.append(f"audit: row {n} stands behind row {number}")
            if hash != digest:
                self.problems.append(f"audit: row {n} does not follow")
            if fields["kind"] == "audit" and fields["what"] in ("lost", "replaced", "unwitnessed"):
                self.doubts[n] = fields["what"]
            if fields["kind"] == "alarm":
                self.audited[fields["what"], fields["detail"]["input"]] += 1
            self.audit[n] = hash
            number, digest = n, hash


def whole(path):
    db = sqlite3.connect(path)
    try:
        verdict = db.execute("PRAGMA integrity_check").fetchone()[0]
        return [] if verdict == "ok" else [f"{path.name}: {verdict}"]
    except sqlite3.DatabaseError as e:
        return [f"{path.name} cannot be read: {e}"]
    finally:
        db.close()


def judge_promises(found, view):
    """Alarms, events and words of people: each has its transition, the audit has each transition."""
    for input in ("raised", "returned"):
        for alarm, token in view.told[input]:
            count = found.transitions[input, alarm, token]
            if count == 0:
                yield f"{alarm} {input} by {token} was stored and is lost"
            elif count > 1 and alarm.startswith("r/"):
                yield f"{alarm} {input} by {token} is there {count} times"
    for verb, input in (("ack", "ack"), ("close", "reset")):
        for note in view.told[verb]:
            if (input, note) not in found.notes:
                yield f"the answer to '{note}' was given and it is lost"
    if found.counts != found.audited:
        differing = sorted(set((found.counts - found.audited) + (found.audited - found.counts)))
        yield f"audit: not the same transitions as the alarms have: {differing[:3]}"


def holes(lane):
    """Numbers that wait and have no row; not one by one, for a lane may have gone on from the microseconds since 1970."""
    before = lane.delivered_seq
    for seq in [*sorted(s for s in lane.rows if lane.delivered_seq < s <= lane.last_seq), lane.last_seq + 1]:
        if seq > before + 1:
            yield before + 1, seq - 1
        before = seq


def judge_lane(name, lane, view):
    seen, gave = view.seen[name], view.gave[name]
    highest = max(seen, default=0)
    path = "/".join(name)
    if lane.last_seq < highest:
        yield f"{path}: seq {lane.last_seq + 1} to {highest} are to be given again"
    if lane.delivered_seq > gave:
        yield f"{path}: delivered up to {lane.delivered_seq}, the receiver has acknowledged {gave}"
    for first, last in holes(lane):
        yield f"{path}: undelivered seq {first} to {last} have no row"
    if lane.rows and max(lane.rows) > lane.last_seq:
        yield f"{path}: row {max(lane.rows)} lies behind the last seq {lane.last_seq}"
    for seq, (kind, payload) in lane.rows.items():
        told = seen.get(seq)
        if told is not None and not (told["kind"] == kind and same(told, json.loads(payload))):
            yield f"{path}: seq {seq} was given to another message"


def same(told, payload):
    """Stamps inside are mended when the clock is better known: only those of the alarm itself may differ."""
    return all(told.get(key) == value for key, value in payload.items() if key not in ("since", "acked", "reason"))


def judge_told(name, lane, view):
    """What the receiver has or will have."""
    messages = dict(view.alarms[name])
    messages.update((seq, alarm_of(json.loads(payload))) for seq, (kind, payload) in lane.rows.items() if kind == "alarm")
    there = {(alarm, token) for alarm, token, _ in messages.values()}
    over = {(alarm, token) for alarm, token, state in messages.values() if state in ("rtn_unacked", "normal")}
    for input, known in (("raised", there), ("returned", over)):
        for alarm, token in view.told[input] - known:
            yield f"{name[0]}: {alarm} {input} by {token} was stored, and nobody will be told"


def judge_summaries(name, lane, view):
    """An hour or a day is told once; what is mended later has another revision."""
    messages = {seq: m for seq, m in view.seen[name].items() if m["kind"] == "summary"}
    messages.update((seq, json.loads(payload)) for seq, (kind, payload) in lane.rows.items() if kind == "summary")
    told = collections.Counter(json.dumps([m.get(k) for k in SUMMARY_IS], sort_keys=True) for m in messages.values())
    for which, count in told.items():
        if count > 1:
            yield f"{'/'.join(name)}: the summary {which} is there {count} times"


def judge_messages(found, view):
    """Each lane in itself; and each stored alarm is with the receiver or on its way."""
    for name, seen in view.seen.items():
        if name not in found.lanes and seen:
            yield f"{'/'.join(name)}: the lane is gone"
    for name, lane in found.lanes.items():
        yield from judge_lane(name, lane, view)
        yield from (judge_told if name[1] == "alarm" else judge_summaries)(name, lane, view)


def judge_audit(found, view):
    for n, what in found.doubts.items():
        yield f"audit: row {n} says '{what}'"
    for n, hash in view.heads.items():
        if n > found.anchor[0] and found.audit.get(n) != hash:
            yield f"audit: row {n} was told outside and is {'another' if n in found.audit else 'lost'}"


def judge(directory, view):
    found = Found(directory)
    problems = list(found.problems)
    if not any("cannot be read" in p for p in problems):
        for look in (judge_promises, judge_messages, judge_audit):
            problems += look(found, view)
    return problems[:TOLD_MAX] + ([f"and {len(problems) - TOLD_MAX} more"] if len(problems) > TOLD_MAX else [])
