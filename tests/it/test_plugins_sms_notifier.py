"""sms-notifier with a modem on a pseudo-terminal that takes every PDU to pieces by itself (modem.py)."""

import json
import subprocess
import threading

import pytest

from estate import PREFIX, Estate, until
from modem import Modem
from pace import LIMIT
from plugin_harness import Plugin, program
from puppet import Puppet

ALARM = {"alarm": "entrapment/lift-3", "priority": 1}
NUMBER = "+8613800230500"


@pytest.fixture
def modem(tmp_path):
    with Modem(tmp_path) as m:
        yield m


def start(modem, **options):
    plugin = Plugin("sms-notifier", {"port": modem.port, **options})
    plugin.wait("ready")
    return plugin


def up(modem, **options):
    plugin = start(modem, **options)
    plugin.wait("healthy")
    return plugin


def notify(plugin, id, text, phone=NUMBER, priority=1, **more):
    plugin.send({"type": "notify", "id": id, "to": {"phone": phone}, "contact": {"id": "desk"}, "step": 1,
                 "alarm": {**ALARM, "priority": priority}, **more, "text": text})


@pytest.mark.parametrize("habits", [{}, {"pieces": True, "noise": True}, {"network": 5}], ids=["plain", "pieces and noise", "roaming"])
def test_a_text_arrives_whole_in_chinese_and_english(tmp_path, habits):
    long = "3栋1单元2号电梯停在5楼与6楼之间，里面有人。" * 6
    with Modem(tmp_path, **habits) as modem, up(modem) as plugin:
        notify(plugin, 1, "Lift 3: somebody is inside. {5/F}")
        assert plugin.wait("notified", id=1)["ok"] is True
        notify(plugin, 2, long, phone="138 0023 0500")
        assert plugin.wait("notified", id=2)["ok"] is True
        assert modem.wait_texts(2) == [(NUMBER, "Lift 3: somebody is inside. {5/F}"), ("13800230500", long)]
        assert len(modem.parts) == 1 + -(-len(long) // 67)
        assert plugin.ping()["told"] == 2 and plugin.ping(2)["parts"] == len(modem.parts)


def test_what_is_too_long_is_cut(modem):
    with up(modem, parts=2) as plugin:
        notify(plugin, 1, "梯" * 500)
        assert plugin.wait("notified", id=1)["ok"] is True
        assert modem.wait_texts(1) == [(NUMBER, "梯" * 133 + "…")]


def test_the_most_urgent_one_overtakes_between_two_parts(modem):
    begun, go_on = threading.Event(), threading.Event()

    def hold(_):
        begun.set()
        return None if go_on.wait(LIMIT) else "ERROR"

    modem.be(errors={"PDU": hold})
    with up(modem) as plugin:
        for id in range(1, 6):
            notify(plugin, id, f"slow {id}" * 30, priority=3)
        assert begun.wait(LIMIT), "the first part is not under way"
        notify(plugin, 9, "now", priority=1)
        plugin.ping()
        go_on.set()
        assert plugin.wait("notified", id=9)["ok"] is True
        assert modem.parts[1].text == "now"
        for id in range(1, 6):
            plugin.wait_until(lambda p, id=id: any(m["id"] == id and m["ok"] for m in p.all("notified")))


@pytest.mark.parametrize("phone, why", [("desk", "3 to 20 digits"), ("12", "3 to 20 digits"), (None, "no phone")])
def test_a_contact_that_has_no_number_is_refused_at_once(modem, phone, why):
    with up(modem) as plugin:
        plugin.send({"type": "notify", "id": 3, "to": {} if phone is None else {"phone": phone}, "alarm": ALARM, "text": "a"})
        told = plugin.wait("notified", id=3)
        assert told["ok"] is False and why in told["text"]
        assert not modem.parts


def test_numbers_stand_in_no_log(modem):
    with up(modem) as plugin:
        notify(plugin, 1, "a")
        plugin.wait("notified", id=1)
        modem.be(report=0x46)
        notify(plugin, 2, "b")
        plugin.wait_until(lambda p: any("…0500" in line and "within a day" in line for line in p.log))
        plugin.stop()
        assert not any("13800230" in line for line in plugin.log)


@pytest.mark.parametrize("answer, why", [("+CMS ERROR: 1", "nobody has this number (CMS 1)"), ("+CMS ERROR: 50", "no short messages")])
def test_a_refusal_that_stays_fails_at_once_with_its_reason(modem, answer, why):
    modem.be(errors={"PDU": answer})
    with up(modem) as plugin:
        notify(plugin, 1, "a")
        told = plugin.wait("notified", id=1)
        assert told["ok"] is False and why in told["text"]
        assert modem.commands.count("AT+CMGS=16") == 1


def test_a_passing_one_is_tried_once_more(modem):
    tries = []

    def first_only(_):
        tries.append(1)
        return "+CMS ERROR: 42" if len(tries) == 1 else None

    modem.be(errors={"PDU": first_only})
    with up(modem) as plugin:
        notify(plugin, 1, "a")
        assert plugin.wait("notified", id=1)["ok"] is True
        assert len(tries) == 2
        modem.be(errors={"PDU": "+CMS ERROR: 42"})
        notify(plugin, 2, "b")
        told = plugin.wait("notified", id=2)
        assert told["ok"] is False and "congested" in told["text"]


@pytest.mark.parametrize("habits, fault", [
    ({"sim": None}, "no SIM card"),
    ({"sim": "SIM PIN"}, "pin_credential"),
    ({"sim": "SIM PUK"}, "PUK"),
    ({"network": 3}, "does not let the SIM card in"),
    ({"mute": True}, "does not answer with 115200 baud"),
    ({"errors": {r"AT\+CMGF=0": "ERROR"}}, "no PDU mode"),
])
def test_what_keeps_it_from_sending_is_a_fault_and_fails_a_message_at_once(tmp_path, habits, fault):
    with Modem(tmp_path, **habits) as modem, start(modem) as plugin:
        assert fault in plugin.wait("fault")["text"]
        notify(plugin, 1, "a")
        told = plugin.wait("notified", id=1)
        assert told["ok"] is False and fault in told["text"]
        modem.be(sim="READY", network=1, mute=False, errors={})
        plugin.wait("healthy")
        notify(plugin, 2, "b")
        assert plugin.wait("notified", id=2)["ok"] is True


def test_a_sim_card_that_is_pulled_is_told_while_it_runs(modem):
    with up(modem) as plugin:
        modem.be(errors={r"AT\+CMGS=.*": "+CMS ERROR: 310"}, sim=None)
        notify(plugin, 1, "a")
        told = plugin.wait("notified", id=1)
        assert told["ok"] is False and "no SIM card" in told["text"]
        assert "no SIM card" in plugin.wait("fault", limit=90)["text"]


def test_the_pin_is_given_once_only(tmp_path):
    secret = tmp_path / "pin"
    secret.write_text("4711\n")
    with Modem(tmp_path, sim="SIM PIN", pin="4711") as modem, up(modem, pin_file=str(secret)) as plugin:
        notify(plugin, 1, "a")
        assert plugin.wait("notified", id=1)["ok"] is True
        assert modem.commands.count('AT+CPIN="4711"') == 1 and not any("4711" in line for line in plugin.log)


def test_a_wrong_pin_is_not_tried_again(tmp_path):
    secret = tmp_path / "pin"
    secret.write_text("0000\n")
    with Modem(tmp_path, sim="SIM PIN", pin="4711") as modem, start(modem, pin_file=str(secret)) as plugin:
        assert "refuses the PIN" in plugin.wait("fault")["text"]
        modem.wait(lambda m: m.commands.count("AT+CPIN?") >= 3, "it goes on looking")
        assert modem.commands.count('AT+CPIN="0000"') == 1


def test_a_modem_that_has_lost_its_power_gets_the_pin_again(tmp_path):
    secret = tmp_path / "pin"
    secret.write_text("4711\n")
    with Modem(tmp_path, sim="SIM PIN", pin="4711") as modem, up(modem, pin_file=str(secret)) as plugin:
        modem.be(sim="SIM PIN", echo=True)
        modem.say("RDY", "+CPIN: SIM PIN")
        plugin.wait("fault")
        plugin.wait("healthy")
        notify(plugin, 1, "a")
        assert plugin.wait("notified", id=1)["ok"] is True
        assert modem.commands.count('AT+CPIN="4711"') == 2


@pytest.mark.parametrize("habits, why", [
    ({"errors": {r"AT\+CMGS=.*": "OK"}}, "does not answer"),  # of an earlier command: there is no prompt
    ({"errors": {"PDU": "OK"}}, "does not say that it has left"),
], ids=["before the prompt", "without a number"])
def test_an_ok_that_is_not_of_the_message_is_not_taken_for_told(tmp_path, habits, why):
    with Modem(tmp_path, **habits) as modem, up(modem) as plugin:
        notify(plugin, 1, "a")
        told = plugin.wait("notified", id=1)
        assert told["ok"] is False and why in told["text"] and not modem.parts
        modem.be(errors={})
        plugin.wait_until(lambda p: [m["type"] for m in p.messages if m["type"] in ("fault", "healthy")][-1] == "healthy")
        notify(plugin, 2, "b")
        assert plugin.wait("notified", id=2)["ok"] is True and modem.texts() == [(NUMBER, "b")]


def test_a_modem_that_starts_anew_amid_a_message_is_made_ready_again(modem):
    modem.be(errors={"PDU": lambda n: "reset" if n == 1 else None})
    with up(modem) as plugin:
        notify(plugin, 1, "a")
        told = plugin.wait("notified", id=1)
        assert told["ok"] is False and "started anew" in told["text"]
        plugin.wait("healthy")
        notify(plugin, 2, "b")
        assert plugin.wait("notified", id=2)["ok"] is True
        assert modem.commands.count("ATE0") >= 2 and plugin.ping()["modem_restarts"] == 1


def test_a_modem_that_falls_silent_amid_a_message(modem):
    modem.be(drop_result=True)
    with up(modem) as plugin:
        notify(plugin, 1, "a")
        told = plugin.wait("notified", id=1, limit=60)
        assert told["ok"] is False and "in time" in told["text"]
        modem.be(drop_result=False)


def test_the_line_is_pulled_out_and_put_in_again(tmp_path):
    modem = Modem(tmp_path)
    with up(modem) as plugin:
        modem.unplug()
        assert "no modem at" in plugin.wait("fault")["text"]
        notify(plugin, 1, "a")
        assert plugin.wait("notified", id=1)["ok"] is False
        with Modem(tmp_path) as again:
            plugin.wait("healthy")
            notify(plugin, 2, "b")
            assert plugin.wait("notified", id=2)["ok"] is True
            assert again.texts() == [(NUMBER, "b")]


@pytest.mark.parametrize("direct", [True, False], ids=["said at once", "stored by the modem"])
def test_with_confirm_delivered_it_is_told_when_the_telephone_has_it(tmp_path, direct):
    with Modem(tmp_path, direct_reports=direct) as modem, up(modem, confirm="delivered") as plugin:
        notify(plugin, 1, "梯" * 100)
        modem.wait(lambda m: len(m.texts()) == 1 and all(hasattr(p, "reference") for p in m.parts), "sent")
        modem.say_report(modem.parts[0], 0x00)
        modem.wait(lambda m: direct or not m.stored, "the stored report is taken")
        plugin.ping()
        assert not plugin.all("notified")
        modem.say_report(modem.parts[1], 0x30)  # it is still tried
        modem.say_report(modem.parts[1], 0x00)
        assert plugin.wait("notified", id=1)["ok"] is True
        assert plugin.ping(2)["delivered"] == 2
        modem.be(report=0x46)
        notify(plugin, 2, "b")
        told = plugin.wait("notified", id=2)
        assert told["ok"] is False and "within a day" in told["text"]


def test_those_that_wait_for_a_report_keep_no_other_from_being_sent(modem):
    with up(modem, confirm="delivered") as plugin:
        for id in range(1, 8):
            notify(plugin, id, f"low {id}", priority=3)
        for id in range(11, 35):
            notify(plugin, id, f"urgent {id}")
        assert len(modem.wait_texts(7 + 24)) == 7 + 24
        assert not plugin.all("notified")


@pytest.mark.parametrize("answer", ["+CMGR: 0,,0\r\n\r\nOK", "", "+CMS ERROR: 321"], ids=["an empty place", "silence", "an error"])
def test_a_stored_report_that_cannot_be_read_keeps_nothing_from_being_sent(tmp_path, answer):
    with Modem(tmp_path, direct_reports=False, report=0x00, errors={r"AT\+CMGR=.*": answer}) as modem, up(modem) as plugin:
        notify(plugin, 1, "a")
        assert plugin.wait("notified", id=1)["ok"] is True
        modem.wait(lambda m: "AT+CMGR=1" in m.commands, "it is asked for")
        modem.be(report=None)
        if not answer:
            plugin.wait("fault")
            plugin.wait("healthy")
        notify(plugin, 2, "b")
        assert plugin.wait("notified", id=2)["ok"] is True
        assert modem.commands.count("AT+CMGR=1") == 1


def test_garbage_and_reports_of_others_disturb_nothing(modem):
    with up(modem) as plugin:
        modem.say_raw(bytes(range(256)) * 40 + b"\r\n")
        modem.say("+CDS: 25", "no pdu", "+CDS: 25", "00", "+CDSI: x", "+CMGS: 7", "OK", "ERROR", "+CMS ERROR: 4", "RING", "> ")
        modem.say("+CDS: 26", "0006D60B911326880736F4111011719551401110117195714000")
        modem.say_raw(b"x" * 5000 + b"\r\n")
        notify(plugin, 1, "a")
        plugin.wait("notified", id=1)
        notify(plugin, 2, "b")
        assert plugin.wait("notified", id=2)["ok"] is True
        assert plugin.ping()["modem_long_lines"] >= 1


def test_a_weak_signal_is_a_count_and_none_is_no_fault(modem):
    modem.be(csq=3)
    with up(modem) as plugin:
        assert plugin.ping()["signal_dbm"] == -107


def test_another_program_on_the_line_is_named(modem):
    with up(modem), start(modem) as second:
        assert "another program uses it" in second.wait("fault")["text"]


@pytest.mark.parametrize("options, says", [
    ({}, "port"), ({"port": "modem"}, "absolute path"), ({"port": "/dev/x", "baud": 12345}, "usual speed"),
    ({"port": "/dev/x", "centre": "x"}, "telephone number"), ({"port": "/dev/x", "parts": 9}, "parts"),
    ({"port": "/dev/x", "pin_file": "/nonexistent/pin"}, "/nonexistent/pin"),
])
def test_wrong_options_are_named(options, says):
    with Plugin("sms-notifier", options) as plugin:
        assert says in plugin.wait("fault")["text"]
        assert plugin.wait_exit() == 1


def probe(port):
    hello = {"type": "hello", "protocol": 1, "instance": "sms", "options": {"port": str(port)}, "devices": []}
    done = subprocess.run([program("sms-notifier"), "--probe"], input=json.dumps(hello) + "\n", capture_output=True, text=True)
    return json.loads(done.stdout), done.returncode


def test_the_probe_looks_and_sends_nothing(tmp_path, modem):
    told, code = probe(modem.port)
    assert code == 0 and told["result"] == "reached" and told["target"] == modem.port and not modem.parts
    modem.be(sim=None)
    told, code = probe(modem.port)
    assert told["result"] == "failed" and "no SIM card" in told["text"]
    told, code = probe(tmp_path / "nothing")
    assert told["result"] == "failed" and "No such file" in told["text"]


def test_a_report_that_comes_while_it_is_probed_is_passed_over(modem):
    report = "0006D60B911326880736F4111011719551401110117195714000"
    modem.be(errors={r"AT\+CNMI=2,0,0,1,0": f"OK\r\n\r\n+CDS: 26\r\n{report}"})
    told, code = probe(modem.port)
    assert code == 0 and told["result"] == "reached"


def test_an_end_amid_a_message_is_quick(modem):
    modem.be(drop_result=True)
    with up(modem) as plugin:
        notify(plugin, 1, "a")
        modem.wait(lambda m: m.parts, "it is under way")
        took, code = plugin.stop()
        assert code == 0 and took < 2


def test_it_keeps_to_the_protocol(modem):
    done = subprocess.run([PREFIX / "bin/estate-plugin-test", "--options", json.dumps({"port": modem.port}), program("sms-notifier")],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


ESTATE = '''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; units = ( "u1" ); }} );
plugins: ( {{ id = "src"; program = "{source}"; }}, {{ id = "sms"; program = "sms-notifier"; options: {{ port = "{port}"; }}; }} );
devices: ( {{ id = "sos-1"; place = "b1/u1/101"; plugin = "src"; address = "1"; class = "sos"; }} );
contacts: ( {{ id = "grid"; name = "网格员"; duties = ( "desk" ); notifier = "sms"; phone = "13800230500"; }},
            {{ id = "next"; name = "主管"; duties = ( "desk" ); notifier = "sms"; phone = "+8613900230500"; }} );
ladders: ( {{ id = "L1"; steps: ( {{ to = ( "desk" ); }} ); }} );
'''


def test_a_button_becomes_a_short_message_and_a_bad_number_the_next_contacts(modem, tmp_path):
    def no_such_number(_):
        return "+CMS ERROR: 1" if modem.parts[-1].number == "13800230500" else None

    modem.be(errors={"PDU": no_such_number})
    with Puppet() as source, Estate(tmp_path, ESTATE.format(source=source.program, port=modem.path)) as estate:
        life = source.life().ready("source")
        until(lambda: all(p["state"] == "up" for p in estate.json("plugins")), "both plugins are up")
        life.sample("sos-1", id="1", pressed=True)
        (number, text), = modem.wait_texts(1)
        assert number == "+8613900230500" and "按下求助按钮" in text and "网格员（未能通知到）" in text
        rows = [r["detail"] for r in estate.json("audit", "show", "--kind", "notify", "--since", "1h")]
        assert ("grid", "failed") in [(r["contact"], r["outcome"]) for r in rows]


def test_the_options_are_listed():
    listed = json.loads((PREFIX / "share/estated/plugins/sms-notifier.json").read_text())
    assert {o["name"] for o in listed} == {"port", "baud", "pin_file", "pin_credential", "centre", "parts", "confirm", "signal_min"}
