"""webhook-notifier against a real web server that answers as the makers of group robots do: shape, signature, limits, failures."""

import base64
import contextlib
import hashlib
import hmac
import json
import socket
import subprocess
import threading
import time
import urllib.parse

import pytest

from broker import free_port
from certificates import authority_of
from notices import answer, is_answered, notify, tell
from plugin_harness import Plugin, program
from receiver import Receiver

OK = {"wecom": {"errcode": 0, "errmsg": "ok"}, "dingtalk": {"errcode": 0, "errmsg": "ok"},
      "feishu": {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}, "json": {}}
KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
HOOKS = {"wecom": f"/cgi-bin/webhook/send?key={KEY}", "dingtalk": f"/robot/send?access_token={KEY}",
         "feishu": f"/open-apis/bot/v2/hook/{KEY}", "json": "/told?by=estate"}
MAKERS = ["wecom", "dingtalk", "feishu"]


class Group(Receiver):
    """The maker's server: answers as the test says, with 0 if it says nothing."""

    def __init__(self, dialect, **more):
        super().__init__(**more)
        self.dialect = dialect
        self.say()

    def say(self, body=None, status=200, **headers):
        text = body if isinstance(body, str) else json.dumps(OK[self.dialect] if body is None else body)
        self.answer = lambda post: (status, text, headers)

    def code(self, number, text="x"):
        self.say({"code": number, "msg": text} if self.dialect == "feishu" else {"errcode": number, "errmsg": text})

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def hook(self):
        return self.url + HOOKS[self.dialect]

    @property
    def texts(self):
        return [text_of(self.dialect, m) for m in (p.messages for p in list(self.posts))]


def text_of(dialect, body):
    if dialect == "feishu":
        return body["content"]["text"]
    return body["text"] if dialect == "json" else body["text"]["content"]


class World:
    def __init__(self, folder, dialect="wecom"):
        self.folder, self.group = folder, Group(dialect)
        self.file("hook", self.group.hook)

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text + "\n")
        return str(path)

    def plugin(self, **options):
        return Plugin("webhook-notifier", {"dialect": self.group.dialect, "hook_file": str(self.folder / "hook"), **options})

    def __enter__(self):
        self.group.__enter__()
        return self

    def __exit__(self, *_):
        self.group.close()


@pytest.fixture
def world(tmp_path):
    with World(tmp_path) as w:
        yield w


@pytest.fixture(params=MAKERS)
def any_maker(tmp_path, request):
    with World(tmp_path, request.param) as w:
        yield w


@pytest.fixture
def make_world(tmp_path):
    made = []

    def make(dialect):
        made.append(World(tmp_path, dialect).__enter__())
        return made[-1]
    yield make
    for w in made:
        w.__exit__()


def test_help_and_options_name_all_there_is():
    text = subprocess.run([program("webhook-notifier"), "--help"], capture_output=True, text=True, check=True).stdout
    table = json.loads(subprocess.run([program("webhook-notifier"), "--options"], capture_output=True, text=True, check=True).stdout)
    assert {"dialect", "hook_credential", "secret_credential", "url", "format", "prefix", "limit", "ca_file"} <= {o["name"] for o in table}
    assert "--probe" in text and "wecom dingtalk feishu json" in text


@pytest.mark.parametrize("options,expected", [
    ({}, "option 'dialect' is missing"), ({"dialect": "wecon"}, "did you mean 'wecom'"), ({"dialect": "json"}, "expected option 'url'"),
    ({"dialect": "wecom", "url": "ftp://x"}, "option 'url'"), ({"dialect": "wecom", "hook_file": "hook"}, "an absolute path"),
    ({"dialect": "wecom", "hook_file": "/no/such/file"}, "option 'hook_file' = \"/no/such/file\""),
    ({"dialect": "feishu", "hook_file": "/dev/null"}, "its first line is empty"), ({"dialect": "wecom", "limit": 0}, "option 'limit'"),
    ({"dialect": "wecom", "timeout": "1m"}, "option 'timeout'")])
