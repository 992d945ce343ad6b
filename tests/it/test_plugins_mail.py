"""mail-notifier against a real mail server: what arrives, whom it trusts, what a refusal means, and no header that was not meant."""

import email.utils
import json
import socket
import subprocess
import threading
import time

import pytest

from broker import free_port
from certificates import authority_of
from mail_server import MailServer
from notices import answer, notify, tell
from plugin_harness import Plugin, program

FROM = "estate@demo.example"
DESK = {"mail": "desk@property.example"}
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # where TLS is there from the first byte


def plugin(server, **options):
    url = server if isinstance(server, str) else server.url
    return Plugin("mail-notifier", {"url": url, "from": FROM, "security": "none", **options})


@pytest.fixture
def server():
    with MailServer() as s:
        yield s


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return authority_of(tmp_path_factory, server="IP:127.0.0.1", other="DNS:mail.example")


def test_help_and_options_name_all_there_is():
    text = subprocess.run([program("mail-notifier"), "--help"], capture_output=True, text=True, check=True).stdout
    table = json.loads(subprocess.run([program("mail-notifier"), "--options"], capture_output=True, text=True, check=True).stdout)
    assert {"url", "from", "from_name", "prefix", "security", "username", "password_credential", "ca_file"} <= {o["name"] for o in table}
    assert "--probe" in text


@pytest.mark.parametrize("options,expected", [
    ({"from": FROM}, "option 'url' is missing"), ({"url": "smtp://h"}, "option 'from' is missing"),
    ({"url": "http://h", "from": FROM}, "option 'url'"), ({"url": "smtp://u:p@h", "from": FROM}, "the user name in its own option"),
    ({"url": "smtp://h", "from": "desk"}, "one mail address"), ({"url": "smtp://h", "from": "a@b\r\nBcc: c@d"}, "one mail address"),
    ({"url": "smtp://h", "from": FROM, "security": "off"}, "option 'security'"),
    ({"url": "smtp://mail.example", "from": FROM, "security": "none", "username": "u"}, "unencrypted"),
    ({"url": "smtp://h", "from": FROM, "password_file": "/no/such"}, '"/no/such": No such file')])
def test_wrong_options_are_told(options, expected):
    with Plugin("mail-notifier", options) as p:
        assert expected in p.wait("fault")["text"] and p.wait_exit() == 1


def test_a_mail_arrives_with_all_that_is_needed(server):
    with plugin(server, from_name="示范小区", prefix="[示范小区]") as p:
        assert p.wait("ready")["roles"] == ["notifier"]
        p.wait("healthy")
        text = "【立即】3栋1单元1204 紧急呼叫（08:30起）\n请拨打 120\n同时通知：值班台"
        assert tell(p, text, to=DESK) == ""
    [mail] = server.mails
    m = mail.message
    assert mail.sender == FROM and mail.recipients == ["desk@property.example"]
    assert m["Subject"] == "[示范小区] 【立即】3栋1单元1204 紧急呼叫（08:30起）"
    assert mail.text.replace("\r\n", "\n") == text + "\n" and m.get_content_type() == "text/plain" and m.get_content_charset() == "utf-8"
    assert email.utils.parseaddr(str(m["From"])) == ("示范小区", FROM) and email.utils.parseaddr(str(m["To"])) == ("夜班值班台", DESK["mail"])
    assert abs(email.utils.parsedate_to_datetime(m["Date"]).timestamp() - time.time()) < 60
    assert m["Message-ID"].endswith("@demo.example>") and m["Auto-Submitted"] == "auto-generated" and m["X-Priority"] == "1"
    assert m["Estate-Alarm"] == "sos/sos-1204" and not m.defects
    assert mail.bytes.isascii() and all(len(line) <= 78 for line in mail.bytes.split(b"\r\n")) and b"\n" not in mail.bytes.replace(b"\r\n", b"")


