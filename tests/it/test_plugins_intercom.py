"""intercom: a prompt in the home, a call back, a door release, each with what came of it; nothing is tried twice."""

import hashlib
import hmac
import json
import subprocess
import threading
import time

import pytest

from broker import free_port
from plugin_harness import Plugin, program
from receiver import Receiver

UNLOCK = {"door": "b3-u1", "for": "5s"}


@pytest.fixture
def server():
    with Receiver(answer=lambda post: (200, '{"ok":true}', {})) as r:
        yield r


def base(server):
    return server.url.split("/estate")[0] + "/api"


def intercom(server, **options):
    return Plugin("intercom", {"url": base(server) + "/", **options})


def command(p, id, verb, args):
    p.send({"type": "command", "id": id, "verb": verb, "args": args})
    return p.wait("result", id=id)


def test_each_order_is_posted_and_its_result_comes_back(server):
    server.answer = lambda post: (200, '{"ok":true,"answer":"yes","seconds":4,"type":"x","id":99,"list":[1]}', {})
    with intercom(server) as p:
        assert p.wait("ready")["roles"] == ["command", "notifier"]
        p.wait("healthy")
        assert command(p, 9, "unlock", UNLOCK) == {"type": "result", "id": 9, "ok": True, "answer": "yes", "seconds": 4}
        assert command(p, 10, "prompt", {"station": "b3/u1/1204", "text": "您还好吗？", "lang": "zh"})["ok"]
        assert command(p, 11, "call", {"station": "b3/u1/1204", "to": "desk"})["ok"]
        assert [post.path for post in server.posts] == ["/api/unlock", "/api/prompt", "/api/call"]
        bodies = [json.loads(post.body) for post in server.posts]
        assert [(b["verb"], b["estate"]) for b in bodies] == [("unlock", "demo"), ("prompt", "demo"), ("call", "demo")]
        assert bodies[0]["args"] == UNLOCK and bodies[1]["args"]["text"] == "您还好吗？" and len({b["request"] for b in bodies}) == 3
        assert 0 < bodies[0]["expires"] - time.time() <= 12 and 12 < bodies[1]["expires"] - time.time() <= 62
        assert p.ping()["done"] == 3 and p.stop()[1] == 0


@pytest.mark.parametrize("answer,text", [
    ((200, '{"ok":false,"text":"门已锁死"}', {}), "门已锁死"), ((200, '{"ok":false}', {}), "does not say why"), ((200, "{}", {}), "does not say whether"),
    ((200, "<html>", {}), "not understood"), ((202, "", {}), "does not say whether"), ((409, "", {}), "busy (409)"), ((404, "", {}), "no such station"),
    ((423, '{"ok":true}', {}), "locked for good (423)"), ((504, "", {}), "did not answer (504)"), ((418, "", {}), "it refuses (418)"),
    ((302, "", {"Location": "http://127.0.0.1:1/"}), "it refuses (302)"), ((200, '{"ok":"true"}', {}), "does not say whether"),
    ((403, '{"text":"a\\u001b[2Jb"}', {}), "a [2Jb"), ((200, "x" * 70000, {}), "not known")])
def test_what_is_not_known_to_be_done_is_not_done(server, answer, text):
    server.answer = lambda post: answer
    with intercom(server) as p:
        result = command(p, 1, "unlock", UNLOCK)
        assert not result["ok"] and text in result["text"], result
        assert len(server.posts) == 1


@pytest.mark.parametrize("status", [200, 204])
def test_an_answer_without_a_body_is_done(server, status):
    server.answer = lambda post: (status, "", {})
    with intercom(server) as p:
        assert command(p, 1, "unlock", UNLOCK)["ok"]


@pytest.mark.parametrize("verb,args,text", [
    ("open", {}, "'open' is no order: expected prompt, call or unlock"), ("", {}, "no order"), ("unlock", {}, "unlock: 'door' is missing"),
    ("unlock", {"door": 7}, "'door': expected a text"), ("unlock", {"door": ""}, "'door'"), ("unlock", {"door": "x" * 129}, "'door'"),
    ("unlock", {"door": "a", "for": 5}, "'for': expected a duration"), ("unlock", {"door": "a", "for": "1h"}, "'for'"),
    ("unlock", {"door": "a", "why": "x"}, "there is no 'why'"), ("prompt", {"station": "a"}, "prompt: 'text' is missing"),
    ("prompt", {"station": "a", "text": "x" * 2001}, "'text': expected"), ("call", {}, "call: 'station' is missing")])
def test_a_wrong_order_never_leaves_the_house(server, verb, args, text):
    with intercom(server) as p:
        result = command(p, 3, verb, args)
        assert not result["ok"] and text in result["text"] and server.posts == []


def test_no_answer_in_time_is_told_as_not_known_and_not_tried_again(server):
    server.answer = lambda post: None
    with intercom(server, timeout="500ms") as p:
        p.wait("healthy")
        result = command(p, 1, "unlock", UNLOCK)
        assert not result["ok"] and result["text"] == "no whole answer in time: whether unlock was done is not known"
        threading.Event().wait(1)
        assert len(server.posts) == 1 and p.all("fault") == []


