"""Devices that a plugin has heard of and nobody has configured: listed, adopted; and whose battery is the weakest."""

import json
import subprocess

import pytest

from broker import Broker
from estate import Estate, until
from pace import PREFIX
from puppet import Puppet

SITE = '''
estate: {{ id = "t"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b3"; name = "3栋"; }} );
plugins: ( {{ id = "zigbee"; program = "{program}"; }} );
profiles: (
  {{ id = "door-sensor"; class = "contact"; models = ( "DC-70 X", "DCL*" );
     points: ( {{ name = "open"; at = "contact"; invert = true; }}, {{ name = "battery"; }}, {{ name = "battery_low"; }} ); }},
  {{ id = "button"; class = "sos"; models = ( "twin" ); points: ( {{ name = "pressed"; at = "action"; equals = "emergency"; event = true; }} ); }},
  {{ id = "button-2"; class = "sos"; models = ( "TWIN" ); points: ( {{ name = "pressed"; at = "click"; equals = "sos"; event = true; }} ); }},
  {{ id = "meter-of-registers"; class = "meter"; models = ( "DC-70 X" ); points: ( {{ name = "power"; at = "holding:0"; }} ); }} );
devices: ( {{ id = "old"; place = "b3/u1/101"; plugin = "zigbee"; address = "0x00AA"; profile = "door-sensor"; }} );
'''


class Site:
    def __init__(self, directory, more=""):
        self.source = Puppet()
        self.estate = Estate(directory, SITE.format(program=self.source.program) + more)
        self.adopted = self.estate.directory / "conf.d" / "adopted.conf"

    def __enter__(self):
        self.estate.start()
        self.life = self.source.life().ready("source")
        until(lambda: self.estate.json("plugins")[0]["state"] == "up", "the plugin is up")
        return self

    def __exit__(self, *_):
        try:
            self.estate.__exit__()
        finally:
            self.source.__exit__()

    def discover(self, address, **members):
        self.life.send(type="discovered", address=address, **{"fields": {}, **members})

    def found(self, *words):
        return self.estate.json("devices", "--discovered", *words)

    def wait_found(self, count):
        return until(lambda: len(self.found()) == count and self.found(), f"{count} discovered")

    def adopt(self, *words):
        return self.estate.run_ctl("adopt", *words)

    def devices(self):
        return [d["device"] for d in self.estate.json("devices")]


@pytest.fixture
def site(tmp_path):
    with Site(tmp_path) as s:
        yield s


def test_what_a_plugin_has_heard_of_is_listed_with_what_it_is(site):
    site.discover("0x00BB", name="front door", vendor="Aqara", model="dc-70 x", fields={"contact": True, "battery": 97})
    site.discover("24e124", name="b", fields={"object": {"battery": 8.5, "magnet_status": "open"}}, model="DCL-470M")
    site.discover("nameless")
    nameless, milesight, aqara = site.wait_found(3)
    assert (aqara["address"], aqara["name"], aqara["vendor"], aqara["model"]) == ("0x00BB", "front door", "Aqara", "dc-70 x")
    assert aqara["battery"] == 97 and aqara["profiles"] == ["door-sensor"] and aqara["plugin"] == "zigbee"
    assert milesight["fields"] == {"object.battery": 8.5, "object.magnet_status": "open"} and milesight["battery"] == 8.5
    assert milesight["profiles"] == ["door-sensor"]
    assert nameless == {**nameless, "name": None, "model": None, "battery": None, "fields": {}, "profiles": []}
    assert [d["address"] for d in site.found("front*")] == ["0x00BB"]
    assert [d["address"] for d in site.found("DCL*")] == ["24e124"]
    said = site.estate.ctl("devices", "--discovered")
    assert "Aqara dc-70 x" in said and "97 %" in said and "contact=true" in said
    site.estate.wait_log("a device that is not configured: 0x00BB, model dc-70 x")
    assert site.estate.log.count("a device that is not configured: 0x00BB, model dc-70 x") == 1


def test_a_configured_device_is_no_discovery(site):
    site.discover("0x00aa")  # the same IEEE address in other letters
    site.discover("0x00CC", name="0x00AA")
    site.discover("0x00BB")
    assert [d["address"] for d in site.wait_found(1)] == ["0x00BB"]


