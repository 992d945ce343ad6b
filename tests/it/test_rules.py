"""Rules whose condition changes by time alone, and why a rule is active: through the whole daemon."""
from estate import until
from test_contract_alarms import Site, rules

QUIET = '{ id = "quiet"; class = "probe"; when = "age(x) > 3s"; }'
KNOCK = '{ id = "knock"; class = "probe"; when = "count(hit, 20s) >= 3"; priority = 2; }'
SLOW = '{ id = "slow"; class = "probe"; when = "x > 90 && !(word is lost)"; for = "10m"; off_for = "1m"; }'


def test_a_value_that_grows_old_raises_and_the_same_value_again_ends_it(tmp_path):
    with Site(tmp_path, rules(QUIET)) as site:
        site.say("p1", x=5)
        assert site.state("quiet/p1") == "normal"
        site.estate.ctl("wait", "alarm", "quiet/p1", "unacked", "--for", "30s")
        site.say("p1", x=5)
        assert site.state("quiet/p1") == "rtn_unacked"


def test_happenings_are_counted(tmp_path):
    with Site(tmp_path, rules(KNOCK)) as site:
        site.say("p1", hit=True)
        site.say("p1", hit=True)
        assert site.state("knock/p1") == "normal"
        site.say("p1", hit=True)
        assert site.state("knock/p1") == "unacked"
        site.estate.ctl("wait", "alarm", "knock/p1", "rtn_unacked", "--for", "60s")


def test_a_window_outlives_a_reload_and_a_restart_of_the_daemon_but_not_of_the_machine(tmp_path):
    with Site(tmp_path, rules(KNOCK.replace("20s", "10m"))) as site:
        site.say("p1", hit=True)
        site.say("p1", hit=True)
        path = next(tmp_path.rglob("estated.conf"))
        path.write_text(path.read_text().replace('id = "tank-1"; place = "b1/roof"', 'id = "tank-1"; place = "b1/cellar"'))
        site.estate.ctl("config", "reload")
        site.say("p1", hit=True)
        assert site.state("knock/p1") == "unacked"
        site.again()
        site.say("p1", hit=True)
        (why,) = site.estate.json("rules", "knock", "p1")
        assert (why["result"], why["pending"]) == ("true", False)
        site.estate.kill()
        next(tmp_path.rglob("run/windows")).unlink()  # what a power cut leaves of a folder in memory
        site.start()
        site.say("p1", hit=True)
        (why,) = site.estate.json("rules", "knock", "p1")
        assert (why["result"], why["pending"]) == ("unknown", True)
        count = next(p for p in why["parts"] if p["text"] == "count(hit, 20s)".replace("20s", "10m"))
        assert (count["known"], count["at_least"], count["value"]) == (False, True, 1)


def test_rules_say_why(tmp_path):
    with Site(tmp_path, rules(SLOW)) as site:
        listed = {r["rule"]: r for r in site.estate.json("rules")}
        assert listed["slow"]["class"] == "probe" and listed["slow"]["watched"] == 2 and listed["slow"]["open"] == 0
        assert listed["slow"]["file"].endswith("estated.conf") and listed["slow"]["line"] > 1
        assert listed["sos"]["life_safety"] and listed["supervision"]["when"] is None
        site.say("p1", x=95, word="on")
        (why,) = site.estate.json("rules", "--explain", "slow", "p1")
        assert (why["result"], why["active"], why["state"]) == ("true", False, "normal")
        assert why["delay"]["kind"] == "for" and why["delay"]["seconds"] == 600 and 500 < why["delay"]["left"] <= 600
        assert [(p["text"], p["depth"], p["value"]) for p in why["parts"]] == [
            ("x > 90 && !(word is lost)", 0, True), ("x > 90", 1, True), ("x", 2, 95), ("!(word is lost)", 1, True), ("word is lost", 2, False)]
        assert {i["point"]: i["value"] for i in why["inputs"]} == {"p1.x": 95, "p1.word": "on"}
        both = {w["asset"]: w["result"] for w in site.estate.json("rules", "--explain", "slow")}
        assert both == {"p1": "true", "p-2": "false"}  # of p-2 nothing was ever read: its word is lost
        told = site.estate.ctl("rules", "--explain", "slow", "p1")
        assert "not active yet" in told and "600 s" in told and "x > 90" in told and "p1.x = 95" in told
        wrong = site.estate.run_ctl("rules", "--explain", "slw")
        assert wrong.returncode == 1 and "did you mean 'slow'?" in wrong.stderr
        assert site.estate.run_ctl("rules", "--explain").returncode == 2


URGENT = ('{ id = "urgent"; class = "probe"; when = "x > 90"; priority = 4; suppressed_when = "y > 5"; acked_when = "on";'
          ' rise = ( { after = "2s"; priority = 3; }, { after = "1h"; priority = 1; } ); }')


