"""People are told: ladders over kills, failures and reloads, with puppets as notifiers; who was told, and the audit of it."""

import json
import signal
import subprocess

import pytest

from estate import until
from hands import Fed
from pace import PREFIX
from puppet import Puppet

CONF = '''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; units = ( "u1" ); }}, {{ id = "b2"; }} );
plugins: ( {{ id = "src"; program = "{source}"; }}, {{ id = "sms"; program = "{sms}"; max_age = "45s"; }},
           {{ id = "chat"; program = "{chat}"; max_age = "45s"; }} );
devices: ( {{ id = "sos-1"; place = "b1/u1/101"; plugin = "src"; address = "1"; class = "sos"; }},
           {{ id = "tank-1"; place = "b1/roof"; plugin = "src"; address = "2"; class = "tank"; }},
           {{ id = "tank-2"; place = "b1/roof"; plugin = "src"; address = "3"; class = "tank"; }} );
rules: ( {{ id = "tank-high"; for = "0s"; off_for = "0s"; }} );
{people}
'''
PEOPLE = '''
contacts: ( { id = "wang"; name = "王师傅"; duties = ( "desk" ); notifier = "sms"; to: { phone = "13900000001"; }; },
            { id = "li"; name = "李师傅"; duties = ( "desk" ); notifier = "chat"; to: { room = "desk"; }; },
            { id = "chen"; name = "陈经理"; duties = ( "supervisor" ); notifier = "chat"; to: { room = "boss"; }; } );
ladders: ( { id = "L1"; steps: ( { to = ( "desk" ); }, { after = "2s"; to = ( "supervisor" ); } ); } );
'''


class Site(Fed):
    def __init__(self, directory, people=PEOPLE):
        self.sms, self.chat = Puppet(), Puppet()
        super().__init__(directory, CONF, {"sms": self.sms, "chat": self.chat}, people=people)

    def start(self):
        super().start()
        self.texts = self.sms.life().ready("notifier")
        self.words = self.chat.life().ready("notifier")
        self.all_up()
        return self

    def told(self):
        """The notifications in the audit, oldest first."""
        rows = self.estate.json("audit", "show", "--kind", "notify", "--since", "1h")
        return [(r["what"], r["detail"].get("contact"), r["detail"]["step"], r["detail"]["outcome"],
                 bool(r["detail"].get("clear"))) for r in rows]


@pytest.fixture
def site(tmp_path):
    with Site(tmp_path) as s:
        yield s


def ok(life, message):
    life.send(type="notified", id=message["id"], ok=True)
    return message


def test_an_sos_reaches_the_desk_with_all_that_is_needed(site):
    site.say("sos-1", pressed=True)
    m = ok(site.texts, site.texts.wait("notify"))
    assert m["to"] == {"phone": "13900000001"} and m["contact"] == {"id": "wang", "name": "王师傅"} and m["step"] == 1
    assert m["alarm"]["alarm"] == "sos/sos-1" and m["alarm"]["state"] == "unacked" and m["alarm"]["life_safety"] is True
    assert m["text"].startswith("【立即】") and list(m)[-1] == "text"
    second = ok(site.words, site.words.wait("notify"))
    assert second["to"] == {"room": "boss"} and second["step"] == 2 and "同时通知：王师傅" in second["text"]
    assert "120/119" in second["text"]
    until(lambda: len(site.told()) == 2, "both are in the audit")
    assert site.told() == [("sos/sos-1", "wang", 1, "delivered", False), ("sos/sos-1", "chen", 2, "delivered", False)]


def test_an_acknowledgement_stops_the_steps_and_the_all_clear_goes_to_who_was_told(site):
    site.say("sos-1", pressed=True)
    ok(site.texts, site.texts.wait("notify"))
    site.estate.ctl("ack", "sos/sos-1")
    site.estate.ctl("arrive", "sos/sos-1")
    site.estate.ctl("close", "sos/sos-1", "--outcome", "real")
    over = ok(site.texts, site.texts.wait("notify"))
    assert over["clear"] is True and over["text"].startswith("【解除】") and over["alarm"]["outcome"] == "real"
    until(lambda: site.told()[-1][4], "the all-clear is in the audit")
    assert not site.words.all("notify") and {t[1] for t in site.told()} == {"wang"}


