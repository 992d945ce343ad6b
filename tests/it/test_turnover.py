"""What comes, goes or ends while the daemon runs: nothing it still says is lost, and no alarm about it stays for ever."""

import json
import signal

import pytest

from estate import Estate, until
from puppet import Puppet
from test_reload import reload, request

HEAD = '''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
buses: ( {buses} );
plugins: ( {{ id = "src"; program = "{src}"; options: {{ n = {n}; }}; }} {plugins} );
classes: ( {{ id = "probe"; points: ( {{ name = "x"; type = "number"; }} ); }} );
devices: ( {first} {{ id = "p1"; place = "b1/x"; plugin = "src"; address = "A"; class = "probe"; }} );
rules: ( {{ id = "high"; class = "probe"; when = "x > 90"; }} );
'''
BUS = '{{ id = "g{i}"; type = "tcp"; host = "127.0.0.1"; port = 9; timeout = "{timeout}"; }}'


def configuration(src, buses="", n=1, plugins="", first=""):
    return HEAD.format(src=src.program, buses=buses, n=n, plugins=plugins, first=first)


def supervision(estate, asset):
    return next((a for a in estate.json("alarms", "--all") if a["alarm"] == f"supervision/{asset}"), None)


@pytest.fixture
def src():
    with Puppet() as p:
        yield p


def test_what_a_plugin_says_while_a_reload_ends_it_counts_for_its_own_device(tmp_path, src):
    with Estate(tmp_path, configuration(src)) as estate:
        old = src.life().ready("source")
        old.sample("p1", id="1", x=1)
        old.wait("stored", id="1")
        old.mute = True  # takes its time to end
        other = '{ id = "p0"; place = "b1/y"; plugin = "src"; address = "Z"; class = "probe"; },'
        assert reload(estate, configuration(src, n=2, first=other))[0] == 200
        old.wait("stop")
        old.sample("p1", id="2", x=95)
        old.wait("stored", id="2")
        estate.wait_alarm("high/p1", "unacked")
        assert estate.point("p0.x")["value"] is None
        old.end()
        assert src.life().ready("source").hello["options"]["n"] == 2


def test_a_plugin_that_ends_before_its_last_sample_is_stored_is_not_answered_any_more(tmp_path, src):
    with Estate(tmp_path, configuration(src)) as estate:
        life = src.life().ready("source")
        for n in range(2, 7):
            life.mute = True
            assert reload(estate, configuration(src, n=n))[0] == 200
            life.wait("stop")
            for i in range(200):
                life.sample("p1", id=str(i), x=i)
            life.end()
            life = src.life().ready("source")
        life.sample("p1", id="last", x=1)
        life.wait("stored", id="last")
        assert estate.stop() == 0, estate.log


def test_an_alarm_that_is_raised_while_estated_ends_is_kept(tmp_path, src):
    with Estate(tmp_path, configuration(src)) as estate:
        life = src.life().ready("source")
        life.sample("p1", id="1", x=1)
        life.wait("stored", id="1")
        life.mute = True
        estate.process.send_signal(signal.SIGTERM)
        life.wait("stop")
        life.sample("p1", id="2", x=95)
        life.wait("stored", id="2")
        life.end()
        assert estate.stop() == 0, estate.log
        estate.start()
        assert estate.alarm("high/p1")["state"] == "unacked"


def test_forty_buses_that_change_at_once_hold_up_nobody_and_end_in_order(tmp_path, src):
    def buses(timeout):
        return ", ".join(BUS.format(i=i, timeout=timeout) for i in range(40))
    with Estate(tmp_path, configuration(src, buses("300ms"))) as estate:
        life = src.life().ready("source")
        for timeout in ("310ms", "320ms", "330ms"):
            assert reload(estate, configuration(src, buses(timeout)))[0] == 200
            life.sample("p1", id=timeout, x=1)
            life.wait("stored", id=timeout, limit=2)
        assert len(estate.json("buses")) == 40
        assert reload(estate, configuration(src))[0] == 200
        assert estate.stop() == 0, estate.log


def test_a_supervision_alarm_of_what_is_not_configured_any_more_ends_with_the_next_start(tmp_path, src):
    absent = ', { id = "absent"; program = "/nonexistent/program"; }'
    with Estate(tmp_path, configuration(src, plugins=absent)) as estate:
        until(lambda: supervision(estate, "absent"), "the alarm about the plugin")
        assert supervision(estate, "absent")["state"] == "unacked"
        estate.stop()
        estate.conf.write_text(configuration(src))
        estate.start()
        until(lambda: supervision(estate, "absent")["state"] == "rtn_unacked", "its end")
        estate.ctl("ack", "supervision/absent")
        assert supervision(estate, "absent")["state"] == "normal"


def test_a_reload_for_good_leaves_nothing_to_confirm(tmp_path, src):
    with Estate(tmp_path, configuration(src)) as estate:
        src.life().ready("source")
        rule = configuration(src).replace("x > 90", "x > 80")
        assert reload(estate, rule, confirm_within="10s")[0] == 200
        assert reload(estate, rule.replace("x > 80", "x > 70"))[0] == 200
        assert request(estate, "POST", "/v1/config/confirm")[0] == 409


def test_an_uplink_that_came_with_a_reload_gets_what_happened_before_it_was_ready(tmp_path, src):
    with Puppet() as late, Estate(tmp_path, configuration(src)) as estate:
        life = src.life().ready("source")
        life.sample("p1", id="1", x=1)
        life.wait("stored", id="1")
        assert reload(estate, configuration(src, plugins=f', {{ id = "late"; program = "{late.program}"; }}'))[0] == 200
        uplink = late.life()
        life.sample("p1", id="2", x=95)
        life.wait("stored", id="2")
        uplink.ready("uplink")
        batch = uplink.wait("deliver", lane="alarm")
        assert [(m["alarm"], m["state"], m["seq"]) for m in batch["messages"]] == [("high/p1", "unacked", 1)], json.dumps(batch)
