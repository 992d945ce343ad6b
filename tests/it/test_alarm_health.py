"""How well the alarms serve the people who get them; priorities that rise; what is quiet by design; when help was proven."""

import re
import socket

import pytest

from estate import until
from test_states import Site

CONF = '''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; units = ( "u1" ); }} );
plugins: ( {{ id = "src"; program = "{source}"; }}, {{ id = "up"; program = "{uplink}"; }} );
devices: ( {{ id = "tank-1"; place = "b1/roof"; plugin = "src"; address = "1"; class = "tank"; }},
           {{ id = "lift-1"; place = "b1/u1"; plugin = "src"; address = "2"; class = "lift"; }},
           {{ id = "sos-1"; place = "b1/u1/101"; plugin = "src"; address = "3"; class = "sos"; }} );
rules: ( {{ id = "tank-high"; for = "0s"; off_for = "0s"; }},
         {{ id = "tank-low"; for = "0s"; off_for = "0s"; rise = ( {{ after = "5s"; priority = 1; }} ); }},
         {{ id = "lift-fault"; for = "0s"; off_for = "0s"; }} );
'''


class Measured(Site):
    def __init__(self, directory):
        super().__init__(directory, CONF)

    def health(self):
        answer = self.estate.json("alarms", "--health")
        return answer, {m["measure"]: m for m in answer["measures"]}


@pytest.fixture
def site(tmp_path):
    with Measured(tmp_path) as s:
        yield s


def flap(site, times):
    for _ in range(times):
        site.say("tank-1", level=95)
        site.say("tank-1", level=50)


def test_the_measures_are_told_with_targets_and_survive_a_kill(site):
    answer, measures = site.health()
    assert answer["alarms"] == 0 and measures["priority_1_share"]["value"] is None
    assert measures["priority_1_share"]["met"] is None and measures["chattering"]["met"] is True
    flap(site, 12)
    site.say("sos-1", pressed=True)
    answer, measures = site.health()
    assert answer["alarms"] == 13 and answer["last_10min"] >= 11
    assert answer["sources"][0] == {"alarm": "tank-high/tank-1", "count": 12, "share": round(12 / 13, 4)}
    assert measures["alarms_per_10min"] == {"measure": "alarms_per_10min", "value": 13, "target": 1, "bound": "at_most", "met": False}
    assert measures["chattering"]["value"] == 1 and not measures["chattering"]["met"]
    assert measures["priority_1_share"]["value"] == round(1 / 13, 4) and not measures["priority_1_share"]["met"]
    assert measures["standing_over_24h"] == {"measure": "standing_over_24h", "value": 0, "target": 4, "bound": "at_most", "met": True}
    site.estate.kill()
    site.start()
    again, _ = site.health()
    assert again["alarms"] == 13 and again["sources"] == answer["sources"]
    text = site.estate.ctl("alarms", "--health")
    assert "not met" in text and "tank-high/tank-1" in text and "13 alarms told" in text
    assert site.estate.ctl("-f", "csv", "alarms", "--health").startswith("measure,value,target,bound,met")


def test_metrics_have_the_measures_in_prometheus_form(site):
    flap(site, 3)
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(site.estate.socket))
    client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    text = b"".join(iter(lambda: client.recv(65536), b"")).decode()
    client.close()
    assert re.search(r"^# TYPE estated_alarm_alarms_per_10min gauge$", text, re.M)
    assert re.search(r"^estated_alarm_alarms_per_10min 3$", text, re.M)
    assert re.search(r"^estated_alarm_chattering 1$", text, re.M)
    assert re.search(r'^estated_alarm_source_told\{alarm="tank-high/tank-1"\} 3$', text, re.M)


def test_what_is_not_acknowledged_becomes_more_urgent_and_says_so(site):
    site.say("tank-1", level=5)
    site.estate.ctl("ack", "tank-low/tank-1", "--note", "on my way")
    risen = site.estate.wait_alarm("tank-low/tank-1", "unacked")
    assert risen["priority"] == 1 and risen["count"] == 1
    story = site.estate.json("alarms", "show", "tank-low/tank-1")["story"]
    assert [(c["input"], c["priority"]) for c in story] == [("raised", 2), ("ack", 2), ("rise", 1)]
    site.estate.kill()  # what has risen stays so
    site.start()
    assert site.estate.alarm("tank-low/tank-1")["priority"] == 1


def test_a_lift_under_inspection_is_listed_and_nobody_is_told(site):
    site.say("lift-1", inspection=True)
    site.say("lift-1", fault=True)
    quiet = site.estate.wait_alarm("lift-fault/lift-1", "suppressed")
    assert quiet["suppressed_by"] == "inspection"
    site.estate.kill()
    site.start()
    assert site.estate.alarm("lift-fault/lift-1")["state"] == "suppressed"
    site.say("lift-1", fault=True)
    assert site.estate.alarm("lift-fault/lift-1")["state"] == "suppressed"
    site.say("lift-1", inspection=False)
    site.estate.wait_alarm("lift-fault/lift-1", "unacked")


def test_help_that_arrived_is_proven_with_a_date_that_survives_a_kill(site):
    def device(name):
        return next(d for d in site.estate.json("devices") if d["device"] == name)

    assert device("sos-1")["help"] is True and device("sos-1")["proven"] is None
    assert device("tank-1")["help"] is False and device("tank-1")["proven"] is None
    assert "never" in site.estate.ctl("devices", "sos-1")
    site.estate.ctl("test", "sos-1", "--for", "5m")
    site.say("sos-1", pressed=True)
    proven = until(lambda: device("sos-1")["proven"], "its way is proven")
    assert site.estate.json("show", "sos-1.pressed")["proven"] == proven
    site.estate.kill()
    site.start()
    assert device("sos-1")["proven"] == proven


def test_a_shelf_may_end_at_a_time_of_the_day(site):
    site.say("tank-1", level=95)
    refused = site.estate.run_ctl("shelve", "tank-high/tank-1", "--until", "2020-01-01 08:00", "--reason", "x")
    assert refused.returncode == 1 and "expected a time in the next 7d" in refused.stderr
    refused = site.estate.run_ctl("shelve", "tank-high/tank-1", "--until", "18:00", "--for", "1h", "--reason", "x")
    assert refused.returncode == 1 and "either" in refused.stderr
    site.estate.ctl("shelve", "tank-high/tank-1", "--until", "18:00", "--reason", "painted until the evening")
    shelved = site.estate.wait_alarm("tank-high/tank-1", "shelved")
    assert shelved["shelved_until"][11:16] in ("17:59", "18:00") and shelved["shelved_until"].endswith("+08:00")


def test_what_nobody_was_told_of_is_counted_over_a_kill(site):
    for _ in range(3):
        site.say("sos-1", pressed=True)
    site.say("tank-1", level=50)
    site.estate.ctl("shelve", "tank-high/tank-1", "--for", "1h", "--reason", "painted")
    flap(site, 4)
    assert site.estate.alarm("sos/sos-1")["count"] == 3 and site.estate.alarm("tank-high/tank-1")["count"] == 4
    site.estate.kill()
    site.start()
    assert site.estate.alarm("sos/sos-1")["count"] == 3 and site.estate.alarm("tank-high/tank-1")["count"] == 4
    assert len(site.estate.json("alarms", "show", "sos/sos-1")["story"]) == 1  # it was told once
    site.say("sos-1", pressed=True)
    assert site.estate.alarm("sos/sos-1")["count"] == 4