def test_a_call_that_fails_goes_on_to_the_next_contact_at_once(site):
    site.say("sos-1", pressed=True)
    m = site.texts.wait("notify")
    site.texts.send(type="notified", id=m["id"], ok=False, text="no network")
    other = site.words.wait("notify")
    assert other["to"] == {"room": "desk"} and other["step"] == 1 and "王师傅（未能通知到）" in other["text"]
    ok(site.words, other)
    until(lambda: len(site.told()) >= 2, "both are in the audit")
    assert site.told()[:2] == [("sos/sos-1", "wang", 1, "failed", False), ("sos/sos-1", "li", 1, "delivered", False)]


def test_a_notifier_that_dies_with_the_message_has_failed(site):
    site.say("sos-1", pressed=True)
    site.texts.wait("notify")
    site.texts.kill()
    assert site.words.wait("notify")["to"] == {"room": "desk"}


@pytest.mark.parametrize("answered", [True, False])
def test_steps_survive_a_kill_in_the_middle_of_the_ladder(site, answered):
    site.say("sos-1", pressed=True)
    m = site.texts.wait("notify")
    if answered:
        ok(site.texts, m)
        until(lambda: site.told(), "it is in the audit")
    site.estate.kill()
    site.start()
    if not answered:
        assert site.texts.wait("notify")["alarm"]["alarm"] == "sos/sos-1"
        ok(site.texts, site.texts.all("notify")[0])
    second = ok(site.words, site.words.wait("notify"))
    assert second["step"] == 2 and second["to"] == {"room": "boss"}
    assert len(site.texts.all("notify")) == (0 if answered else 1)
    site.estate.ctl("ack", "sos/sos-1")
    site.estate.kill()
    site.start()
    site.estate.ctl("close", "sos/sos-1", "--outcome", "test")
    assert site.texts.wait("notify")["clear"] is True and site.words.wait("notify")["clear"] is True


def test_several_alarms_of_one_building_are_one_message(site):
    site.say("tank-1", level=95)
    site.say("tank-2", level=95)
    m = ok(site.texts, site.texts.wait("notify", limit=120))
    assert {m["alarm"]["alarm"], m["others"][0]["alarm"]} == {"tank-high/tank-1", "tank-high/tank-2"}
    assert m["text"].count("【") == 2
    until(lambda: len(site.told()) == 2, "each is in the audit")


def test_when_no_page_is_open_the_next_contact_is_told(tmp_path):
    people = PEOPLE.replace('notifier = "sms"; to: { phone = "13900000001"; };', "")
    with Site(tmp_path, people) as site:
        site.say("sos-1", pressed=True)
        assert site.words.wait("notify")["to"] == {"room": "desk"}
        until(lambda: site.told(), "the audit says why")
        row = site.estate.json("audit", "show", "--kind", "notify", "--since", "1h")[0]
        assert row["detail"]["contact"] == "wang" and row["detail"]["means"] == "page" and "no page" in row["why"]


def test_a_reload_brings_people_to_alarms_that_are_open(tmp_path):
    with Site(tmp_path, "") as site:
        site.say("sos-1", pressed=True)
        site.estate.wait_alarm("sos/sos-1", "unacked")
        site.estate.conf.write_text(CONF.format(source=site.source.program, sms=site.sms.program, chat=site.chat.program,
                                                people=PEOPLE))
        diff = site.estate.ctl("config", "diff")
        assert "wang" in diff and "L1" in diff
        site.estate.ctl("config", "reload")
        assert site.texts.wait("notify")["alarm"]["alarm"] == "sos/sos-1"


DAYS = '''
contacts: ( { id = "desk"; name = "值班室"; duties = ( "desk" ); phone = "023-1"; },
            { id = "son"; name = "儿子"; duties = ( "family" ); places = ( "b1/u1/101" ); notifier = "sms"; phone = "139"; },
            { id = "never"; duties = ( "family" ); notifier = "sms"; roster: ( { days = "mon"; from = "03:00"; to = "03:01"; } ); } );
holidays: ( { id = "all"; from = "2000-01-01"; until = "2099-12-31"; } );
'''