def test_wrong_options_are_told(options, expected):
    with Plugin("webhook-notifier", options) as p:
        assert expected in p.wait("fault")["text"] and p.wait_exit() == 1


def test_a_hook_that_is_neither_an_address_nor_a_key_is_told_without_showing_it(tmp_path):
    (tmp_path / "hook").write_text("my robot is secret\n")
    with Plugin("webhook-notifier", {"dialect": "wecom", "hook_file": str(tmp_path / "hook")}) as p:
        text = p.wait("fault")["text"]
        assert "neither an address" in text and "secret" not in text and p.wait_exit() == 1


# ---- shape and signature ----

def test_a_text_arrives_as_the_maker_wants_it(any_maker):
    with any_maker.plugin() as p:
        assert p.wait("ready")["roles"] == ["notifier"]
        p.wait("healthy")
        assert tell(p, "【立即】3栋1单元 困人") == ""
    [post] = any_maker.group.posts
    assert post.path == HOOKS[any_maker.group.dialect] and post.headers["Content-Type"].startswith("application/json")
    assert any_maker.group.texts == ["【立即】3栋1单元 困人"]
    kind = post.messages.get("msgtype") or post.messages.get("msg_type")
    assert kind == "text"


def test_the_key_alone_goes_to_the_makers_place(any_maker, tmp_path):
    base = any_maker.group.hook.split("?")[0].removesuffix("/" + KEY)
    with any_maker.plugin(url=base, hook_file=any_maker.file("key", KEY)) as p:
        assert tell(p) == ""
    assert any_maker.group.posts[0].path == HOOKS[any_maker.group.dialect]


def test_dingtalk_is_signed_in_the_url(make_world):
    w = make_world("dingtalk")
    secret = "SEC0123456789abcdef+/="
    with w.plugin(secret_file=w.file("secret", secret)) as p:
        assert tell(p) == ""
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(w.group.posts[0].path).query)
    stamp = query["timestamp"][0]
    mac = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    assert query["access_token"] == [KEY] and query["sign"] == [base64.b64encode(mac).decode()]
    assert abs(int(stamp) / 1000 - time.time()) < 60


def test_feishu_is_signed_in_the_body(make_world):
    w = make_world("feishu")
    with w.plugin(secret_file=w.file("secret", "s3cret")) as p:
        assert tell(p) == ""
    body = w.group.posts[0].messages
    mac = hmac.new(f"{body['timestamp']}\ns3cret".encode(), b"", hashlib.sha256).digest()
    assert body["sign"] == base64.b64encode(mac).decode() and abs(int(body["timestamp"]) - time.time()) < 60


def test_plain_json_is_signed_as_an_uplink_is(make_world):
    w = make_world("json")
    with w.plugin(secret_file=w.file("secret", "s3cret")) as p:
        assert tell(p, "困人", others=[{"alarm": "a/b"}], to={"mention": "all"}) == ""
    [post] = w.group.posts
    expected = hmac.new(b"s3cret", post.headers["Estate-Timestamp"].encode() + b"." + post.body, hashlib.sha256).hexdigest()
    assert post.headers["Estate-Signature"] == "v1=" + expected and abs(int(post.headers["Estate-Timestamp"]) - time.time()) < 60
    body = post.messages
    assert body["text"] == "困人" and body["alarm"]["alarm"] == "sos/sos-1204" and body["contact"]["id"] == "desk"
    assert body["others"] == [{"alarm": "a/b"}] and body["step"] == 1 and "to" not in body and "type" not in body


def test_without_a_secret_nothing_is_signed(make_world):
    w = make_world("json")
    with w.plugin() as p:
        assert tell(p) == ""
    assert "Estate-Signature" not in w.group.posts[0].headers


