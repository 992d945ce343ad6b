"""An estate under load: sensors that are answered with `stored`, people who acknowledge and close, receivers that take what leaves;
a witness notes all they are told. The daemon may be killed and started again at any moment: everybody goes on.

Each sample carries a token that stands in the reason of the transition it makes, each word of a person one in its note: what
is found later is known by it. A sample that was not answered is sent again by the same id, as a plugin does; one that was
answered never is, so nothing that was promised can come back by itself.
"""

import http.client
import json
import pathlib
import random
import socket
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "it"))

from broker import Broker  # noqa: E402
from estate import Estate, until  # noqa: E402
from pace import LIMIT, SLOW  # noqa: E402
from puppet import Puppet  # noqa: E402
from wallclock import faketime, preloaded  # noqa: E402
from witness import Witness  # noqa: E402

PROBES = [f"p{i}" for i in range(8)]
BUTTONS = [f"s{i}" for i in range(8)]
PAUSE = 0.003  # s between two samples

CONFIGURATION = '''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
outbox: {{ rate = 0; }};
plugins: ( {plugins} );
classes: ( {{ id = "probe"; points: ( {{ name = "level"; type = "number"; }} ); }} );
devices: ( {devices} );
rules: ( {{ id = "r"; class = "probe"; when = "level > 0"; priority = 2; }} );
'''


PUPPET = '{{ id = "{}"; program = "{}"; }}'
MQTT = '{{ id = "{}"; program = "mqtt-uplink"; options: {{ url = "{}"; ack = "{}"; topic_prefix = "{}"; }}; }}'


def configuration(plugins=""):
    """Without plugins for a daemon that is only to start: its devices are those of the other."""
    way = 'plugin = "src"; address = "{0}"; ' if plugins else ""
    device = '{{ id = "{0}"; place = "b1/u1/101"; %sclass = "{1}"; }}' % way
    devices = [device.format(d, "probe") for d in PROBES] + [device.format(d, "sos") for d in BUTTONS]
    return CONFIGURATION.format(plugins=plugins, devices=", ".join(devices))


