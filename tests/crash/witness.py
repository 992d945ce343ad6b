"""What the world outside was told, and when: a crash may take everything but that.

A fact is noted when it has arrived (the daemon said it a moment before), an acknowledgement of ours before it leaves. So
what was noted before a moment t was told before t, and the daemon cannot know more acknowledgements than were noted by then.
"""

import bisect
import collections
import threading
import time

Fact = collections.namedtuple("Fact", "at kind data")


def token_of(reason):
    """What the sample said that made the alarm: the value of the first reading in its reason."""
    inputs = reason.get("inputs") or [{}]
    return inputs[0].get("value")


def alarm_of(message):
    """Of a message of kind alarm, what a loss is known by."""
    return message["alarm"], token_of(message["reason"]), message["state"]


def content(message):
    """Of an envelope; its time may be mended, and how far it is trusted be judged anew, when it is sent again."""
    return {k: v for k, v in message.items() if k not in ("time", "clock")}


class View:
    """The facts of before one moment. Told: tokens by kind of fact."""

    def __init__(self):
        self.told = collections.defaultdict(set)  # "raised" (asset, token), "returned" (asset, token), "ack"/"close" note
        self.seen = collections.defaultdict(dict)  # (uplink, lane) -> seq -> content
        self.alarms = collections.defaultdict(dict)  # (uplink, lane) -> seq -> alarm_of
        self.gave = collections.defaultdict(int)  # (uplink, lane) -> up to which seq the receiver has acknowledged
        self.heads = {}  # of the audit: n -> hash
        self.samples = collections.defaultdict(list)  # point -> values that the history has shown

    def take(self, fact):
        d = fact.data
        if fact.kind == "seen":
            if d[2] not in self.seen[d[0], d[1]]:
                self.seen[d[0], d[1]][d[2]] = d[3]
                if d[3]["kind"] == "alarm":
                    self.alarms[d[0], d[1]][d[2]] = alarm_of(d[3])
        elif fact.kind == "gave":
            self.gave[d[0], d[1]] = max(self.gave[d[0], d[1]], d[2])
        elif fact.kind == "head":
            self.heads[d[0]] = d[1]
        elif fact.kind == "history":
            self.samples[d[0]] = max(self.samples[d[0]], d[1], key=len)
        else:
            self.told[fact.kind].add(d)


class Sealed:
    """Facts that are all there, in order of time."""

    def __init__(self, facts):
        self.facts = facts

    def views(self, moments):
        """A view for each moment of a rising list; each is the one before it, grown: it is good until the next is asked for."""
        at, view, done = [f.at for f in self.facts], View(), 0
        for moment in moments:
            end = max(done, bisect.bisect_left(at, moment))
            for fact in self.facts[done:end]:
                view.take(fact)
            done = end
            yield view


class Witness:
    def __init__(self):
        self.facts, self.problems = [], []
        self.first = {}  # (uplink, lane, seq) -> content
        self.lock = threading.Lock()
        self.watcher = None  # called with each new fact, on the thread that noted it

    def note(self, kind, *data):
        with self.lock:
            self.facts.append(Fact(time.monotonic(), kind, data if len(data) > 1 else data[0]))
        if self.watcher:
            self.watcher(kind)

    def seen(self, uplink, message):
        lane, seq, said = message["lane"], message["seq"], content(message)
        if self.first.setdefault((uplink, lane, seq), said) != said:
            self.complain(f"{uplink}/{lane}: seq {seq} came with another content: {self.first[uplink, lane, seq]}, then {said}")
        self.note("seen", uplink, lane, seq, said)
        if said["kind"] == "summary":
            self.note("summary", uplink, said["period"], said["scope"], said["of"])

    def complain(self, problem):
        """What is wrong whatever comes later."""
        with self.lock:
            self.problems.append(problem)

    def sealed(self):
        """Its facts, for another process."""
        return Sealed(list(self.facts))

    def count(self, kind):
        with self.lock:
            return sum(f.kind == kind for f in self.facts)

    def view(self):
        return next(self.sealed().views([float("inf")]))
