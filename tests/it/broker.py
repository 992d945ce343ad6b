"""A real mosquitto on a free loopback port, and a client that collects what it publishes.

    with Broker(tmp_path) as broker:
        with broker.client("a/#") as seen:
            ...
            seen.wait(lambda messages: len(messages) == 3)
"""

import contextlib
import getpass
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import threading
import time

import paho.mqtt.client as paho

from pace import LIMIT


def free_port():
    """One that nobody listens on, for a program that has to be given a number. Below those that the kernel gives by itself: else
    another test's connection or server may take it before that program does."""
    first = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(first // 2, first)
        with socket.socket() as s, contextlib.suppress(OSError):
            s.bind(("127.0.0.1", port))
            return port


def find_mosquitto():
    return shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


class Message:
    def __init__(self, m):
        self.topic, self.payload, self.retain, self.qos = m.topic, m.payload, bool(m.retain), m.qos

    def __repr__(self):
        return f"{self.topic} {self.payload[:80]!r}{' retained' if self.retain else ''}"


class Client:
    """An MQTT client on its own thread. Reconnects and subscribes again by itself."""

    def __init__(self, port, *topics, username=None, password=None):
        self.messages, self.topics = [], topics
        self.changed = threading.Condition()
        self.subscribed = False
        self.mqtt = paho.Client()
        if username:
            self.mqtt.username_pw_set(username, password)
        self.mqtt.reconnect_delay_set(1, 1)
        self.mqtt.on_connect = self._on_connect
        self.mqtt.on_subscribe = self._on_subscribe
        self.mqtt.on_disconnect = self._on_disconnect
        self.mqtt.on_message = self._on_message
        self.mqtt.connect("127.0.0.1", port)
        self.mqtt.loop_start()
        self.wait_ready()

    def _on_connect(self, mqtt, userdata, flags, rc):
        if self.topics:
            mqtt.subscribe([(t, 1) for t in self.topics])
        else:
            self._on_subscribe()

    def _on_subscribe(self, *_):
        with self.changed:
            self.subscribed = True
            self.changed.notify_all()

    def _on_disconnect(self, *_):
        with self.changed:
            self.subscribed = False

    def _on_message(self, mqtt, userdata, m):
        with self.changed:
            self.messages.append(Message(m))
            self.changed.notify_all()

    def wait_ready(self, limit=LIMIT):
        with self.changed:
            assert self.changed.wait_for(lambda: self.subscribed, limit), "no connection to the broker"

    def wait(self, condition, limit=LIMIT):
        """Until condition(messages); returns the messages."""
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self.messages), limit), \
                f"not within {limit} s; {len(self.messages)} messages, the last: {self.messages[-5:]}"
            return list(self.messages)

    def publish(self, topic, payload, retain=False, qos=1):
        """Returns when the broker has it."""
        info = self.mqtt.publish(topic, payload, qos=qos, retain=retain)
        info.wait_for_publish(LIMIT)
        assert info.is_published(), f"the broker did not take {topic}"

    def close(self):
        self.mqtt.disconnect()
        self.mqtt.loop_stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Broker:
    def __init__(self, directory, config="", anonymous=True, persistence=False):
        self.directory = os.path.join(str(directory), f"broker-{id(self):x}")
        os.makedirs(self.directory)
        self.extra, self.anonymous, self.persistence = config, anonymous, persistence
        self.port, self.process = None, None

    @property
    def url(self):
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def log(self):
        with open(os.path.join(self.directory, "log"), errors="replace") as f:
            return f.read()

    def _write_config(self):
        path = os.path.join(self.directory, "mosquitto.conf")
        with open(path, "w") as f:
            f.write(f"listener {self.port} 127.0.0.1\n"
                    f"allow_anonymous {'true' if self.anonymous else 'false'}\n"
                    f"persistence {'true' if self.persistence else 'false'}\n"
                    f"persistence_location {self.directory}/\n"
                    f"user {getpass.getuser()}\n"
                    f"log_dest stderr\n{self.extra}\n")
        return path

    def _try_start(self):
        with open(os.path.join(self.directory, "log"), "ab") as log:
            said = log.tell()
            self.process = subprocess.Popen([find_mosquitto(), "-c", self._write_config()], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        until = time.monotonic() + LIMIT
        while time.monotonic() < until:
            if self.process.poll() is not None:
                return False
            if " running" in self.log[said:]:  # its listeners are open; whoever answers at the port might be another
                return True
            time.sleep(0.01)
        return False

    def start(self):
        """The port is chosen once and kept over restarts."""
        if self.port:
            assert self._try_start(), self.log
            return self
        for _ in range(5):  # another process may take the port between the question and the use
            self.port = free_port()
            if self._try_start():
                return self
        raise AssertionError(self.log)

    def stop(self, sig=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(sig)
            self.process.wait(LIMIT)
        self.process = None

    def kill(self):
        self.stop(signal.SIGKILL)

    def restart(self):
        self.stop()
        return self.start()

    def client(self, *topics, **kwargs):
        return Client(self.port, *topics, **kwargs)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
