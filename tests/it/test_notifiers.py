"""Alarms become messages: the shipped notifiers behind a running estated, in its sandbox; a failed one goes on to the next at once."""

import json
import pathlib
import tempfile
import time

import pytest

from estate import Estate, until
from mail_server import MailServer
from puppet import Puppet
from receiver import Receiver

CONF = '''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; units = ( "u1" ); }} );
plugins: ( {{ id = "src"; program = "{source}"; }},
           {{ id = "group"; program = "webhook-notifier"; options: {{ dialect = "wecom"; hook_credential = "wecom-desk"; }}; }},
           {{ id = "mail"; program = "mail-notifier"; options: {{ url = "{mail}"; from = "estate@demo.example"; security = "none"; }}; }},
           {{ id = "siren"; program = "exec-notifier"; options: {{ program = "{siren}"; arguments = ( "on" ); }}; }} );
devices: ( {{ id = "sos-1"; place = "b1/u1/101"; plugin = "src"; address = "1"; class = "sos"; }} );
contacts: ( {{ id = "a-desk"; name = "值班群"; duties = ( "desk" ); notifier = "group"; to: {{ mention = ( "all" ); }}; }},
            {{ id = "b-mail"; name = "值班邮箱"; duties = ( "desk" ); notifier = "mail"; to: {{ mail = "desk@property.example"; }}; }},
            {{ id = "c-siren"; name = "警号"; duties = ( "supervisor" ); notifier = "siren"; }} );
ladders: ( {{ id = "L1"; steps: ( {{ to = ( "desk" ); }}, {{ after = "2s"; to = ( "supervisor" ); }} ); }} );
'''


class Site:
    def __init__(self, folder):
        self.folder, self.source, self.group, self.mail = folder, Puppet(), Receiver(), MailServer()
        self.answers({"errcode": 0, "errmsg": "ok"})
        credentials = folder / "credentials"
        credentials.mkdir()
        credential = credentials / "wecom-desk"
        credential.write_text(f"http://127.0.0.1:{self.group.port}/cgi-bin/webhook/send?key=k\n")
        for path in (folder, credentials):
            path.chmod(0o755)
        credential.chmod(0o644)  # a plugin may be nobody
        self.sounds = folder / "sounds"
        self.sounds.mkdir()
        self.sounds.chmod(0o777)
        siren = folder / "siren"
        siren.write_text(f'#!/bin/sh\ncat >"{self.sounds}/$1.new" && mv "{self.sounds}/$1.new" "{self.sounds}/$1"\n')
        siren.chmod(0o755)
        self.estate = Estate(folder, CONF.format(source=self.source.program, mail=self.mail.url, siren=siren))

    def answers(self, body):
        self.group.answer = lambda post: (200, json.dumps(body), {})

    def __enter__(self):
        self.group.__enter__()
        self.mail.__enter__()
        self.estate.start()
        self.life = self.source.life().ready("source")
        until(lambda: all(p["state"] == "up" for p in self.estate.json("plugins")), "all plugins are up")
        return self

    def __exit__(self, *_):
        self.estate.__exit__()
        self.mail.__exit__()
        self.group.close()
        self.source.__exit__()

    def press(self):
        self.life.sample("sos-1", id=f"{time.monotonic_ns()}", pressed=True)
        self.life.wait("stored")

    def told(self):
        rows = self.estate.json("audit", "show", "--kind", "notify", "--since", "1h")
        return [(r["detail"].get("contact"), r["detail"]["outcome"], r.get("why")) for r in rows]


@pytest.fixture
def site():
    """Plugins run as nobody where the daemon is root: pytest's own directories are closed to it."""
    with tempfile.TemporaryDirectory(prefix="estate-notifiers-") as folder, Site(pathlib.Path(folder)) as s:
        yield s


def test_an_sos_reaches_the_group_and_then_the_siren(site):
    site.press()
    site.group.wait(lambda posts: len(posts) == 1)
    text = site.group.posts[0].messages["text"]
    assert text["content"].startswith("【立即】") and text["mentioned_list"] == ["@all"]
    until(lambda: (site.sounds / "on").exists(), "the siren is on")
    message = json.loads((site.sounds / "on").read_text())
    assert message["step"] == 2 and message["alarm"]["alarm"] == "sos/sos-1" and "同时通知：值班群" in message["text"]
    until(lambda: len(site.told()) == 2, "both are in the audit")
    assert [row[:2] for row in site.told()] == [("a-desk", "delivered"), ("c-siren", "delivered")] and site.mail.mails == []


def test_a_robot_that_refuses_goes_on_to_the_mail_at_once_and_the_audit_says_why(site):
    site.answers({"errcode": 93000, "errmsg": "invalid webhook url"})
    site.press()
    [mail] = site.mail.wait(lambda mails: len(mails) == 1)
    assert "值班群（未能通知到）" in mail.text and mail.message["Subject"].startswith("【立即】")
    until(lambda: len(site.told()) >= 2, "both are in the audit")
    first, second = site.told()[:2]
    assert first[:2] == ("a-desk", "failed") and "is the hook's key right?" in first[2] and second[:2] == ("b-mail", "delivered")


def test_the_all_clear_goes_the_same_way(site):
    site.press()
    site.group.wait(lambda posts: len(posts) == 1)
    site.estate.ctl("ack", "sos/sos-1")
    site.estate.ctl("close", "sos/sos-1", "--outcome", "test")
    site.group.wait(lambda posts: len(posts) == 2)
    text = site.group.posts[1].messages["text"]
    assert text["content"].startswith("【解除】") and "mentioned_list" not in text