def test_who_is_told_is_shown_and_a_shift_hands_over_on_record(tmp_path):
    with Site(tmp_path, DAYS) as site:
        assert [(c["contact"], c["means"], c["on_duty"]) for c in site.estate.json("contacts")] == [
            ("desk", "page", True), ("son", "sms", True), ("never", "sms", False)]
        flat = [(d["duty"], d["contact"], d["order"]) for d in site.estate.json("who-is-on", "b1/u1/101")]
        assert flat == [("desk", "desk", 1), ("family", "son", 1), ("family", "never", 0)]
        assert [d["contact"] for d in site.estate.json("who-is-on", "b2")] == ["desk", "never"]
        assert "023-1" in site.estate.ctl("who-is-on")
        assert "expected ids" in site.estate.run_ctl("who-is-on", "B1//x").stderr
        site.say("sos-1", pressed=True)
        # The page is not open, nobody has the other duties of the first steps: the family is told at once.
        m = ok(site.texts, site.texts.wait("notify"))
        assert m["to"] == {"phone": "139"} and m["contact"]["id"] == "son" and m["step"] == 3
        site.estate.ctl("arrive", "sos/sos-1", "--by", "王师傅", "--note", "on foot")
        assert site.estate.alarm("sos/sos-1")["arrived_by"].startswith("王师傅 (")
        told = until(lambda: [t for t in site.estate.json("alarms", "show", "sos/sos-1")["told"] if t["outcome"] != "sent"][1:],
                     "the story says who was told")
        assert told[-1]["contact"] == "son" and told[-1]["outcome"] == "delivered"
        assert "sos/sos-1" in site.estate.ctl("handover")
        assert "expected --to" in site.estate.run_ctl("handover", "--note", "x").stderr
        assert "1 open" in site.estate.ctl("handover", "--to", "李四", "--by", "王五", "--note", "看好电梯")
        row = until(lambda: site.estate.json("audit", "show", "--kind", "handover"), "it is in the audit")[0]
        assert row["what"] == "李四" and row["why"] == "看好电梯"
        assert row["detail"] == {"by": "王五", "open": ["sos/sos-1"]}
        assert "王五" in site.estate.ctl("handover") and json.loads(site.estate.ctl("-f", "json", "handover"))["open"]


def test_a_replay_says_who_would_have_been_told(tmp_path):
    (tmp_path / "estated.conf").write_text(CONF.format(source="/bin/true", sms="/bin/true", chat="/bin/true", people=PEOPLE))
    lines = [{"t": "2026-01-01T09:00:00", "device": "sos-1", "fields": {"pressed": True}},
             {"t": "2026-01-01T09:00:01", "restart": True},
             {"t": "2026-01-01T09:01:00", "command": {"verb": "ack", "alarm": "sos/sos-1", "who": "x"}},
             {"t": "2026-01-01T09:02:00", "command": {"verb": "close", "alarm": "sos/sos-1", "who": "x", "outcome": "real"}}]
    (tmp_path / "rec").write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = subprocess.run([PREFIX / "sbin/estated", "--replay", tmp_path / "rec", "-c", tmp_path / "estated.conf", "--operator",
                           "none"], capture_output=True, text=True, timeout=60)
    told = [json.loads(line) for line in done.stdout.splitlines() if '"notify"' in line]
    assert told == [{"t": f"2026-01-01T09:{at}.000+08:00", "notify": who, "alarm": "sos/sos-1", "step": step, **clear}
                    for at, who, step, clear in [("00:00", "wang", 1, {}), ("00:02", "chen", 2, {}),
                                                 ("02:00", "wang", 1, {"clear": True}), ("02:00", "chen", 2, {"clear": True})]]
    assert json.loads(done.stdout.splitlines()[-1])["summary"]["notifications"] == 4


RISING = PEOPLE.replace("ladders: (", '''ladders: ( { id = "L2"; steps: ( { to = ( "supervisor" ); }, { after = "1s"; priority = 1; ladder = "L1"; } ); },''')


