"""Orders to plugins of role command: handed over once, recorded before, answered with what came of it."""

import json
import threading

import pytest

from estate import Estate, until
from puppet import Puppet
from receiver import Receiver


def configuration(program, options="{ }"):
    return f'estate: {{ id = "t"; }}; places: ( {{ id = "b1"; }} );\nplugins: ( {{ id = "door"; program = "{program}"; options: {options}; }} );\n'


class Asked:
    """An estatectl that is under way."""

    def __init__(self, estate, *words):
        self.done = None
        self.thread = threading.Thread(target=self._run, args=(estate, words), daemon=True)
        self.thread.start()

    def _run(self, estate, words):
        self.done = estate.run_ctl(*words)

    def result(self):
        self.thread.join(120)
        return self.done


@pytest.fixture
def site(tmp_path):
    with Puppet() as puppet, Estate(tmp_path, configuration(puppet.program)) as estate:
        estate.puppet, estate.life = puppet, puppet.life()
        yield estate


def ready(estate, life, *roles):
    life.ready(*roles)
    until(lambda: estate.json("plugins")[0]["state"] == "up", "the plugin is up")


def audit(estate):
    return [r for r in estate.json("audit", "show", "--kind", "order") if r["what"] == "door"]


def test_an_order_is_recorded_handed_over_and_answered(site):
    ready(site, site.life, "command")
    asked = Asked(site, "command", "door", "unlock", "door=b1-u1", "for=5s", "--reason", "the ambulance is here")
    m = site.life.wait("command")
    assert (m["verb"], m["args"]) == ("unlock", {"door": "b1-u1", "for": "5s"})
    [before] = until(lambda: audit(site), "the record")
    assert before["detail"]["verb"] == "unlock" and before["detail"]["args"]["door"] == "b1-u1" and before["why"] == "the ambulance is here"
    site.life.send(type="result", id=m["id"] + 1, ok=False, text="of something else")
    site.life.send(type="result", id=m["id"], ok=True, seconds=5, who="desk")
    site.life.send(type="result", id=m["id"], ok=False, text="again")
    done = asked.result()
    assert (done.returncode, done.stderr) == (0, "") and done.stdout == "done\nseconds: 5\nwho: desk\n"
    after = until(lambda: next((r for r in audit(site) if "ok" in r["detail"]), None), "the record of its end")
    assert after["detail"]["ok"] and after["detail"]["id"] == before["detail"]["id"] and site.ctl("audit", "verify")


def test_what_was_not_done_is_told_with_the_reason(site):
    ready(site, site.life, "command")
    asked = Asked(site, "command", "door", "unlock", "door=x")
    site.life.send(type="result", id=site.life.wait("command")["id"], ok=False, text="the door is locked for good")
    done = asked.result()
    assert done.returncode == 1 and "the door is locked for good" in done.stderr


def test_a_plugin_that_ends_leaves_it_unknown_and_nothing_is_handed_over_again(site):
    ready(site, site.life, "command")
    asked = Asked(site, "command", "door", "unlock", "door=x")
    site.life.wait("command")
    site.life.kill()
    done = asked.result()
    assert done.returncode == 1 and "whether unlock was done is not known" in done.stderr
    life = site.puppet.life()
    ready(site, life, "command")
    asked = Asked(site, "command", "door", "call")
    m = life.wait("command")
    assert m["verb"] == "call" and m["args"] == {}
    life.send(type="result", id=m["id"], ok=True)
    assert asked.result().returncode == 0


def test_who_takes_no_orders_gets_none(site):
    assert "does not run" in site.run_ctl("command", "door", "unlock").stderr
    ready(site, site.life, "source")
    assert "takes no orders" in site.run_ctl("command", "door", "unlock").stderr
    assert "no such plugin" in site.run_ctl("command", "other", "unlock").stderr
    for words in (("door",), ("door", "unlock", "x"), ("door", "unlock", "=x")):
        assert site.run_ctl("command", *words).returncode == 2
    assert site.run_ctl("command", "door", "v" * 65).returncode == 1 and audit(site) == []


def test_the_intercom_releases_a_door_from_the_desk(tmp_path):
    with Receiver(answer=lambda post: (200, '{"ok":true,"seconds":5}', {})) as server:
        url = server.url.split("/estate")[0]
        with Estate(tmp_path, configuration("intercom", f'{{ url = "{url}"; }}')) as estate:
            until(lambda: estate.json("plugins")[0]["state"] == "up", "the intercom is up")
            assert json.loads(estate.ctl("-f", "json", "command", "door", "unlock", "door=b1-u1"))["seconds"] == 5
            refused = estate.run_ctl("command", "door", "unlock", "gate=b1")
            assert refused.returncode == 1 and "there is no 'gate'" in refused.stderr
            assert [post.path for post in server.posts] == ["/unlock"] and json.loads(server.posts[0].body)["args"] == {"door": "b1-u1"}