def test_no_two_mails_have_one_id_and_only_priority_1_is_marked(server):
    with plugin(server) as p:
        assert all(tell(p, "x", priority=n, to=DESK) == "" for n in (1, 2, 4)) and tell(p, "x", to=DESK, clear=True) == ""
    assert len({m.message["Message-ID"] for m in server.mails}) == 4
    assert [m.message["X-Priority"] for m in server.mails] == ["1", None, None, None]


@pytest.mark.parametrize("text", ["a\r\nBcc: x@y.example", "a\nBcc: x@y.example\n\nbody", "a\rBcc: x@y.example", "=?UTF-8?Q?x?=", "a\u2028Bcc: x@y", "a",
                                  "\x1b]0;x\x07", "困" * 400, "x" * 2000, "🚨" * 90, "\u00a0", ".\r\n.\r\nQUIT\r\n", "a\t b", " a "],
                         ids=lambda text: text[:12].encode("unicode_escape").decode())
def test_no_text_becomes_a_header(server, text):
    with plugin(server, prefix=text[:40], from_name=text[:40]) as p:
        assert tell(p, text, to=DESK, contact={"id": "x", "name": text}, alarm={"alarm": text}) == ""
    [mail] = server.mails
    assert mail.recipients == [DESK["mail"]] and not mail.message["Bcc"] and not mail.message.defects
    assert {k.lower() for k in mail.message.keys()} <= {"date", "from", "to", "subject", "message-id", "estate-alarm", "x-priority", "importance",
                                                        "auto-submitted", "mime-version", "content-type", "content-transfer-encoding",
                                                        "x-peer", "x-mailfrom", "x-rcptto"}
    assert mail.text.replace("\r\n", "\n") == text.replace("\r", "") + "\n"
    assert all(len(line) <= 78 for line in mail.bytes.split(b"\r\n"))


@pytest.mark.parametrize("to,expected", [
    ({}, "has no `mail`"), ({"mail": 5}, "has no `mail`"), ({"mail": "desk"}, "one mail address"), ({"mail": "a@b, c@d"}, "one mail address"),
    ({"mail": "a@b>\r\nRCPT TO:<c@d"}, "one mail address"), ({"mail": "desk@值班"}, "one mail address"), ({"mail": "@b"}, "one mail address")])
def test_an_address_that_is_none_fails_before_anything_is_sent(server, to, expected):
    with plugin(server) as p:
        assert expected in tell(p, to=to) and tell(p, to=DESK) == ""
        assert p.all("fault") == []
    assert len(server.mails) == 1


# ---- refusals ----

def test_an_address_that_the_server_refuses_is_a_failure_and_no_fault(server):
    server.refuse = lambda address: "550 5.1.1 no such mailbox" if address.startswith("gone") else None
    with plugin(server) as p:
        assert tell(p, to={"mail": "gone@property.example"}) == "127.0.0.1 answers: 550 5.1.1 no such mailbox"
        assert tell(p, to=DESK) == "" and p.all("fault") == []


def test_a_server_that_takes_no_mail_of_ours_at_all_is_a_fault():
    with MailServer(users={"estate": "s3cret"}) as s, plugin(s) as p:  # we do not log in
        p.wait("healthy")
        assert "530" in tell(p, to=DESK) and "530" in p.wait("fault")["text"] and s.mails == []


@pytest.mark.parametrize("reply", ["554 5.7.1 looks like spam", "451 4.3.0 try later", "452 4.2.2 the disk is full"])
def test_a_mail_that_is_refused_says_why(server, reply):
    server.answer = reply
    with plugin(server) as p:
        assert tell(p, to=DESK) == f"127.0.0.1 answers: {reply}"


def test_a_server_that_is_away_fails_at_once_is_a_fault_and_comes_back():
    port = free_port()
    with plugin(f"smtp://127.0.0.1:{port}") as p:
        assert tell(p, to=DESK) == "127.0.0.1: nothing listens there"
        assert p.wait("fault")["text"] == "127.0.0.1: nothing listens there"
        with MailServer(port=port) as s:
            p.wait("healthy")
            assert s.mails == [] and tell(p, to=DESK) == ""
        assert len(p.all("fault")) == 1


