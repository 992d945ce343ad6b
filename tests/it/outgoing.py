"""What the daemon wants delivered, as tests of uplinks make it up."""


def envelope(seq, lane="alarm", kind="alarm", **more):
    return {"v": 1, "estate": "demo", "lane": lane, "seq": seq, "time": "2024-05-01T10:00:00.120+08:00", "kind": kind, **more}


def gap(seq, lane="alarm"):
    return envelope(seq, lane, "gap", **{"from": seq, "to": seq, "reason": "refused for ever"})


def deliver(p, batch, seqs, lane="alarm", kind="alarm", lost=(), **more):
    """lost: those of which only a record is left."""
    messages = [gap(s, lane) if s in lost else envelope(s, lane, kind, **more) for s in seqs]
    p.send({"type": "deliver", "batch": batch, "lane": lane, "messages": messages})


def deliver_all(p, numbers, size=64, **more):
    """As the daemon does it: in order; in the place of a message that was refused for good a record of it, and behind that all
    that stood there once more. Returns the refusals."""
    refused, first, batch = [], 0, 1000
    while True:
        rest, taken, lost = numbers[first:], p.taken, [m["seq"] for m in refused]
        last = batch + (len(rest) + size - 1) // size - 1
        for at in range(0, len(rest), size):
            deliver(p, batch, rest[at:at + size], lost=lost, **more)
            batch += 1
        p.wait_until(lambda p: any((m["type"] == "refused" and not m["retry"]) or (m["type"] == "delivered" and m["batch"] == last)
                                   for m in p.messages[taken:]))
        found = next((i for i in range(taken, len(p.messages))
                      if p.messages[i]["type"] == "refused" and not p.messages[i]["retry"]), None)
        if found is None:
            return refused
        p.taken = found + 1
        refused.append(p.messages[found])
        first = numbers.index(p.messages[found]["seq"])