def before_the_hour(seconds):
    """What makes it that long before a full hour for the daemon, its monotonic clock left alone."""
    ahead = int(3600 - time.time() % 3600 - seconds)
    return {**preloaded(faketime()), "FAKETIME": f"{ahead:+d}s", "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


class Api:
    """Over the unix socket, as estatectl asks, without a process for each question."""

    def __init__(self, path):
        self.path = str(path)

    def ask(self, method, path, body=None):
        """(status, answer); OSError or HTTPException where nobody answers (any more)."""
        connection = http.client.HTTPConnection("localhost", timeout=LIMIT)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(LIMIT)
        try:
            connection.sock.connect(self.path)
            connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


class Sensors(Puppet):
    """Probes go up and down, buttons are pressed; each waits for its `stored` before it says the next thing."""

    def __init__(self, witness, pressed, random_numbers):
        super().__init__()
        self.witness, self.pressed, self.random = witness, pressed, random_numbers
        self.lock = threading.Condition()
        self.now, self.waiting = None, {}  # the life; device -> (id, fields, facts) without an answer
        self.idle, self.count = set(PROBES + BUTTONS), dict.fromkeys(PROBES + BUTTONS, 0)
        self.up = dict.fromkeys(PROBES, False)
        self.on_life = self._greet
        self.stopping = threading.Event()
        self.pacer = threading.Thread(target=self._pace, daemon=True)

    def _greet(self, life):
        life.on_message = self._hear

    def _hear(self, life, message):
        if message["type"] == "hello":
            with self.lock:
                self.now = life
                life.ready("source")
                for device, (id, fields, _) in self.waiting.items():
                    life.sample(device, id=id, **fields)
        elif message["type"] == "stored":
            self._stored(message["id"])

    def _stored(self, id):
        device = id.split("/")[0]
        with self.lock:
            if self.waiting.get(device, ("",))[0] != id:
                return  # it was sent twice, to two lives, and both have answered
            _, _, fact = self.waiting.pop(device)
            if device in PROBES:
                self.idle.add(device)
            self.lock.notify_all()
        self.witness.note("stored", id)
        self.witness.note(*fact)
        if device in BUTTONS:
            self.pressed(device, fact[2])

    def free(self, device):
        """A button whose alarm was closed."""
        with self.lock:
            self.idle.add(device)

    def _next(self, device):
        self.count[device] += 1
        if device in BUTTONS:
            token = f"{device}-{self.count[device]}"
            return f"{device}/{token}", {"pressed": token}, ("raised", f"sos/{device}", token)
        self.up[device] = not self.up[device]
        raised = (self.count[device] + 1) // 2
        if self.up[device]:
            return f"{device}/up-{raised}", {"level": raised}, ("raised", f"r/{device}", raised)
        return f"{device}/down-{raised}", {"level": 0}, ("returned", f"r/{device}", raised)

    def _pace(self):
        while not self.stopping.wait(PAUSE * SLOW):
            with self.lock:
                if not self.idle or not self.now:
                    continue
                device = self.random.choice(sorted(self.idle))
                self.idle.discard(device)
                self.waiting[device] = self._next(device)
                id, fields, _ = self.waiting[device]
                self.now.sample(device, id=id, **fields)

    def settle(self, limit=LIMIT):
        """Nothing new is said; all that was is answered."""
        self.stopping.set()
        self.pacer.join()
        with self.lock:
            assert self.lock.wait_for(lambda: not self.waiting, limit), f"not stored within {limit} s: {self.waiting}"

    def begin(self):
        self.pacer.start()

    def __exit__(self, *e):
        self.stopping.set()
        if self.pacer.is_alive():
            self.pacer.join()
        super().__exit__(*e)


class Person:
    """Acknowledges and closes the alarms of buttons, looks at the status and at a history."""

    def __init__(self, api, witness, random_numbers):
        self.api, self.witness, self.random = api, witness, random_numbers
        self.todo, self.changed = [], threading.Condition()
        self.closed = None  # called with the button
        self.stopping, self.busy = False, False
        self.thread = threading.Thread(target=self._work, daemon=True)

    def pressed(self, device, token):
        with self.changed:
            self.todo.append((device, token))
            self.changed.notify_all()

    def _say(self, alarm, verb, body):
        """Until somebody answers. A word that was said before may have been heard: then it is refused, and no promise."""
        tried = 0
        while not self.stopping:
            try:
                status, answer = self.api.ask("POST", f"/v1/alarms/{alarm}/{verb}", body)
            except (OSError, http.client.HTTPException, ValueError):
                status, answer = 503, None
            if status == 200:
                self.witness.note(verb, body["note"])
                return
            if status in (404, 409):
                if not tried:
                    self.witness.complain(f"{verb} of {alarm} ({body['note']}) is refused: {answer}")
                return
            tried += 1
            with self.changed:
                self.changed.wait(0.01)

    def _look(self):
        try:
            status, answer = self.api.ask("GET", "/v1/status")
            if status == 200:
                self.witness.note("head", answer["audit"]["n"], answer["audit"]["hash"])
            point = f"{self.random.choice(PROBES)}.level"
            status, answer = self.api.ask("GET", f"/v1/points/{point}/history?since=1h")
            if status == 200:
                self.witness.note("history", point, [s["value"] for s in answer])
        except (OSError, http.client.HTTPException, ValueError):
            pass  # nobody there: then nobody was told

    def _work(self):
        while not self.stopping:
            with self.changed:
                self.changed.wait_for(lambda: self.todo or self.stopping)
                if self.stopping:
                    return
                device, token = self.todo.pop(0)
                self.busy = True
            self._say(f"sos/{device}", "ack", {"note": f"ack {token}"})
            if self.random.random() < 0.2:
                self._look()
            self._say(f"sos/{device}", "close", {"outcome": "test", "note": f"close {token}"})
            self.busy = False
            self.closed(device)

    def idle(self):
        with self.changed:
            return not self.todo and not self.busy

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        self.thread.join()


class City(Puppet):
    """An uplink in the test's own hands. It answers most batches and keeps the others back until it is told to be patient."""

    def __init__(self, witness, random_numbers):
        super().__init__()
        self.witness, self.random = witness, random_numbers
        self.kept, self.patient = [], False
        self.lock = threading.Lock()
        self.at = {}  # of this life: lane -> seq
        self.given_up_to = {}  # lane -> the highest that was acknowledged
        self.on_life = self._greet

    def _greet(self, life):
        with self.lock:
            self.kept, self.at = [], {}
        life.on_message = self._hear

    def _hear(self, life, message):
        if message["type"] == "hello":
            life.ready("uplink")
        elif message["type"] == "deliver":
            self._take(life, message)

    def _take(self, life, batch):
        lane = batch["lane"]
        for message in batch["messages"]:
            self._follow(lane, message["seq"])
            self.witness.seen("city", message)
        with self.lock:
            self.kept.append((life, batch))
            if self.patient or self.random.random() < 0.7:
                self._answer()

    def _follow(self, lane, seq):
        """In a life one after the other; the first is at most the one behind the last acknowledged."""
        before = self.at.get(lane)
        if before is None and seq > self.given_up_to.get(lane, 0) + 1:
            self.witness.complain(f"city/{lane}: begins with {seq}, acknowledged was {self.given_up_to.get(lane, 0)}")
        if before is not None and seq != before + 1:
            self.witness.complain(f"city/{lane}: {seq} came behind {before}")
        self.at[lane] = seq

    def _answer(self):
        for life, batch in self.kept:
            lane, seq = batch["lane"], batch["messages"][-1]["seq"]
            self.given_up_to[lane] = max(self.given_up_to.get(lane, 0), seq)
            self.witness.note("gave", "city", lane, seq)
            life.send(type="delivered", batch=batch["batch"])
        self.kept = []

    def be_patient(self):
        with self.lock:
            self.patient = True
            self._answer()


class Follower:
    """A receiver behind a real broker: what comes, in order, with repeats, and no number left out."""

    def __init__(self, name, topic, broker, witness):
        self.name, self.witness = name, witness
        self.at = {}  # lane -> the highest seq that came
        self.lock = threading.Lock()
        self.client = broker.client(f"{topic}/+")
        self.client.mqtt.on_message = self._hear

    def _hear(self, mqtt, userdata, m):
        if m.topic.endswith(("/ack", "/status")):
            return
        message = json.loads(m.payload)
        lane, seq = message["lane"], message["seq"]
        with self.lock:
            if seq > self.at.get(lane, 0) + 1:
                self.witness.complain(f"{self.name}/{lane}: {seq} came, the highest before was {self.at.get(lane, 0)}")
            self.at[lane] = max(self.at.get(lane, 0), seq)
        self.witness.seen(self.name, message)
        self.taken(lane)

    def acknowledge_all(self):
        with self.lock:
            lanes = list(self.at)
        for lane in lanes:
            self.acknowledge(lane)

    def close(self):
        self.client.close()


class Cloud(Follower):
    """Its application acknowledges now and then, all up to a number."""

    def __init__(self, broker, witness, random_numbers):
        self.random = random_numbers
        super().__init__("cloud", "estate/v1/t", broker, witness)

    def taken(self, lane):
        if self.random.random() < 0.1:
            self.acknowledge(lane)

    def acknowledge(self, lane):
        seq = self.at[lane]
        self.witness.note("gave", "cloud", lane, seq)
        self.client.mqtt.publish("estate/v1/t/ack", json.dumps({"lane": lane, "seq": seq}), qos=1)


class Post(Follower):
    """The broker acknowledges for it, perhaps before it sees the message: what it was given is known when all has ended."""

    def __init__(self, broker, witness):
        super().__init__("post", "post/v1/t", broker, witness)

    def taken(self, lane):
        self.acknowledge(lane)

    def acknowledge(self, lane):
        self.witness.note("gave", "post", lane, self.at[lane])


class Load:
    """with Load(directory, seed) as load: load.begin(); …; load.estate.kill(); load.start(); …; load.settle()

    post: with the receiver of which nothing can be said before the end."""

    def __init__(self, directory, seed, state=None, environment=None, post=False):
        self.witness, self.wants_post = Witness(), post
        numbers = random.Random(seed)
        self.broker = Broker(directory, config="max_queued_messages 0\nset_tcp_nodelay true")
        self.estate = Estate(directory, configuration(), environment=environment)
        if state:
            self.estate.state = state
        self.api = Api(self.estate.socket)
        self.person = Person(self.api, self.witness, random.Random(numbers.random()))
        self.sensors = Sensors(self.witness, self.person.pressed, random.Random(numbers.random()))
        self.person.closed = self.sensors.free
        self.city = City(self.witness, random.Random(numbers.random()))
        self.numbers = random.Random(numbers.random())
        self.armed_after = []  # s, from the start of the process to the first `stored`

    def __enter__(self):
        self.broker.start()
        self.cloud = Cloud(self.broker, self.witness, random.Random(self.numbers.random()))
        self.post = Post(self.broker, self.witness) if self.wants_post else None
        plugins = [PUPPET.format("src", self.sensors.program), PUPPET.format("city", self.city.program),
                   MQTT.format("cloud", self.broker.url, "application", "estate/v1")]
        if self.post:
            plugins.append(MQTT.format("post", self.broker.url, "broker", "post/v1"))
        self.uplinks = ["cloud", "city"] + ["post"] * self.wants_post
        self.lanes = 2 * len(self.uplinks)
        self.estate.conf.write_text(configuration(", ".join(plugins)))
        self.person.__enter__()
        return self

    def __exit__(self, *_):
        """Everything ends, whatever of it fails to."""
        try:
            if self.estate.process is not None:
                self.estate.kill()
        finally:
            self.person.__exit__()
            self.sensors.__exit__()
            self.city.__exit__()
            self.cloud.close()
            if self.post:
                self.post.close()
            self.broker.stop()

    def start(self):
        self.estate.start(ready=False)

    def begin(self):
        """The first start. A receiver is owed what happens from the moment on that its plugin has first said what it is."""
        self.start()
        until(lambda: len(self._outbox()) == self.lanes, "all uplinks are known")
        self.sensors.begin()

    def _outbox(self):
        try:
            status, rows = self.api.ask("GET", "/v1/outbox")
            return rows if status == 200 else []
        except (OSError, http.client.HTTPException, ValueError):
            return []

    def on_fact(self, kind, act):
        """The next fact of that kind calls act once, on the thread that noted it; the event that is returned is set then."""
        done, told = threading.Event(), threading.Lock()

        def look(noted):
            if noted == kind and told.acquire(blocking=False):
                act()
                done.set()
        self.witness.watcher = look
        return done

    def wait_armed(self, began):
        """Until something was stored by this process; its seconds."""
        done = self.on_fact("stored", lambda: None)
        end = time.monotonic() + LIMIT
        while not done.wait(0.5):
            assert self.estate.process.poll() is None, f"estated ended with {self.estate.process.returncode}:\n{self.estate.log[-4000:]}"
            assert time.monotonic() < end, f"nothing is stored:\n{self.estate.log[-4000:]}"
        self.armed_after.append(time.monotonic() - began)
        self.witness.watcher = None

    def _delivered(self):
        rows = self._outbox()
        if any(r["pending"] for r in rows):
            self.cloud.acknowledge_all()
            return False
        # What the broker has taken is perhaps still on its way to the receiver.
        arrived = all(self.post.at.get(r["lane"], 0) == r["last_seq"] for r in rows if r["uplink"] == "post")
        return len(rows) == self.lanes and arrived

    def settle(self, limit=3 * LIMIT):
        """All that was begun is ended: stored, closed, delivered and acknowledged."""
        self.sensors.settle(limit)
        until(self.person.idle, "the people are done", limit)
        self.city.be_patient()
        until(self._delivered, "all is delivered", limit)