@pytest.mark.parametrize("dialect,priority,expected", [
    ("wecom", 1, {"msgtype": "markdown", "markdown": {"content": '<font color="warning">电梯＜1＞ 困人</font>\n第二行'}}),
    ("wecom", 4, {"msgtype": "markdown", "markdown": {"content": '<font color="info">电梯＜1＞ 困人</font>\n第二行'}}),
    ("dingtalk", 1, {"msgtype": "markdown", "markdown": {"title": "电梯＜1＞ 困人", "text": "### 电梯＜1＞ 困人\n\n第二行"},
                     "at": {"atMobiles": [], "atUserIds": [], "isAtAll": False}}),
    ("feishu", 2, {"msg_type": "interactive", "card": {"header": {"title": {"tag": "plain_text", "content": "电梯＜1＞ 困人"}, "template": "orange"},
                                                       "elements": [{"tag": "div", "text": {"tag": "lark_md", "content": "第二行"}}]}})])
def test_markdown_is_the_makers_own_and_nothing_in_a_text_is_taken_for_it(make_world, dialect, priority, expected):
    w = make_world(dialect)
    with w.plugin(format="markdown") as p:
        assert tell(p, "电梯<1> 困人\n第二行", priority=priority) == ""
    assert w.group.posts[0].messages == expected


@pytest.mark.parametrize("dialect,part", [
    ("wecom", {"text": {"content": "困人", "mentioned_list": ["keeper", "@all"], "mentioned_mobile_list": ["13900000001"]}}),
    ("dingtalk", {"at": {"atMobiles": ["13900000001"], "atUserIds": ["keeper"], "isAtAll": True}}),
    ("feishu", {"content": {"text": '困人 <at user_id="keeper"></at> <at user_id="all"></at>'}})])
def test_priority_1_calls_people_by_name_and_others_do_not(make_world, dialect, part):
    w = make_world(dialect)
    to = {"mention": ["keeper", "13900000001", "all", 5, ""]}
    with w.plugin() as p:
        assert tell(p, "困人", to=to) == "" and tell(p, "困人", priority=3, to=to) == "" and tell(p, "困人", to=to, clear=True) == ""
    first, *others = [post.messages for post in w.group.posts]
    assert part.items() <= first.items()
    assert all(part.items().isdisjoint(m.items()) for m in others)


def test_the_keyword_stands_before_each_text(world):
    with world.plugin(prefix="示范小区") as p:
        assert tell(p, "困人") == ""
    assert world.group.texts == ["示范小区 困人"]


def test_a_text_that_is_too_long_is_cut_between_characters(world):
    with world.plugin() as p:
        assert tell(p, "困" * 3000) == ""
    [text] = world.group.texts
    assert len(text.encode()) <= 2048 and len(text) > 600 and text == "困" * (len(text) - 1) + "…"


# ---- what makers answer ----

@pytest.mark.parametrize("dialect,number,hint", [
    ("wecom", 93000, "is the hook's key right?"), ("wecom", 45009, "too many messages in a minute"), ("wecom", 1, "of its own"),
    ("dingtalk", 310000, "its security settings refuse it"), ("dingtalk", 130101, "it stays shut for ten"),
    ("dingtalk", 300001, "is the hook's key right?"), ("feishu", 19021, "the signature does not fit"),
    ("feishu", 19024, "option 'prefix'"), ("feishu", 11232, "too many messages"), ("feishu", 9499, "of its own")])
def test_a_number_in_a_200_is_a_failure_at_once_and_says_what_to_do(make_world, dialect, number, hint):
    w = make_world(dialect)
    w.group.code(number, "of its own")
    with w.plugin() as p:
        text = tell(p)
        assert hint in text and f"({number})" in text and "of its own" in text
        w.group.say()
        assert tell(p) == "" and p.all("fault") == []


@pytest.mark.parametrize("body", ["", "ok", "<html>login</html>", "[]", "null", '{"errcode":"0"}', '{"errcode":0.0}', '{"code":null}', "{" * 400])
def test_an_answer_that_is_not_the_makers_is_a_failure(any_maker, body):
    any_maker.group.say(body)
    with any_maker.plugin() as p:
        assert "does not answer as it does: is the URL right?" in tell(p)


def test_the_old_answer_of_feishu_counts(make_world):
    w = make_world("feishu")
    w.group.say({"Extra": None, "StatusCode": 0, "StatusMessage": "success"})
    with w.plugin() as p:
        assert tell(p) == ""


