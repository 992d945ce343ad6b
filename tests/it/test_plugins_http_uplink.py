"""http-uplink against real web servers: nothing lost, order kept per lane, delivered means acknowledged, and who it is."""

import email.utils
import hashlib
import hmac
import json
import os
import random
import signal
import subprocess
import time

import pytest

from broker import free_port
from certificates import authority_of
from estate import Estate, until
from outgoing import deliver, deliver_all, envelope
from plugin_harness import Plugin, program
from puppet import Puppet
from receiver import Receiver

FAST = {"retry_first": "20ms", "retry_last": "80ms"}


def uplink(url, **options):
    return Plugin("http-uplink", {"url": url, **FAST, **options})


@pytest.fixture
def receiver():
    with Receiver() as r:
        yield r


def test_help_and_options_name_all_there_is():
    text = subprocess.run([program("http-uplink"), "--help"], capture_output=True, text=True, check=True).stdout
    table = json.loads(subprocess.run([program("http-uplink"), "--options"], capture_output=True, text=True, check=True).stdout)
    names = {o["name"] for o in table}
    assert {"url", "ack", "format", "batch", "token_file", "hmac_credential", "ca_file", "key_credential", "timeout",
            "retry_first"} <= names
    assert all(f"\n{n} " in text and o["help"] for n, o in ((o["name"], o) for o in table)) and "--probe" in text


def test_wrong_options_are_all_told():
    with Plugin("http-uplink", {"url": "ftp://x", "ack": "broker", "batch": 0, "timeout": "1ms", "hmac_credential": "a/b"}) as p:
        text = p.wait("fault")["text"]
        for expected in ('option \'url\' = "ftp://x": expected https://host[:port]/path', "option 'ack'", "option 'batch' = 0",
                         "option 'timeout'", "option 'hmac_credential'"):
            assert expected in text
        assert p.wait_exit() == 1


@pytest.mark.parametrize("url", ["", "x", "https://", "https://user:pw@host/", "http//host", "mqtt://host"])
def test_a_wrong_url_is_refused(url):
    with uplink(url) as p:
        assert "option 'url'" in p.wait("fault")["text"] and p.wait_exit() == 1


@pytest.mark.parametrize("format,type", [("array", "application/json"), ("ndjson", "application/x-ndjson")])
def test_a_batch_goes_out_in_order_byte_for_byte_and_is_delivered(receiver, format, type):
    texts = [json.dumps(envelope(n, text={"zh": "困人 \u2028", "en": "x"}, value=23.5), ensure_ascii=False).replace("23.5", "23.10")
             for n in (1, 2, 3)]
    with uplink(receiver.url, format=format) as p:
        assert p.wait("ready")["roles"] == ["uplink"]
        p.wait("healthy")
        p.send_raw(b'{"type":"deliver","batch":12,"lane":"alarm","messages":[' + ",".join(texts).encode() + b"]}\n")
        assert p.wait("delivered") == {"type": "delivered", "batch": 12}
    [post] = receiver.posts
    assert post.headers["Content-Type"] == type and post.lane == "alarm" and post.path == "/estate?key=k"
    assert post.body.decode() == ("[" + ",".join(texts) + "]" if format == "array" else "\n".join(texts) + "\n")
    assert post.seqs == [1, 2, 3]


def test_delivered_is_said_after_the_answer_and_not_before(receiver):
    receiver.answer = lambda post: None
    with uplink(receiver.url) as p:
        deliver(p, 1, [1])
        receiver.wait(lambda posts: len(posts) == 1)
        p.ping(1)
        assert p.all("delivered") == [] and receiver.seqs() == []


def test_an_alarm_waits_for_no_telemetry(receiver):
    receiver.answer = lambda post: None if post.lane == "data" else (204, "", {})
    with uplink(receiver.url) as p:
        deliver(p, 1, range(1, 60), lane="data", kind="event")
        receiver.wait(lambda posts: any(post.lane == "data" for post in posts))
        deliver(p, 2, [1])
        p.wait("delivered", batch=2)
        assert [m["batch"] for m in p.all("delivered")] == [2]