def test_what_nobody_looks_at_becomes_more_urgent_and_a_kill_does_not_undo_it(tmp_path):
    with Site(tmp_path, RISING) as site:
        site.say("tank-1", level=95)
        m = ok(site.texts, site.texts.wait("notify"))  # of L1, whose foot is the desk, and not held by any grouping
        assert m["alarm"]["priority"] == 1 and m["step"] == 3 and m["text"].startswith("【立即】")
        assert [(s["input"], s["priority"]) for s in site.estate.json("alarms", "show", "tank-high/tank-1")["story"]] == [
            ("raised", 2), ("rise", 1)]
        site.estate.ctl("ack", "tank-high/tank-1")
        site.estate.kill()
        site.start()
        assert site.estate.alarm("tank-high/tank-1")["priority"] == 1
        site.say("tank-1", level=96)  # it goes on, and nothing of it is told anew as less urgent
        assert site.estate.alarm("tank-high/tank-1")["priority"] == 1
        site.say("tank-1", level=50)
        assert site.texts.wait("notify")["clear"] is True
        site.say("tank-1", level=95)
        until(lambda: site.estate.alarm("tank-high/tank-1")["priority"] == 2, "the next time it begins anew")


def call_in_vain(site):
    for life in (site.texts, site.words):
        life.send(type="fault", text="no network")
    until(lambda: [p["text"].count("no network") for p in site.estate.json("plugins")].count(1) == 2, "both have said so")
    site.say("sos-1", pressed=True)
    until(lambda: ("sos/sos-1", "chen", 2, "failed", False) in site.told(), "all were tried, at once")


def test_a_notifier_that_says_it_cannot_work_is_not_waited_for(tmp_path):
    with Site(tmp_path) as site:
        call_in_vain(site)
        assert not site.texts.all("notify") and not site.words.all("notify")


def test_a_notifier_that_starts_anew_is_waited_for(tmp_path):
    with Site(tmp_path) as site:
        until(lambda: site.estate.json("status")["uptime_s"] > 15, "the daemon's own start is long over", 60)
        site.texts.kill()
        texts = site.sms.life()  # it has not said that it is ready
        until(lambda: [p["state"] for p in site.estate.json("plugins") if p["plugin"] == "sms"] == ["starting"], "it is starting")
        site.say("sos-1", pressed=True)
        texts.ready("notifier")
        assert ok(texts, texts.wait("notify"))["contact"]["id"] == "wang"
        until(lambda: ("sos/sos-1", "wang", 1, "delivered", False) in site.told(), "he has been told")
        assert not [t for t in site.told() if t[3] == "failed"] and not any(m["contact"]["id"] == "li" for m in site.words.all("notify"))


def test_a_notifier_that_is_back_is_used_at_once(tmp_path):
    with Site(tmp_path) as site:
        call_in_vain(site)
        site.texts.send(type="healthy")
        ok(site.texts, site.texts.wait("notify", limit=30))  # the next try of its own would come in a minute


URGENT = PEOPLE + 'rules: ( { id = "tank-high"; for = "0s"; off_for = "0s"; priority = 1; ladder = "L1"; } );'


def test_a_notifier_that_a_reload_ends_has_not_told_anybody(tmp_path):
    with Site(tmp_path, PEOPLE) as site:
        text = site.estate.conf.read_text().replace('rules: ( { id = "tank-high"; for = "0s"; off_for = "0s"; } );', "") + URGENT[len(PEOPLE):]
        site.estate.conf.write_text(text)
        site.estate.ctl("config", "reload")
        site.say("tank-1", level=95)
        assert site.texts.wait("notify")["alarm"]["priority"] == 1  # and no answer
        site.estate.conf.write_text(text.replace('max_age = "45s"; },', 'max_age = "46s"; },', 1))
        site.estate.ctl("config", "reload")
        assert site.words.wait("notify", limit=40)["contact"]["id"] == "li"  # without an answer it would be a minute
        site.sms.life().ready("notifier")


def test_what_is_raised_while_estated_ends_is_told_by_the_next_start(tmp_path):
    people = PEOPLE.replace('notifier = "sms"; to: { phone = "13900000001"; };', "")
    with Site(tmp_path, people) as site:
        life = site.life
        life.mute = True  # it takes its time to stop
        site.estate.process.send_signal(signal.SIGTERM)
        life.wait("stop")
        life.sample("sos-1", id="late", pressed=True)
        site.estate.process.wait(60)
        site.estate.process = None
        site.start()
        until(lambda: site.told(), "the desk is tried")
        kinds = [r["kind"] for r in site.estate.json("audit", "show", "--since", "1h") if r["kind"] in ("notify", "daemon")]
        assert kinds[:2] == ["daemon"] * 2  # started and stopped: a call that could not be made then is none that failed
        until(lambda: any(m["to"] == {"room": "desk"} for m in site.words.all("notify")), "the next one of the desk is told")