def test_adopted_it_is_in_force_at_once_and_discovered_no_more(site):
    site.discover("0x00BB", name="door", model="DC-70 X", fields={"contact": True})
    site.wait_found(1)
    row = json.loads(site.estate.ctl("-f", "json", "adopt", "door", "--place", "b3/u1/1204", "--room", "hall", "--entrance",
                                     "--name", 'the "old" \\ door'))
    assert row["device"] == "contact-b3-u1-1204-hall" and row["profile"] == "door-sensor" and row["address"] == "0x00BB"
    assert row["file"] == str(site.adopted)
    assert site.devices() == ["old", "contact-b3-u1-1204-hall"]
    assert site.found() == []
    life = site.source.life().ready("source")  # with its new device
    assert [d["id"] for d in life.hello["devices"]] == ["old", "contact-b3-u1-1204-hall"]
    life.sample("contact-b3-u1-1204-hall", contact=False)
    site.estate.wait_point("contact-b3-u1-1204-hall.open", lambda p: p["value"] is True)
    mine = site.estate.json("devices")[1]
    assert mine["name"] == 'the "old" \\ door' and mine["room"] == "hall" and mine["place"] == "b3/u1/1204"
    kinds = [(r["kind"], r["detail"]["changes"]) for r in site.estate.json("audit", "show", "--kind", "config")]
    assert kinds[-1][1] == [{"change": "added", "group": "devices", "id": "contact-b3-u1-1204-hall"}]