def test_rules_say_when_it_becomes_more_urgent_and_what_stands_beside_its_condition(tmp_path):
    with Site(tmp_path, rules(URGENT, SLOW)) as site:
        listed = {r["rule"]: r for r in site.estate.json("rules")}
        assert listed["urgent"]["rise"] == [{"after": 2, "priority": 3}, {"after": 3600, "priority": 1}]
        assert (listed["urgent"]["suppressed_when"], listed["urgent"]["acked_when"]) == ("y > 5", "on")
        assert (listed["slow"]["rise"], listed["slow"]["suppressed_when"], listed["slow"]["acked_when"]) == ([], None, None)
        site.say("p1", x=1, y=1, on=False)
        (why,) = site.estate.json("rules", "--explain", "urgent", "p1")
        assert why["priority"] == 4 and [(r["state"], r["left"]) for r in why["rise"]] == [("idle", None)] * 2
        site.say("p1", x=95)
        until(lambda: site.alarm("urgent/p1")["priority"] == 3, "it is more urgent")
        (why,) = site.estate.json("rules", "--explain", "urgent", "p1")
        first, second = why["rise"]
        assert why["priority"] == 3 and (first["state"], first["left"]) == ("reached", None)
        assert second["state"] == "waiting" and 3000 < second["left"] < 3600 and second["after"] == 3600
        excuse = why["suppressed_when"]
        assert (excuse["when"], excuse["bound"], excuse["result"], excuse["holds"]) == ("y > 5", True, "false", False)
        assert [(p["text"], p["value"]) for p in excuse["parts"]] == [("y > 5", False), ("y", 1)]
        assert (why["acked_when"]["result"], why["acked_when"]["holds"]) == ("false", False)
        assert {i["point"] for i in why["inputs"]} == {"p1.x", "p1.y", "p1.on"}
        told = site.estate.ctl("rules", "--explain", "urgent", "p1")
        assert "priority 3 after 2 s: it is that urgent" in told and "priority 1 after 3600 s: 3" in told
        assert "suppressed_when: it does not hold" in told and "y > 5" in told
        site.say("p1", on=True)
        site.say("p1", y=7)
        (why,) = site.estate.json("rules", "--explain", "urgent", "p1")
        assert why["acked_when"]["holds"] and why["suppressed_when"]["holds"] and why["state"] == "suppressed"
        assert [r["state"] for r in why["rise"]] == ["reached", "held"]
        told = site.estate.ctl("rules", "--explain", "urgent", "p1")
        assert "suppressed_when: it holds" in told and "acked_when: it holds" in told and "but not while" in told


def test_what_stands_beside_a_condition_and_is_not_known_is_said_to_be_so(tmp_path):
    with Site(tmp_path, rules(URGENT, SLOW)) as site:
        (why,) = site.estate.json("rules", "--explain", "urgent", "p1")
        assert (why["suppressed_when"]["result"], why["suppressed_when"]["holds"]) == ("unknown", False)
        told = site.estate.ctl("rules", "--explain", "urgent", "p1")
        assert "suppressed_when: not known now; it counts as not so" in told
        (why,) = site.estate.json("rules", "--explain", "slow", "p1")
        assert (why["rise"], why["suppressed_when"], why["acked_when"]) == ([], None, None)
        assert "suppressed_when" not in site.estate.ctl("rules", "--explain", "slow", "p1")


def test_several_detectors_of_a_building_are_one_alarm_also_over_a_kill(tmp_path):
    """Uplink, table and `rules` show it as any other; it is killed between the two detectors, and after them."""
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "homes.conf").write_text("devices: ( " + ", ".join(
        f'{{ id = "{name}"; place = "b1/u1/{place}"; plugin = "src"; address = "{name}"; class = "{kind}"; }}'
        for name, place, kind in (("smoke-1", 301, "smoke"), ("gas-1", 302, "gas"), ("co-1", 401, "co"))) + " );\n")
    with Site(tmp_path, "") as site:
        site.say("smoke-1", smoke=True)
        site.again()
        site.say("gas-1", gas=True)
        alarm = site.estate.wait_alarm("building-fire/b1", "unacked")
        assert (alarm["priority"], alarm["count"], alarm["place"]) == (1, 1, "b1")
        assert "1栋 多处同时报警" in alarm["text"]["zh"] and "2 个探测器" in alarm["text"]["zh"]
        assert "2 detectors: b1/u1/301 smoke-1, b1/u1/302 gas-1; the first at " in alarm["text"]["en"] and "119" in alarm["guidance"]["zh"]
        site.again()
        site.say("smoke-1", smoke=True)
        site.say("gas-1", gas=True)
        assert site.alarm("building-fire/b1")["count"] == 1
        refused = site.estate.run_ctl("shelve", "building-fire/b1", "--for", "1h", "--reason", "x")
        assert refused.returncode == 1 and "protects life" in refused.stderr and site.state("building-fire/b1") == "unacked"
        site.say("co-1", co=True)
        until(lambda: site.alarm("building-fire/b1")["count"] == 2, "the third counts")
        (listed,) = [r for r in site.estate.json("rules") if r["rule"] == "building-fire"]
        assert listed["life_safety"] and listed["open"] == 1
        site.uplink.wait(lambda u: len(u.states("building-fire/b1")) == 2)