def test_what_waits_goes_in_one_post_up_to_its_limits(receiver):
    with uplink(receiver.url, batch=100) as p:
        receiver.answer = lambda post: (503, "", {})
        for n in range(5):
            deliver(p, n, range(n * 50 + 1, n * 50 + 51))
        receiver.wait(lambda posts: len(posts) >= 2)
        receiver.answer = lambda post: (200, "", {})
        p.wait("delivered", batch=4)
    assert receiver.seqs() == list(range(1, 251))
    assert max(len(post.seqs) for post in receiver.posts) == 100


# ---- nothing is lost ----

def test_a_receiver_that_answers_500_again_and_again_loses_nothing(receiver):
    """As an hour of it: far more failures than waits of a minute."""
    failures = iter(range(70))
    receiver.answer = lambda post: (500, "x", {}) if next(failures, None) is not None else (200, "", {})
    with uplink(receiver.url, retry_first="10ms", retry_last="10ms") as p:
        for n in range(20):
            deliver(p, n, [n * 3 + 1, n * 3 + 2, n * 3 + 3])
        assert "answers 500: it cannot take anything now" in p.wait("fault")["text"]
        p.wait("healthy", limit=60)
        p.wait("delivered", batch=19)
        assert [m["batch"] for m in p.all("delivered")] == list(range(20)) and p.all("refused") == []
        assert len(p.all("fault")) == 1 and p.ping()["retries"] >= 70
    assert receiver.seqs() == list(range(1, 61))


@pytest.mark.parametrize("status", [301, 401, 403, 404, 408, 415, 429, 502, 503, 504])
def test_what_no_message_can_help_is_tried_again(receiver, status):
    answers = iter([(status, "", {"Location": "http://127.0.0.1:1/"}), (200, "", {})])
    receiver.answer = lambda post: next(answers)
    with uplink(receiver.url) as p:
        deliver(p, 1, [1, 2])
        assert f"answers {status}: " in p.wait("fault")["text"]
        p.wait("healthy")
        p.wait("delivered", batch=1)
        assert p.all("refused") == []
    assert [post.seqs for post in receiver.posts] == [[1, 2], [1, 2]]


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_kept(receiver, form):
    wait = "1" if form == "seconds" else email.utils.formatdate(time.time() + 2, usegmt=True)
    answers = iter([(503, "", {"Retry-After": wait}), (200, "", {})])
    receiver.answer = lambda post: next(answers)
    with uplink(receiver.url) as p:
        deliver(p, 1, [1])
        receiver.wait(lambda posts: len(posts) == 1)
        first = time.monotonic()
        p.wait("delivered", batch=1)
        assert time.monotonic() - first >= 0.9


def test_the_waits_grow_and_differ(receiver):
    receiver.answer = lambda post: (503, "", {})
    with uplink(receiver.url, retry_first="40ms", retry_last="10s") as p:
        deliver(p, 1, [1])
        receiver.wait(lambda posts: len(posts) == 5)
    times = [post.at for post in receiver.posts]
    waits = [b - a for a, b in zip(times, times[1:])]
    assert all(wait >= 0.04 * 2 ** n for n, wait in enumerate(waits)), waits


def test_a_receiver_that_is_not_there_yet(tmp_path):
    port = free_port()
    with uplink(f"http://127.0.0.1:{port}/") as p:
        deliver(p, 1, [1])
        assert p.wait("fault")["text"] == f"no answer from http://127.0.0.1:{port}/: nothing listens there"
        with Receiver(port=port) as r:
            p.wait("delivered", batch=1)
            assert r.seqs() == [1]
        assert len(p.all("fault")) == 1


def test_a_receiver_that_never_answers_is_left_after_the_timeout(receiver):
    receiver.answer = lambda post: None
    with uplink(receiver.url, timeout="1s") as p:
        deliver(p, 1, [1])
        assert p.wait("fault")["text"].endswith("no whole answer in time")
        receiver.answer = lambda post: (200, "", {})
        p.wait("delivered", batch=1)


def test_an_answer_without_an_end_is_bounded(receiver):
    receiver.answer = lambda post: (200, "x" * 70000, {})
    with uplink(receiver.url) as p:
        deliver(p, 1, [1])
        assert "its answer is longer than 65536 bytes" in p.wait("fault")["text"]
        assert p.all("delivered") == []


