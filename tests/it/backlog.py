"""An outbox as a long outage leaves it: rows put into state.db while estated does not run."""

import json
import sqlite3
import time


def uplink_id(db, name):
    db.execute("INSERT OR IGNORE INTO uplink (name) VALUES (?)", (name,))
    return db.execute("SELECT id FROM uplink WHERE name = ?", (name,)).fetchone()[0]


def fill(state, uplink, count, lane="data", span=86400, bytes=300):
    """count messages that came in evenly over the last span seconds; returns the seq of the first."""
    db = sqlite3.connect(state / "state.db")
    with db:
        owner = uplink_id(db, uplink)
        db.execute("INSERT OR IGNORE INTO lane (uplink, name, last_seq, delivered_seq) VALUES (?,?,0,0)", (owner, lane))
        row, last = db.execute("SELECT id, last_seq FROM lane WHERE uplink = ? AND name = ?", (owner, lane)).fetchone()
        start = int((time.time() - span) * 1e6)
        payload = json.dumps({"what": "test", "id": "x" * (bytes - 40), "n": 0})
        db.executemany("INSERT INTO outbox (lane, seq, time, kind, bytes, payload) VALUES (?,?,?,?,?,?)",
                       ((row, last + 1 + i, start + int(i * span * 1e6 / count), "event", len(payload), payload) for i in range(count)))
        # NULL: counted at the next start, as after an upgrade
        db.execute("UPDATE lane SET last_seq = ?, rows = NULL, bytes = NULL WHERE id = ?", (last + count, row))
    db.close()
    return last + 1
