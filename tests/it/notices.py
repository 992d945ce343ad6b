"""What the daemon says to a notifier plugin: notify, and its answer."""

import itertools

from pace import LIMIT

numbers = itertools.count(1)


def notify(plugin, text="【立即】1204 紧急呼叫", priority=1, to=None, **more):
    """The id of the message; more are members of it, alarm's own in alarm={…}."""
    id = next(numbers)
    alarm = {"alarm": "sos/sos-1204", "rule": "sos", "asset": "sos-1204", "state": "unacked", "priority": priority, "stage": 0,
             "place": "b3/u1/1204", "text": {"zh": text, "en": text}, **more.pop("alarm", {})}
    plugin.send({"type": "notify", "id": id, "to": to or {}, "contact": {"id": "desk", "name": "夜班值班台"}, "step": 1,
                 "alarm": alarm, "told": [], **more, "text": text})
    return id


def answer(plugin, id, limit=LIMIT):
    """The text of a failure, "" where it says that it was told; it says so once."""
    plugin.wait_until(lambda p: [m for m in p.messages if m.get("type") == "notified" and m["id"] == id], limit)
    [message] = [m for m in plugin.all("notified") if m["id"] == id]
    assert message["ok"] is True or message["text"], message
    return "" if message["ok"] else message["text"]


def tell(plugin, *words, **more):
    return answer(plugin, notify(plugin, *words, **more))


def is_answered(plugin, id):
    return any(m["id"] == id for m in plugin.all("notified"))
