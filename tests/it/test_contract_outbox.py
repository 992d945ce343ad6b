"""What leaves the estate is lost at no moment: the daemon, the uplink plugin and the broker are killed as it comes."""

import json
import os
import random
import signal
import threading

import paho.mqtt.client as paho
import pytest

from broker import Broker
from estate import Estate, until
from puppet import Puppet, Uplink

HEAD = '''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
plugins: ( {{ id = "src"; program = "{source}"; }}, {uplinks} );
classes: ( {{ id = "probe"; points: ( {{ name = "on"; type = "bool"; }} ); }} );
devices: ( {devices} );
rules: ( {{ id = "r"; class = "probe"; when = "on"; priority = 2; }} );
'''
DEVICES = [f"p{i}" for i in range(5)]


def configuration(source, *uplinks):
    devices = ", ".join(f'{{ id = "{d}"; place = "b1"; plugin = "src"; address = "{d}"; class = "probe"; }}' for d in DEVICES)
    return HEAD.format(source=source.program, uplinks=", ".join(uplinks), devices=devices)


def mqtt(broker, id="cloud", more='ack = "broker";'):
    return f'{{ id = "{id}"; program = "mqtt-uplink"; options: {{ url = "{broker.url}"; {more} }}; }}'


class Driver:
    """Switches devices on and off and knows what transitions that must have made: a sample counts once it is stored."""

    def __init__(self, estate, source):
        self.estate, self.source, self.expected, self.n = estate, source, {d: [] for d in DEVICES}, 0
        self.on = {d: False for d in DEVICES}
        self.life = None

    def ready(self):
        self.life = self.source.life().ready("source")

    def switch(self, device):
        self.on[device] = not self.on[device]
        self.n += 1
        self.life.sample(device, id=f"s{self.n}", on=self.on[device])
        self.life.wait("stored", id=f"s{self.n}")
        # without an ack: unacked, rtn_unacked, unacked, …
        self.expected[device].append("unacked" if self.on[device] else "rtn_unacked")

    def total(self):
        return sum(len(v) for v in self.expected.values())


def alarms_of(messages, estate="t"):
    return [json.loads(m.payload) for m in messages if m.topic == f"estate/v1/{estate}/alarm"]


def judged(alarms, expected):
    """No gap, no number with two contents, order as it happened, nothing lost. Repeats are allowed."""
    by_seq = {}
    for a in alarms:
        assert by_seq.setdefault(a["seq"], a) == a, f"seq {a['seq']} came with another content"
    assert sorted(by_seq) == list(range(1, len(by_seq) + 1)), f"a gap in {sorted(by_seq)}"
    for d, states in expected.items():
        assert [by_seq[s]["state"] for s in sorted(by_seq) if by_seq[s]["asset"] == d and by_seq[s]["rule"] == "r"] == states, d
    first = []
    for a in alarms:
        if a["seq"] not in first:
            first.append(a["seq"])
    return first == sorted(first)


def mine(alarms):
    return {a["seq"] for a in alarms if a["rule"] == "r"}


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_lost_whoever_is_killed(tmp_path, seed):
    chance = random.Random(seed)
    with Puppet() as source, Broker(tmp_path, persistence=True, config="autosave_interval 1\nautosave_on_changes true") as broker:
        with broker.client("estate/v1/#") as seen, Estate(tmp_path, configuration(source, mqtt(broker))) as estate:
            driver = Driver(estate, source)
            driver.ready()
            seen.wait(lambda m: any(x.topic == "estate/v1/t/status" for x in m))
            for kill in range(24):
                for _ in range(chance.randrange(1, 6)):
                    driver.switch(chance.choice(DEVICES))
                who = chance.choice(["daemon", "daemon", "uplink", "nobody"])
                if who == "daemon":
                    estate.kill()
                    estate.start()
                    driver.ready()
                elif who == "uplink":
                    pid = next(p["pid"] for p in estate.json("plugins") if p["plugin"] == "cloud")
                    if pid:
                        os.kill(pid, signal.SIGKILL)
                        until(lambda: next(p["pid"] for p in estate.json("plugins") if p["plugin"] == "cloud") != pid, "its end")
            seen.wait(lambda m: len(mine(alarms_of(m))) == driver.total(), limit=25)
            assert judged(alarms_of(seen.messages), driver.expected), "first deliveries are in order"