def test_a_second_one_goes_below_the_first_and_the_file_stays_a_configuration(site):
    for address in ("0x01", "0x02", "0x03"):
        site.discover(address, model="DC-70 X")
    site.wait_found(3)
    for i, address in enumerate(("0x01", "0x02", "0x03")):
        assert site.adopt(address, "--place", "b3/u1/1204").returncode == 0
        life = site.source.life().ready("source")
        assert len(life.hello["devices"]) == i + 2
    assert site.devices() == ["old"] + ["contact-b3-u1-1204" + tail for tail in ("", "-2", "-3")]
    assert site.adopted.read_text().count("contact-b3-u1-1204") == 3
    done = subprocess.run([PREFIX / "sbin/estated", "--check", "-c", site.estate.conf], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    site.estate.kill()
    site.estate.start()
    assert len(site.devices()) == 4


WRONG = [
    (["0x00BB", "--place", "b33/u1"], 1, "did you mean 'b3'?"),
    (["0x00BB", "--place", "b3/u1", "--profile", "door-sensr"], 2, "did you mean 'door-sensor'?"),
    (["0x00BB", "--place", "b3/u1", "--class", "contct"], 1, "did you mean 'contact'?"),
    (["0x00BB", "--place", "b3/u1", "--profile", "meter-of-registers"], 1, "it has registers, no JSON fields"),
    (["0x00BB", "--place", "b3/u1", "--id", "old"], 1, "old"),
    (["0x00BB", "--place", "b3/u1", "--id", "Not an id"], 2, "--id"),
    (["0x00BB", "--place", "b3/u1", "--room", "Big Hall"], 1, "room"),
    (["0x00BX", "--place", "b3/u1"], 1, "did you mean '0x00BB'?"),
    (["0x00BB", "--place", "b3/u1", "--plugin", "zigbe", "--profile", "button"], 1, "did you mean 'zigbee'?"),
    (["0x00BB"], 2, "--place"),
    (["twins", "--place", "b3/u1"], 2, "button, button-2"),
    (["bare", "--place", "b3/u1"], 2, "--profile"),
    (["0x00BB", "--place", "b3/u1", "--class", "contact", "--profile", "door-sensor"], 2, "--profile"),
]


def test_what_is_wrong_is_said_and_nothing_is_changed(site):
    site.discover("0x00BB", model="DC-70 X")
    site.discover("0x7777", name="twins", model="twin")
    site.discover("bare")
    site.wait_found(3)
    for words, status, said in WRONG:
        done = site.adopt(*words)
        assert done.returncode == status and said in done.stderr, (words, done.returncode, done.stderr)
        assert not site.adopted.exists(), words
    assert site.devices() == ["old"] and len(site.found()) == 3
    assert "nothing changes" in site.estate.ctl("config", "diff")


def test_one_that_has_not_spoken_yet_is_adopted_by_its_plugin(site):
    assert "--plugin" in site.adopt("0x77", "--place", "b3/u1", "--class", "contact").stderr
    assert site.adopt("0x77", "--place", "b3/u1", "--class", "contact", "--plugin", "zigbee").returncode == 0
    assert site.devices() == ["old", "contact-b3-u1"]


def test_an_address_stands_in_the_configuration_as_it_is(site):
    address = '"; }, { id = "x\\'
    site.discover(address)
    site.wait_found(1)
    assert site.adopt(address, "--place", "b3/u1", "--class", "contact").returncode == 0
    assert [(d["device"], d["address"]) for d in site.estate.json("devices")][1:] == [("contact-b3-u1", address)]


def test_a_main_file_that_is_a_link_has_its_rows_beside_the_link(tmp_path):
    site = Site(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    site.estate.conf.rename(elsewhere / "site.conf")
    site.estate.conf.symlink_to(elsewhere / "site.conf")
    with site:
        assert site.adopt("0x77", "--place", "b3/u1", "--class", "contact", "--plugin", "zigbee").returncode == 0
        assert site.devices() == ["old", "contact-b3-u1"] and site.adopted.exists()


def test_changes_of_others_are_not_taken_along(site):
    site.discover("0x00BB", model="DC-70 X")
    site.wait_found(1)
    more = site.estate.directory / "conf.d" / "more.conf"
    more.parent.mkdir()
    more.write_text('devices: ( { id = "half-done"; place = "b3"; class = "motion"; } );\n')
    done = site.adopt("0x00BB", "--place", "b3/u1")
    assert done.returncode == 1 and "config diff" in done.stderr and not site.adopted.exists()
    more.unlink()
    assert site.adopt("0x00BB", "--place", "b3/u1").returncode == 0


def test_unconfirmed_the_configuration_before_returns(site):
    site.discover("0x00BB", model="DC-70 X")
    site.wait_found(1)
    done = site.adopt("0x00BB", "--place", "b3/u1", "--confirm-within", "10s")
    assert done.returncode == 0 and "config confirm" in done.stderr
    assert site.devices() == ["old", "contact-b3-u1"]
    again = site.adopt("0x00CC", "--place", "b3/u1", "--class", "contact", "--plugin", "zigbee")
    assert again.returncode == 1 and "config confirm" in again.stderr
    until(lambda: site.devices() == ["old"], "the one before has returned")


def test_a_file_that_is_not_as_it_was_written_is_left_alone(site):
    site.discover("0x00BB", model="DC-70 X")
    site.wait_found(1)
    site.adopted.parent.mkdir()
    theirs = '# ours\ndevices: ( { id = "mine"; place = "b3"; class = "motion"; } );  log: { level = "info"; };\n'
    site.adopted.write_text(theirs)
    site.estate.ctl("config", "reload")
    done = site.adopt("0x00BB", "--place", "b3/u1")
    assert done.returncode == 1 and 'address = "0x00BB"' in done.stderr, done.stderr
    assert site.adopted.read_text() == theirs


def test_where_it_cannot_write_it_says_the_row(site):
    site.discover("0x00BB", model="DC-70 X")
    site.wait_found(1)
    (site.adopted.parent / ".adopted.conf.new").mkdir(parents=True)  # where the new file is written first
    done = site.adopt("0x00BB", "--place", "b3/u1")
    assert done.returncode == 1 and "sudo" in done.stderr and 'profile = "door-sensor"' in done.stderr


def test_a_hostile_broker_costs_a_bounded_list_and_few_lines(site):
    for i in range(2000):
        site.discover(f"0x{i:08x}", name="n" * 300, model="m" * 300, fields={f"f{k}": "x" * 200 for k in range(30)})
    until(lambda: site.found() and site.estate.json("status")["counters"]["discovered_dropped"] == 750, "all have come")
    found = site.found()
    assert len(found) == 250 and found[0]["address"] == f"0x{999:08x}"  # a thousand an hour are taken
    assert all(len(d["name"]) <= 100 and len(d["model"]) <= 100 and len(d["fields"]) <= 24 for d in found)
    site.estate.wait_log("a device that is not configured", 40)
    assert site.estate.log.count("a device that is not configured") == 40
    site.estate.wait_log("more than 1000 unknown addresses in an hour")
    assert max(len(line) for line in site.estate.log.splitlines()) < 2000


def test_an_address_that_steers_a_terminal_is_ignored(site):
    for address in ("", "a\x1b[2J", "x" * 256, "new\nline"):
        site.discover(address)
    site.discover("good", name="\x1b[31mred", fields={"a": "\x1b[2J"})
    assert [d["name"] for d in site.wait_found(1)] == [" [31mred"]
    assert "\x1b" not in site.estate.ctl("devices", "--discovered")
    site.estate.wait_log("control characters")


def test_the_round_begins_with_the_weakest_battery(tmp_path):
    devices = "".join(f', {{ id = "d{i}"; place = "b3/u1/{i}"; plugin = "zigbee"; profile = "door-sensor"; }}' for i in range(1, 7))
    mains = ', { id = "mains"; place = "b3"; plugin = "zigbee"; profile = "button"; }'
    text = SITE.replace('profile = "door-sensor"; }} );\n', 'profile = "door-sensor"; }}' + (devices + mains).replace("{", "{{").replace("}", "}}") + " );\n")
    site = Site(tmp_path)
    site.estate.conf.write_text(text.format(program=site.source.program))
    with site:
        for device, fields in {"d1": {"battery": 60}, "d2": {"battery": 9}, "d3": {"battery_low": False},
                               "d4": {"battery": 70, "battery_low": True}, "d5": {"battery": "full"}}.items():
            site.life.sample(device, id=device, contact=True, **fields)
            site.life.wait("stored", id=device)
        rows = site.estate.json("devices", "--battery")
        assert [r["device"] for r in rows] == ["d4", "d2", "d1", "d3", "old", "d5", "d6"]
        assert [r["battery"] for r in rows] == [70, 9, 60, None, None, None, None]
        assert rows[0]["battery_low"] is True and rows[3]["battery_low"] is False and rows[4]["battery_low"] is None
        assert rows[0]["at"] and rows[5]["at"] and rows[6]["at"] is None
        assert [r["device"] for r in site.estate.json("devices", "--battery", "b3/u1/2")] == ["d2"]
        lines = site.estate.ctl("devices", "--battery").splitlines()
        assert lines[1].startswith("70 % low") and lines[4].split()[0] == "ok" and lines[-1].split()[0] == "?"
        assert site.estate.run_ctl("devices", "--battery", "--discovered").returncode == 2


def test_a_plugin_that_starts_anew_tells_it_again_and_nobody_is_told_twice(site):
    site.discover("0x00BB", model="DC-70 X", battery=50)
    first = site.wait_found(1)[0]
    site.life.kill()
    site.life = site.source.life().ready("source")
    site.discover("0x00BB", battery=49)
    until(lambda: site.found()[0]["battery"] == 49, "it is heard of again")
    assert site.found() == [{**first, "battery": 49}]
    site.estate.wait_log("not configured: 0x00BB")
    assert site.estate.log.count("not configured: 0x00BB") == 1


BRIDGE = [{"ieee_address": "0x00158d0009999999", "type": "EndDevice", "friendly_name": "hall door", "supported": True,
           "definition": {"model": "MCCGQ11LM", "vendor": "Aqara", "description": "Door and window sensor"}}]
MQTT = '''
estate: {{ id = "t"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b3"; }} );
plugins: ( {{ id = "zigbee"; program = "mqtt-source"; options: {{ url = "{url}"; }}; }} );
'''


def test_a_sensor_at_a_real_broker_is_adopted_by_its_name_and_speaks(tmp_path):
    with Broker(tmp_path) as broker, broker.client() as client:
        client.publish("zigbee2mqtt/bridge/devices", json.dumps(BRIDGE), retain=True)
        with Estate(tmp_path, MQTT.format(url=broker.url)) as estate:
            client.publish("zigbee2mqtt/hall door", json.dumps({"contact": True, "battery": 96, "linkquality": 90}), retain=True)
            found = until(lambda: estate.json("devices", "--discovered"), "it is heard of")[0]
            assert (found["vendor"], found["model"], found["battery"]) == ("Aqara", "MCCGQ11LM", 96)
            assert found["profiles"] == ["zigbee-contact"] and found["name"] == "hall door"
            row = json.loads(estate.ctl("-f", "json", "adopt", "hall door", "--place", "b3/u1/1204", "--entrance"))
            assert row["address"] == "0x00158d0009999999" and row["profile"] == "zigbee-contact"
            client.publish("zigbee2mqtt/hall door", json.dumps({"contact": False, "battery": 95, "linkquality": 91}))
            estate.wait_point(f"{row['device']}.open", lambda p: p["value"] is True and p["quality"] == "good")
            assert estate.json("devices", "--discovered") == []
            assert [r["battery"] for r in estate.json("devices", "--battery")] == [95]