@pytest.mark.parametrize("status", [301, 400, 403, 404, 500])
def test_another_status_is_a_failure(any_maker, status):
    any_maker.group.say("x", status=status, Location="http://127.0.0.1:1/")
    with any_maker.plugin() as p:
        assert tell(p).endswith(f" answers {status}")
    assert len(any_maker.group.posts) == 1


def test_a_receiver_of_plain_json_may_refuse(make_world):
    w = make_world("json")
    with w.plugin() as p:
        w.group.say({"ok": False, "text": "the phone is off"})
        assert tell(p) == "the web hook refuses it: the phone is off"
        for fine in ("", "thanks", {"ok": True}, {}):
            w.group.say(fine, status=202)
            assert tell(p) == ""


def test_what_a_maker_says_cannot_forge_the_log(world):
    world.group.code(1, "x\n<3>forged\u0007")
    with world.plugin() as p:
        assert "\n" not in tell(p)
        p.ping()
        assert not [line for line in p.log if line.startswith("<3>")]


# ---- limits ----

def test_a_flood_of_lower_priority_is_merged_and_all_of_it_told(world):
    world.group.silent.clear()
    gate = threading.Event()
    world.group.answer = lambda post: (gate.wait(20), (200, json.dumps(OK["wecom"]), {}))[1]
    with world.plugin() as p:
        first = notify(p, "水箱 0", priority=3)
        world.group.wait(lambda posts: len(posts) == 1)
        ids = [notify(p, f"水箱 {n}", priority=3) for n in range(1, 31)]
        p.ping()
        gate.set()
        assert all(answer(p, id) == "" for id in [first, *ids])
    assert len(world.group.posts) == 2 and world.group.texts[1].split("\n") == [f"水箱 {n}" for n in range(1, 31)]


def test_a_limit_that_is_reached_never_delays_priority_1(world):
    """Eight a minute: two at once, then one each 15 s; a quarter stays free."""
    with world.plugin(limit=8) as p:
        assert tell(p, "水箱", priority=3) == "" and tell(p, "水泵", priority=3) == ""
        waiting = [notify(p, f"门 {n}", priority=n) for n in (2, 3, 4)]
        assert tell(p, "困人") == "" and tell(p, "水浸", priority=2, alarm={"life_safety": True}) == ""
        assert not any(is_answered(p, id) for id in waiting) and p.ping()["under_way"] == 3
        assert world.group.texts == ["水箱", "水泵", "困人", "水浸"]


def test_what_waits_goes_as_one_message_when_its_turn_comes(world):
    """Sixty a minute: fifteen at once, then one each 2 s."""
    with world.plugin(limit=60) as p:
        for n in range(15):
            assert tell(p, f"水箱 {n}", priority=3) == ""
        ids = [notify(p, f"门 {n}", priority=n) for n in (4, 3, 2)]
        p.ping()
        assert not any(is_answered(p, id) for id in ids)
        assert all(answer(p, id) == "" for id in ids)
    assert len(world.group.posts) == 16 and world.group.texts[-1] == "门 4\n门 3\n门 2"
    assert world.group.posts[15].at - world.group.posts[14].at >= 1.9


def test_beyond_the_limit_priority_1_is_still_tried_at_once(world):
    gate = threading.Event()
    world.group.answer = lambda post: (gate.wait(20), (200, json.dumps(OK["wecom"]), {}))[1]
    with world.plugin(limit=1) as p:
        ids = [notify(p, f"困人 {n}", to={"mention": ["keeper", f"guard-{n % 3}"]}) for n in range(5)]
        world.group.wait(lambda posts: len(posts) == 1)
        p.ping()
        gate.set()
        assert all(answer(p, id) == "" for id in ids)
    assert world.group.texts == ["困人 0", "困人 1\n困人 2\n困人 3\n困人 4"]
    assert world.group.posts[1].messages["text"]["mentioned_list"] == ["keeper", "guard-1", "guard-2", "guard-0"]