def test_order_and_everything_survive_a_receiver_that_fails_at_random(receiver):
    dice = random.Random(7)
    receiver.answer = lambda post: dice.choice([(200, "", {}), (200, "", {}), (500, "", {}), (429, "", {})])
    with uplink(receiver.url, retry_first="10ms", retry_last="10ms", batch=7) as p:
        for n in range(40):
            deliver(p, n, range(n * 5 + 1, n * 5 + 6), lane="data", kind="event")
            deliver(p, 100 + n, [n + 1])
        p.wait_until(lambda p: len([m for m in p.messages if m["type"] == "delivered"]) == 80)
    assert receiver.seqs("data") == list(range(1, 201)) and receiver.seqs("alarm") == list(range(1, 41))


# ---- poison ----

def refuse(*poison, status=400):
    """The records of what was refused are taken."""
    def answer(post):
        bad = any(m["seq"] in poison and m["kind"] != "gap" for m in post.messages)
        return (status, "no such place", {}) if bad else (200, "", {})
    return answer


@pytest.mark.parametrize("poison", [(1,), (40,), (64,), (3, 4), (1, 64), (70,)])
def test_a_poison_message_is_found_set_aside_and_told_and_the_others_arrive(receiver, poison):
    receiver.answer = refuse(*poison, status=422)
    with uplink(receiver.url) as p:
        refused = deliver_all(p, list(range(1, 81)))
        assert [m["seq"] for m in refused] == list(poison)
        assert all("answers 422: no such place" in m["text"] for m in refused) and p.all("fault") == []
    assert receiver.seqs() == list(range(1, 81))
    assert [m["seq"] for post in receiver.taken for m in post.messages if m["kind"] == "gap"] == list(poison)
    assert len(receiver.posts) <= 3 + 10 * len(poison)


def test_a_receiver_that_refuses_everything_is_wrong_itself(receiver):
    receiver.answer = lambda post: (400, "", {})
    with uplink(receiver.url) as p:
        for n in range(1, 18):
            deliver(p, n, range(1, 61), lost=(1,) if n > 1 else ())
            if n < 17:
                assert p.wait("refused", batch=n)["seq"] == 1
        assert "answers 400: it does not take what it is sent" in p.wait("fault")["text"]
        assert len(p.all("refused")) == 16
        receiver.answer = lambda post: (200, "", {})
        p.wait("delivered", batch=17)
    assert receiver.seqs() == list(range(1, 61))


# ---- the receiver's own word ----

def test_the_receivers_own_acknowledgement_counts_where_it_is_asked_for(receiver):
    stored = []

    def answer(post):
        """It takes three at a time."""
        stored.extend(s for s in post.seqs[:3] if not stored or s > stored[-1])
        return 200, json.dumps({"lane": post.lane, "seq": stored[-1]}), {}

    receiver.answer = answer
    with uplink(receiver.url, ack="application") as p:
        deliver(p, 1, range(1, 9))
        p.wait("delivered", batch=1)
        assert stored == list(range(1, 9)) and p.all("fault") == []


@pytest.mark.parametrize("body", ["", "ok", "{}", '{"lane":"data","seq":9}', '{"lane":"alarm","seq":"9"}', '{"lane":"alarm","seq":0}',
                                  "[]", "null", '[{"lane":"alarm"}]'])
def test_an_answer_that_acknowledges_nothing_is_no_delivery(receiver, body):
    answers = iter([(200, body, {}), (200, '[{"lane":"data","seq":1},{"lane":"alarm","seq":2}]', {})])
    receiver.answer = lambda post: next(answers)
    with uplink(receiver.url, ack="application") as p:
        deliver(p, 1, [1, 2])
        assert 'without {"lane":…,"seq":N}' in p.wait("fault")["text"]
        assert p.all("delivered") == []
        p.wait("delivered", batch=1)


# ---- who it is ----

def verified(post, secret, now, window=300):
    """As plugins/README.md tells a receiver to do it; nothing of ours in it."""
    stamp, signature = post.headers["Estate-Timestamp"], post.headers["Estate-Signature"]
    if not stamp or not signature or abs(now - int(stamp)) > window:
        return False
    expected = "v1=" + hmac.new(secret, stamp.encode() + b"." + post.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, signature)