def test_a_server_that_dies_over_an_order_is_not_given_it_again(server):
    def die(post):
        raise ConnectionAbortedError

    with intercom(server) as p:
        p.wait("healthy")
        assert command(p, 1, "unlock", UNLOCK)["ok"]
        server.answer = die
        result = command(p, 2, "unlock", UNLOCK)
        assert not result["ok"] and "whether unlock was done is not known" in result["text"]
        assert len(server.posts) == 2


def test_too_many_at_a_time_are_refused_and_the_others_go_on(server):
    gate = threading.Event()
    server.answer = lambda post: gate.wait(60) and (200, '{"ok":true}', {})
    with intercom(server) as p:
        for n in range(17):
            p.send({"type": "command", "id": n, "verb": "unlock", "args": UNLOCK})
        assert "16 orders" in p.wait("result", id=16)["text"]
        p.ping()
        gate.set()
        p.wait_until(lambda p: sum(m["ok"] for m in p.all("result")) == 16)


def test_a_notice_is_spoken_at_the_contacts_station(server):
    with intercom(server) as p:
        p.wait("healthy")
        p.send({"type": "notify", "id": 7, "to": {"station": "gate"}, "alarm": {"alarm": "fire/p", "priority": 1}, "text": "着火，请撤离"})
        assert p.wait("notified", id=7)["ok"]
        p.send({"type": "notify", "id": 8, "to": {}, "alarm": {"alarm": "fire/p", "priority": 1}, "text": "x"})
        refused = p.wait("notified", id=8)
        assert not refused["ok"] and "'station' is missing" in refused["text"]
        server.answer = lambda post: (409, "", {})
        p.send({"type": "notify", "id": 9, "to": {"station": "gate"}, "alarm": {"alarm": "fire/p", "priority": 1}, "text": "x"})
        assert "busy (409)" in p.wait("notified", id=9)["text"]
        assert json.loads(server.posts[0].body)["args"] == {"station": "gate", "text": "着火，请撤离"} and len(server.posts) == 2


def test_who_we_are_is_said_and_signed(server, tmp_path):
    for name, secret in (("token", "t-1"), ("hmac", "s-1")):
        (tmp_path / name).write_text(secret)
    with intercom(server, token_file=str(tmp_path / "token"), hmac_file=str(tmp_path / "hmac")) as p:
        assert command(p, 1, "unlock", UNLOCK)["ok"]
        [post] = server.posts
        expected = hmac.new(b"s-1", post.headers["Estate-Timestamp"].encode() + b"." + post.body, hashlib.sha256).hexdigest()
        assert post.headers["Estate-Signature"] == "v1=" + expected and post.headers["Authorization"] == "Bearer t-1"
        assert any("no TLS" in line for line in p.log) and not any("t-1" in line or "s-1" in line for line in p.log)


def test_who_is_not_there_is_a_fault_before_anybody_needs_him():
    port = free_port()
    with Plugin("intercom", {"url": f"http://127.0.0.1:{port}/api", "check": "1s"}) as p:
        assert "no intercom at" in p.wait("fault")["text"]
        result = command(p, 1, "unlock", UNLOCK)
        assert not result["ok"] and result["text"] == "the intercom's server cannot be reached: nothing listens there"
        with Receiver(port=port) as r:
            p.wait("healthy")
            r.options = 401
            assert "does not let us in (401)" in p.wait("fault")["text"]
            assert r.posts == []


def test_an_order_under_way_is_ended_before_it_stops(server):
    began, gate = threading.Event(), threading.Event()

    def answer(post):
        began.set()
        gate.wait(60)
        return 200, '{"ok":true}', {}

    server.answer = answer
    with intercom(server) as p:
        p.send({"type": "command", "id": 1, "verb": "unlock", "args": UNLOCK})
        assert began.wait(60)
        p.send({"type": "stop"})
        gate.set()
        assert p.wait("result", id=1)["ok"] and p.wait_exit() == 0


@pytest.mark.parametrize("options,expected", [({}, "url"), ({"url": "x"}, "https://host"), ({"url": "http://h/" + "x" * 600}, "512"),
                                              ({"url": "http://h", "timeout": "1ms"}, "timeout"), ({"url": "http://h", "auth": "ntlm"}, "auth"),
                                              ({"url": "http://h", "token_file": "/nowhere/t"}, "/nowhere/t")])
def test_wrong_options_are_told(options, expected):
    with Plugin("intercom", options) as p:
        assert expected in p.wait("fault")["text"] and p.wait_exit() == 1


@pytest.mark.parametrize("status,result", [(204, "reached"), (401, "denied"), (500, "failed")])
def test_the_probe_opens_no_door(server, status, result):
    server.options = status
    hello = {"type": "hello", "protocol": 1, "instance": "x", "devices": [], "options": {"url": base(server)}}
    done = subprocess.run([program("intercom"), "--probe"], input=json.dumps(hello) + "\n", capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and json.loads(done.stdout)["result"] == result and server.posts == [] and server.probes == 1