def test_a_robot_that_says_too_many_fails_priority_1_at_once_and_keeps_the_others(world):
    with world.plugin() as p:
        world.group.code(45009, "api freq out of limit")
        low = notify(p, "水箱", priority=3)
        world.group.wait(lambda posts: len(posts) == 1)
        assert "too many messages in a minute" in tell(p)
        world.group.say()
        assert tell(p, "困人") == "" and not is_answered(p, low)
        assert answer(p, low) == "" and world.group.texts[-1] == "水箱"


def test_a_dingtalk_robot_that_is_shut_for_ten_minutes_is_not_asked_again_but_for_priority_1(make_world):
    w = make_world("dingtalk")
    with w.plugin() as p:
        w.group.code(130101, "send too fast")
        assert "it stays shut for ten" in tell(p, priority=3)
        assert "is full for too long" in tell(p, priority=3) and len(w.group.posts) == 1
        w.group.say()
        assert tell(p, "困人") == "" and w.group.texts[-1] == "困人"


def test_a_429_asks_for_a_while_that_is_too_long_for_anybody(world):
    world.group.say("", status=429, **{"Retry-After": "600"})
    with world.plugin() as p:
        assert "answers 429" in tell(p) and "is full for too long" in tell(p, priority=3)


# ---- who is told, and who cannot be ----

def test_each_contact_may_have_a_robot_of_its_own(world, tmp_path):
    with Group("wecom") as other, world.plugin() as p:
        hook = world.file("other", other.hook)
        assert tell(p, "a") == "" and tell(p, "b", to={"hook_file": hook}) == ""
        assert world.group.texts == ["a"] and other.texts == ["b"] and p.ping()["hooks"] == 2
        missing = str(tmp_path / "none")
        assert f'option \'hook_file\' = "{missing}": No such file' in tell(p, to={"hook_file": missing})
        assert "expected" in tell(p, to={"hook_file": "relative"}) and "expected" in tell(p, to={"hook_credential": "../x"})
        assert tell(p, "c") == "" and p.all("fault") == []


def test_without_any_robot_it_says_so():
    with Plugin("webhook-notifier", {"dialect": "feishu"}) as p:
        p.wait("healthy")
        assert tell(p) == "no robot: neither the contact's `to` nor the options name a hook"


def test_a_server_that_is_away_fails_at_once_is_a_fault_and_comes_back(tmp_path):
    port = free_port()
    hook = tmp_path / "hook"
    hook.write_text(f"http://127.0.0.1:{port}{HOOKS['wecom']}\n")
    with Plugin("webhook-notifier", {"dialect": "wecom", "hook_file": str(hook)}) as p:
        assert tell(p) == f"no answer from http://127.0.0.1:{port}: nothing listens there"
        fault = p.wait("fault")["text"]
        with Group("wecom", port=port) as group:
            p.wait("healthy")
            assert tell(p) == "" and len(group.posts) == 1
        assert len(p.all("fault")) == 1 and KEY not in fault + "".join(p.log)


def test_a_password_before_the_host_is_shown_to_nobody(world):
    port = free_port()
    world.file("hook", f"http://robot:s3cret@127.0.0.1:{port}/x?key={KEY}")
    with world.plugin() as p:
        assert tell(p) == f"no answer from http://127.0.0.1:{port}: nothing listens there"
        p.wait("fault")
        p.ping()
        assert not any("s3cret" in line or KEY in line for line in p.log)


def test_many_at_once_to_a_host_with_two_addresses_that_does_not_answer_are_failures(tmp_path):
    """Each connection has two sockets for a moment: one of IPv6, one of IPv4."""
    with contextlib.ExitStack() as open_ones:
        port = open_ones.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0)).getsockname()[1]
        addresses = ["127.0.0.1"]
        with contextlib.suppress(OSError):  # a machine without IPv6 has one address
            open_ones.enter_context(socket.create_server(("::1", port), family=socket.AF_INET6, backlog=0))
            addresses.append("::1")
        for address in addresses * 3:
            waits = open_ones.enter_context(socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET))
            waits.setblocking(False)
            waits.connect_ex((address, port))
        with Plugin("webhook-notifier", {"dialect": "json", "url": f"http://localhost:{port}/", "timeout": "3s"}) as p:
            ids = [notify(p) for _ in range(60)]
            assert {answer(p, id) for id in ids} == {f"no answer from http://localhost:{port}: no whole answer in time"}