@pytest.mark.parametrize("secret", ["s", "密钥", "x" * 64, "x" * 65, "y" * 1000])
def test_the_signature_is_one_that_python_finds_right(receiver, tmp_path, secret):
    file = tmp_path / "secret"
    file.write_text(secret + "\n")
    with uplink(receiver.url, hmac_file=str(file)) as p:
        deliver(p, 1, range(1, 10), text={"zh": "困人", "en": "x"})
        p.wait("delivered", batch=1)
    [post] = receiver.posts
    assert verified(post, secret.encode(), time.time())
    assert not verified(post, secret.encode() + b"x", time.time()) and not verified(post, secret.encode(), time.time() + 301)
    post.body = post.body.replace(b'"seq":9', b'"seq":8')
    assert not verified(post, secret.encode(), time.time())


def test_secrets_are_read_at_each_post_and_never_stand_in_what_it_says(receiver, tmp_path, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    secret = tmp_path / "token"
    secret.write_text("geheim-1\n")
    receiver.answer = lambda post: (200, "", {}) if post.headers["Authorization"] == "Bearer geheim-2" else (401, "", {})
    with uplink(receiver.url, token_credential="token") as p:
        deliver(p, 1, [1])
        p.wait("fault")
        secret.write_text("geheim-2\n")
        p.wait("delivered", batch=1)
        secret.unlink()
        deliver(p, 2, [2])
        assert "credential 'token' is missing" in p.wait("fault")["text"]
        secret.write_text("geheim-2\n")
        p.wait("delivered", batch=2)
        assert "geheim" not in " ".join(p.log) + json.dumps(p.messages) and "key=k" not in " ".join(p.log)


def test_basic_authentication(receiver, tmp_path):
    (tmp_path / "p").write_text("geheim\n")
    with uplink(receiver.url, username="estate", password_file=str(tmp_path / "p")) as p:
        deliver(p, 1, [1])
        p.wait("delivered", batch=1)
        p.wait_until(lambda p: any("has no TLS" in line for line in p.log))
    assert receiver.posts[0].headers["Authorization"] == "Basic ZXN0YXRlOmdlaGVpbQ=="


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return authority_of(tmp_path_factory, server="IP:127.0.0.1", elsewhere="DNS:elsewhere.example", client="")


def test_https_with_a_client_certificate(authority):
    certificate, key = authority.pair("client")
    with Receiver(tls=authority.pair("server"), clients=authority.certificate) as r:
        with uplink(r.url, ca_file=authority.certificate, certificate_file=certificate, key_file=key) as p:
            for n in range(1, 4):
                deliver(p, n, [n])
                p.wait("delivered", batch=n)
        assert r.posts[0].certificate["subject"] == ((("commonName", "client"),),)
        with uplink(r.url, ca_file=authority.certificate) as p:
            deliver(p, 1, [4])
            p.wait("fault")
        assert r.seqs() == [1, 2, 3]


@pytest.mark.parametrize("name,ca", [("elsewhere", True), ("server", False)])
def test_a_server_that_is_not_the_one_gets_nothing(authority, name, ca):
    options = {"ca_file": authority.certificate} if ca else {}
    with Receiver(tls=authority.pair(name)) as r, uplink(r.url, **options) as p:
        deliver(p, 1, [1])
        assert p.wait("fault")["text"].startswith("no answer from https://127.0.0.1:")
        assert r.posts == []


def test_a_redirect_is_not_followed_and_no_proxy_used(receiver, monkeypatch):
    with Receiver() as elsewhere:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{elsewhere.port}")
        receiver.answer = lambda post: (307, "", {"Location": elsewhere.url})
        with uplink(receiver.url) as p:
            deliver(p, 1, [1])
            assert "it points to another URL" in p.wait("fault")["text"]
        assert elsewhere.posts == [] and receiver.posts


# ---- life ----

def test_stop_waits_for_the_answer_that_is_under_way(receiver):
    with uplink(receiver.url) as p:
        deliver(p, 1, [1])
        p.wait("delivered", batch=1)
        assert p.stop() < (2, 1)
    receiver.answer = lambda post: None
    with uplink(receiver.url) as p:
        deliver(p, 1, [2])
        receiver.wait(lambda posts: len(posts) == 2)
        seconds, code = p.stop()
        assert seconds < 2 and code == 0 and p.all("delivered") == []


def test_a_batch_that_can_never_be_delivered_and_more_than_it_can_hold_are_refused(receiver):
    receiver.answer = lambda post: (503, "", {})
    with uplink(receiver.url, retry_first="10m", retry_last="10m") as p:
        p.send({"type": "deliver", "batch": 1, "lane": "alarm", "messages": [{"no": "kind"}]})
        assert p.wait("refused", batch=1)["retry"] is False
        for n in range(2, 300):
            deliver(p, n, [n])
        assert p.wait("refused", batch=258)["retry"] is True


def probe(url, **options):
    hello = {"type": "hello", "protocol": 1, "instance": "t", "options": {"url": url, **options}, "devices": []}
    done = subprocess.run([program("http-uplink"), "--probe"], input=json.dumps(hello) + "\n", capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("status,result", [(204, "reached"), (405, "reached"), (404, "reached"), (401, "denied"), (403, "denied"), (500, "failed")])
def test_a_probe_tells_who_is_there_and_posts_nothing(receiver, status, result):
    receiver.options = status
    assert probe(receiver.url)["result"] == result and receiver.probes == 1 and receiver.posts == []


def test_a_probe_of_nobody():
    told = probe(f"http://127.0.0.1:{free_port()}/a?secret=1")
    assert told["result"] == "refused" and "secret" not in json.dumps(told)
    assert probe("http://no-such-host.invalid/")["result"] == "unresolved"


# ---- with the daemon ----

ESTATE = '''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
plugins: ( {{ id = "src"; program = "{source}"; }}, {{ id = "city"; program = "http-uplink"; options: {{ url = "{url}"; ack = "application";
    retry_first = "20ms"; retry_last = "100ms"; lanes = ( "alarm" ); }}; }} );
classes: ( {{ id = "probe"; points: ( {{ name = "on"; type = "bool"; }} ); }} );
devices: ( {{ id = "p1"; place = "b1"; plugin = "src"; address = "1"; class = "probe"; }} );
rules: ( {{ id = "r"; class = "probe"; when = "on"; priority = 2; }} );
'''


def test_nothing_is_lost_over_hours_of_500_answers_without_acknowledgement_and_kills(tmp_path, receiver):
    """The receiver fails, forgets and recovers while the daemon and the plugin are killed: each transition arrives, in order."""
    stored, mood = {}, ["down"]

    def answer(post):
        if mood[0] == "down":
            return 500, "", {}
        if mood[0] == "forgets":
            return 200, "", {}  # it says that it has them, and has not
        for m in post.messages:
            assert stored.setdefault(m["seq"], m) == m
        return 200, json.dumps({"lane": post.lane, "seq": max(post.seqs)}), {}

    receiver.answer = answer
    with Puppet() as source, Estate(tmp_path, ESTATE.format(source=source.program, url=receiver.url)) as estate:
        life, on, expected = source.life().ready("source"), False, []
        for step, (state, end) in enumerate([("down", "daemon"), ("forgets", "plugin"), ("down", "daemon"), ("up", "plugin"), ("forgets", "daemon")]):
            mood[0] = state
            for n in range(6):
                on = not on
                life.sample("p1", id=f"{step}-{n}", on=on)
                life.wait("stored", id=f"{step}-{n}")
                expected.append("unacked" if on else "rtn_unacked")
            seen = len(receiver.posts)
            receiver.wait(lambda posts: len(posts) > seen or state == "up")
            if end == "daemon":
                estate.kill()
                estate.start()
                life = source.life().ready("source")
            else:
                os.kill(next(p["pid"] for p in estate.json("plugins") if p["plugin"] == "city"), signal.SIGKILL)
        mood[0] = "up"
        until(lambda: not any(row["pending"] for row in estate.json("outbox")), "all is delivered")
    assert sorted(stored) == list(range(1, len(stored) + 1))
    assert [stored[s]["state"] for s in sorted(stored) if stored[s]["rule"] == "r"] == expected