@pytest.mark.parametrize("greeting", [None, b"220 hello\r\n", b"554 go away\r\n", b"\xff\x00\x01" * 2000 + b"\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 200000],
                         ids=["silent", "mute after its greeting", "refuses", "garbage", "a web server", "no end"])
def test_what_is_no_mail_server_is_left_in_time(greeting):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        open_ones = []

        def serve():
            while True:
                try:
                    connection, _ = listening.accept()
                    open_ones.append(connection)
                    if greeting:
                        connection.sendall(greeting)
                except OSError:
                    return
        threading.Thread(target=serve, daemon=True).start()
        with plugin(f"smtp://127.0.0.1:{listening.getsockname()[1]}", timeout="1s") as p:
            assert tell(p, to=DESK).startswith("127.0.0.1")
            p.wait("fault")
            p.ping()
        for connection in open_ones:
            connection.close()


# ---- TLS and passwords ----

@pytest.mark.parametrize("smtps", [False, True])
def test_tls_is_the_default_and_a_password_goes_with_it(tmp_path, authority, smtps):
    password = tmp_path / "password"
    password.write_text("s3cret\n")
    with MailServer(tls=authority.pair("server"), smtps=smtps, users={"estate": "s3cret"}) as s:
        options = {"security": "tls", "ca_file": authority.certificate, "username": "estate", "password_file": str(password)}
        with plugin(s, **options) as p:
            p.wait("healthy")
            assert tell(p, to=DESK) == "" and (smtps or s.encrypted == [True])
            assert len(s.mails) == 1
            password.write_text("wrong\n")
            assert "535" in tell(p, to=DESK) and "535" in p.wait("fault")["text"]
            password.write_text("s3cret\n")
            p.wait("healthy")
            assert tell(p, to=DESK) == ""
            assert "s3cret" not in "".join(p.log) and len(s.mails) == 2


@pytest.mark.parametrize("smtps", [False, True])
@pytest.mark.parametrize("certificate,ca", [("server", False), ("other", True)])
def test_a_certificate_that_is_not_trusted_gets_no_mail(authority, smtps, certificate, ca):
    with MailServer(tls=authority.pair(certificate), smtps=smtps) as s:
        with plugin(s, security="tls", **({"ca_file": authority.certificate} if ca else {})) as p:
            assert "certificate" in tell(p, to=DESK) or "subject" in tell(p, to=DESK)
            assert s.mails == []


def test_a_server_without_starttls_gets_nothing(server):
    with plugin(server, security="tls") as p:
        assert tell(p, to=DESK) == "127.0.0.1 does not offer STARTTLS" and server.mails == []


# ---- many, the end ----

def test_many_at_once_all_arrive(server):
    with plugin(server) as p:
        ids = [notify(p, f"alarm {n}", priority=1 + n % 4, to=DESK) for n in range(60)]
        assert all(answer(p, id) == "" for id in ids)
    assert sorted(m.message["Subject"] for m in server.mails) == sorted(f"alarm {n}" for n in range(60))


def test_it_ends_in_time_while_a_mail_is_under_way():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        with plugin(f"smtp://127.0.0.1:{listening.getsockname()[1]}") as p:
            notify(p, to=DESK)
            p.ping()
            took, code = p.stop()
            assert code == 0 and took < 8 and p.all("notified") == []


@pytest.mark.parametrize("users,result", [(None, "reached"), ({"estate": "other"}, "denied")])
def test_probe_sends_no_mail(tmp_path, users, result):
    (tmp_path / "password").write_text("s3cret\n")
    with MailServer(users=users) as s:
        options = {"url": s.url, "from": FROM, "security": "none"}
        if users:
            options.update(username="estate", password_file=str(tmp_path / "password"))
        hello = {"type": "hello", "protocol": 1, "instance": "t", "options": options, "devices": []}
        done = subprocess.run([program("mail-notifier"), "--probe"], input=json.dumps(hello) + "\n", capture_output=True, text=True, check=True)
        verdict = json.loads(done.stdout)
        assert (verdict["result"], verdict["target"]) == (result, s.url) and s.mails == [], verdict