def test_looking_for_a_server_sends_it_no_request(world):
    with world.plugin() as p:
        p.wait("healthy")
        assert world.group.posts == [] and world.group.probes == 0 and tell(p) == ""


def test_a_server_that_fails_is_a_fault_and_is_tried_again(world):
    world.group.say("x", status=503)
    with world.plugin() as p:
        p.wait("healthy")
        assert tell(p) == "WeCom answers 503" and p.wait("fault")["text"] == "WeCom answers 503"
        p.wait("healthy")
        world.group.say()
        assert tell(p) == ""


def test_a_server_that_never_answers_is_left_after_the_timeout(world):
    world.group.answer = lambda post: None
    with world.plugin(timeout="500ms") as p:
        assert tell(p).endswith("no whole answer in time")


def test_a_robot_of_one_contact_that_is_away_is_no_fault_of_the_others(world):
    with world.plugin() as p:
        p.wait("healthy")
        away = world.file("away", f"http://127.0.0.1:{free_port()}/x")
        assert "nothing listens there" in tell(p, to={"hook_file": away})
        assert tell(p) == "" and p.all("fault") == []


def test_a_changed_key_needs_no_restart(world):
    with world.plugin() as p:
        assert tell(p) == ""
        world.file("hook", world.group.url + "/cgi-bin/webhook/send?key=new")
        assert tell(p) == "" and world.group.posts[1].path.endswith("?key=new")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return authority_of(tmp_path_factory, server="IP:127.0.0.1")


@pytest.mark.parametrize("trusted", [True, False])
def test_a_certificate_is_checked(tmp_path, authority, trusted):
    with Group("wecom", tls=authority.pair("server")) as group:
        hook = tmp_path / "hook"
        hook.write_text(group.hook + "\n")
        options = {"dialect": "wecom", "hook_file": str(hook), **({"ca_file": authority.certificate} if trusted else {})}
        with Plugin("webhook-notifier", options) as p:
            assert tell(p) == "" if trusted else "certificate" in tell(p)
        assert len(group.posts) == (1 if trusted else 0)


def test_a_notify_without_a_text_or_with_odd_members_is_answered(world):
    with world.plugin() as p:
        p.send({"type": "notify", "id": 900001, "to": {}, "alarm": {}})
        assert answer(p, 900001) == "it has no text"
        p.send({"type": "notify", "id": 900002, "to": [], "alarm": 5, "contact": 7, "text": "困人"})
        assert answer(p, 900002) == ""
        p.send({"type": "notify", "to": {}, "text": "x"})
        assert p.ping()["told"] == 1


@pytest.mark.parametrize("when", ["waiting", "posted"])
def test_it_ends_in_time_whatever_waits(world, when):
    if when == "posted":
        world.group.answer = lambda post: None
    with world.plugin(limit=4) as p:
        if when == "waiting":
            assert tell(p, priority=3) == ""
        notify(p, priority=3)
        p.ping()
        took, code = p.stop()
        assert code == 0 and took < 8 and len(p.all("notified")) == (1 if when == "waiting" else 0)


def test_probe_tells_nobody(world):
    hello = {"type": "hello", "protocol": 1, "instance": "t", "options": {"dialect": "wecom", "hook_file": str(world.folder / "hook")}, "devices": []}
    done = subprocess.run([program("webhook-notifier"), "--probe"], input=json.dumps(hello) + "\n", capture_output=True, text=True, check=True)
    verdict = json.loads(done.stdout)
    assert verdict["result"] == "reached" and world.group.posts == [] and world.group.probes == 0 and KEY not in done.stdout + done.stderr