def test_a_killed_broker_loses_nothing(tmp_path):
    """The broker is killed and comes back without what it had in memory."""
    chance = random.Random(9)
    with Puppet() as source, Uplink() as direct, Broker(tmp_path, persistence=True, config="autosave_interval 1\nautosave_on_changes true") as broker:
        text = configuration(source, mqtt(broker), f'{{ id = "direct"; program = "{direct.program}"; }}')
        with Estate(tmp_path, text) as estate:
            driver = Driver(estate, source)
            driver.ready()
            direct.life()
            until(lambda: all(p["state"] == "up" for p in estate.json("plugins")), "all up")
            for round_number in range(4):
                for _ in range(chance.randrange(1, 5)):
                    driver.switch(chance.choice(DEVICES))
                broker.kill()
                for _ in range(chance.randrange(1, 5)):
                    driver.switch(chance.choice(DEVICES))
                if round_number == 2:
                    estate.kill()
                    estate.start()
                    driver.ready()
                    direct.life()
                broker.start()
            # What the broker acknowledged and then lost with its memory is the broker's: the daemon's own duty is that
            # its outbox becomes empty only by acknowledgements, in order, and that the other uplink saw everything.
            until(lambda: all(r["pending"] == 0 for r in estate.json("outbox") if r["lane"] == "alarm"), "the outbox is empty", limit=25)
            direct.wait(lambda u: len(mine(u.alarms())) == driver.total())
            assert judged(direct.alarms(), driver.expected)


class Receiver:
    """An application that acknowledges on estate/v1/t/ack, when it is told to."""

    def __init__(self, broker, acks=True):
        self.acks, self.lock, self.messages, subscribed = acks, threading.Lock(), [], threading.Event()
        self.client = paho.Client()
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = lambda c, *_: c.subscribe("estate/v1/t/#", 1)
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = self._on_message
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()
        assert subscribed.wait(20)

    def _on_message(self, client, _, m):
        if m.topic.rsplit("/", 1)[1] in ("status", "ack"):
            return
        with self.lock:
            self.messages.append(m)
        if self.acks:
            e = json.loads(m.payload)
            client.publish("estate/v1/t/ack", json.dumps({"lane": e["lane"], "seq": e["seq"]}), qos=1)

    def alarms(self):
        with self.lock:
            return alarms_of(self.messages)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def test_ack_application_survives_a_broker_that_forgets(tmp_path):
    with Puppet() as source, Broker(tmp_path) as broker:
        with Estate(tmp_path, configuration(source, mqtt(broker, more='ack = "application";'))) as estate:
            driver = Driver(estate, source)
            driver.ready()
            deaf = Receiver(broker, acks=False)
            for _ in range(6):
                driver.switch(random.Random(1).choice(DEVICES))
            until(lambda: len(mine(deaf.alarms())) == driver.total(), "it has seen them, but not acknowledged")
            row = next(r for r in estate.json("outbox") if r["lane"] == "alarm")
            assert row["pending"] >= driver.total(), "a PUBACK is not enough here"
            deaf.close()
            broker.kill()  # and with it all that it had taken
            driver.switch("p4")
            estate.kill()
            estate.start()
            driver.ready()
            broker.start()
            receiver = Receiver(broker)
            until(lambda: len(mine(receiver.alarms())) == driver.total(), "all again", limit=25)
            assert judged(receiver.alarms(), driver.expected)
            until(lambda: all(r["pending"] == 0 for r in estate.json("outbox") if r["lane"] == "alarm"), "nothing waits")
            receiver.close()


def test_two_uplinks_have_their_own_numbers_and_one_that_is_down_holds_nobody(tmp_path):
    with Puppet() as source, Uplink() as good, Uplink() as mute:
        mute.accept = lambda lane, messages: False
        text = configuration(source, f'{{ id = "good"; program = "{good.program}"; }}', f'{{ id = "mute"; program = "{mute.program}"; }}')
        with Estate(tmp_path, text) as estate:
            driver = Driver(estate, source)
            driver.ready()
            good.life(), mute.life()
            until(lambda: all(p["state"] == "up" for p in estate.json("plugins")), "all up")
            for n in range(20):
                driver.switch(DEVICES[n % 5])
            good.wait(lambda u: len(mine(u.alarms())) == 20)
            rows = {(r["uplink"], r["lane"]): r for r in estate.json("outbox")}
            until(lambda: next(r for r in estate.json("outbox") if (r["uplink"], r["lane"]) == ("good", "alarm"))["pending"] == 0, "good is empty")
            assert rows["mute", "alarm"]["pending"] >= 20 and rows["mute", "alarm"]["bytes"] > 0 and rows["mute", "alarm"]["oldest"]
            assert judged(good.alarms(), driver.expected)
            mute.lives[-1].kill()  # first: in that life nothing was taken, so nothing may count as seen
            mute.accept = lambda lane, messages: True
            mute.wait(lambda u: len(mine(u.alarms())) == 20)
            assert judged(mute.alarms(), driver.expected)


def test_lanes_and_kinds(tmp_path):
    with Puppet() as source, Uplink() as all_of_it, Uplink() as alarms, Uplink() as health:
        text = configuration(source, f'{{ id = "all"; program = "{all_of_it.program}"; }}',
                             f'{{ id = "alarms"; program = "{alarms.program}"; options: {{ lanes = ( "alarm" ); }}; }}',
                             f'{{ id = "health"; program = "{health.program}"; options: {{ kinds = ( "health" ); }}; }}')
        with Estate(tmp_path, text) as estate:
            driver = Driver(estate, source)
            driver.ready()
            for u in (all_of_it, alarms, health):
                u.life()
            until(lambda: all(p["state"] == "up" for p in estate.json("plugins")), "all up")
            driver.switch("p0")
            driver.life.kill()  # a plugin that ends is news of kind health
            driver.ready()
            driver.switch("p0")
            for u in (all_of_it, alarms):
                u.wait(lambda u: len(mine(u.alarms())) == 2)
            health.wait(lambda u: any(m["kind"] == "health" for m in u.messages))
            all_of_it.wait(lambda u: any(m["kind"] == "health" for m in u.messages))
            assert {m["kind"] for m in health.messages} == {"health"}
            assert {m["lane"] for m in alarms.messages} == {"alarm"}
            for u in (all_of_it, alarms, health):
                for lane in ("alarm", "data"):
                    seqs = sorted({m["seq"] for m in u.messages if m["lane"] == lane})
                    assert seqs == list(range(1, len(seqs) + 1)), (lane, seqs)


def test_refused_comes_again_in_order(tmp_path):
    with Puppet() as source, Puppet() as uplink:
        with Estate(tmp_path, configuration(source, f'{{ id = "up"; program = "{uplink.program}"; }}')) as estate:
            driver = Driver(estate, source)
            driver.ready()
            life = uplink.life().ready("uplink")
            until(lambda: all(p["state"] == "up" for p in estate.json("plugins")), "all up")
            driver.switch("p0")
            first = life.wait("deliver", lane="alarm")
            life.send(type="refused", batch=first["batch"], retry=True, text="not now")
            again = life.wait("deliver", lane="alarm")
            assert again["messages"][0] == first["messages"][0], "the same number, the same content"
            driver.switch("p1")
            life.send(type="delivered", batch=again["batch"])
            second = life.wait("deliver", lane="alarm")
            assert second["messages"][0]["seq"] == again["messages"][-1]["seq"] + 1


def test_a_receiver_that_acknowledges_late_holds_no_alarm(tmp_path):
    with Puppet() as source, Puppet() as uplink:
        with Estate(tmp_path, configuration(source, f'{{ id = "up"; program = "{uplink.program}"; }}')) as estate:
            driver = Driver(estate, source)
            driver.ready()
            life = uplink.life().ready("uplink")
            until(lambda: all(p["state"] == "up" for p in estate.json("plugins")), "all up")
            batches, states = [], []
            while len(states) < 12:
                driver.switch("p0")
                batches.append(life.wait("deliver", lane="alarm", limit=5))
                states += [m["state"] for m in batches[-1]["messages"]]
            assert states == driver.expected["p0"]
            for b in batches:
                life.send(type="delivered", batch=b["batch"])
            until(lambda: all(r["pending"] == 0 for r in estate.json("outbox") if r["lane"] == "alarm"), "nothing waits")


def test_birth_and_death(tmp_path):
    with Puppet() as source, Broker(tmp_path) as broker:
        with broker.client("estate/v1/t/status") as seen:
            estate = Estate(tmp_path, configuration(source, mqtt(broker))).start()
            try:
                birth = json.loads(seen.wait(lambda m: m)[0].payload)
                assert birth["estate"] == "t" and "seq" not in birth
                with broker.client("estate/v1/t/status") as later:
                    message = later.wait(lambda m: m)[0]
                    assert message.retain and message.qos == 1
                estate.kill()
                death = json.loads(seen.wait(lambda m: len(m) >= 2)[-1].payload)
                assert {k: v for k, v in death.items() if k != "time"} != {k: v for k, v in birth.items() if k != "time"}
                with broker.client("estate/v1/t/status") as later:
                    assert json.loads(later.wait(lambda m: m)[0].payload) == death
                estate.start()
                seen.wait(lambda m: len(m) >= 3)
            finally:
                estate.stop()
            seen.wait(lambda m: len(m) >= 4)
            assert json.loads(seen.messages[-1].payload)["state"] == death["state"], "an orderly end is said too"


def test_many_transitions_while_the_broker_is_away_come_in_order(tmp_path):
    with Puppet() as source, Broker(tmp_path) as broker:
        with Estate(tmp_path, configuration(source, mqtt(broker))) as estate:
            driver = Driver(estate, source)
            driver.ready()
            until(lambda: next(p for p in estate.json("plugins") if p["plugin"] == "cloud")["state"] == "up", "up")
            broker.kill()
            for n in range(400):
                d = DEVICES[n % 5]
                driver.on[d] = not driver.on[d]
                driver.expected[d].append("unacked" if driver.on[d] else "rtn_unacked")
                driver.life.sample(d, id=f"m{n}", on=driver.on[d])
            driver.life.wait("stored", id="m399")
            estate.kill()
            broker.start()
            with broker.client("estate/v1/t/alarm") as seen:
                estate.start()
                driver.ready()
                seen.wait(lambda m: len(mine(alarms_of(m))) == 400, limit=25)
                assert judged(alarms_of(seen.messages), driver.expected)
