"""mqtt-uplink against real and unwilling brokers: nothing lost, order kept per lane, delivered means acknowledged."""

import json
import signal
import statistics
import subprocess
import time

import pytest

from broker import Broker, free_port
from broker_fake import Cut, FakeBroker
from certificates import Authority, authority_of
from outgoing import deliver, envelope
from plugin_harness import Plugin, program


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path, config="max_queued_messages 0") as b:
        yield b


def uplink(url, **options):
    return Plugin("mqtt-uplink", {"url": url, **options})


def seqs(messages, lane):
    """The sequence numbers of a lane as they came."""
    found = [json.loads(m.payload) for m in messages if not m.topic.endswith(("/status", "/ack"))]
    return [e["seq"] for e in found if e["lane"] == lane]


def without_duplicates(numbers):
    """As a receiver does it: what is not newer than the newest is dropped."""
    kept = []
    for n in numbers:
        if not kept or n > kept[-1]:
            kept.append(n)
    return kept


def statuses(messages):
    return [json.loads(m.payload)["state"] for m in messages if m.topic.endswith("/status")]


def test_help_prints_the_options():
    text = subprocess.run([program("mqtt-uplink"), "--help"], capture_output=True, text=True, check=True).stdout
    for option in ("url", "ack", "username", "password_file", "password_credential", "client_id", "topic_prefix", "estate", "keepalive"):
        assert f"\n{option} " in text


def test_wrong_options_are_all_told():
    with Plugin("mqtt-uplink", {"url": "http://x", "ack": "aplication", "keepalive": "1s", "estate": "a/b", "lanes": ["alarm", "x"], "lane": 1}) as p:
        text = p.wait("fault")["text"]
        assert "option 'url' = \"http://x\": expected mqtt://host[:port]" in text
        assert "expected one of: broker, application; did you mean 'application'?" in text
        assert "option 'keepalive' = \"1s\": expected a duration such as \"90s\", from 5000 ms to 3600 s" in text
        assert "option 'estate' = \"a/b\"" in text
        assert "option 'lanes' = [\"alarm\",\"x\"]: expected a list of words of: alarm data" in text
        assert "there is no option 'lane'; did you mean 'lanes'?" in text
        assert p.wait_exit() == 1


def test_a_batch_goes_out_in_order_unchanged_and_is_delivered(broker):
    reason = {"z": 1, "a": [1, 2.5, None, True, {"文": "电梯困人 \u2028 \"引号\""}], "m": -0.1, "big": 2 ** 53 + 1}
    with broker.client("estate/v1/#") as seen, uplink(broker.url) as p:
        assert p.wait("ready")["roles"] == ["uplink"]
        messages = [envelope(1, text={"zh": "困人", "en": "trapped"}, reason=reason),
                    envelope(2, kind="event", value=23.5), envelope(3)]
        texts = [json.dumps(m, ensure_ascii=False).encode() for m in messages]
        texts[1] = texts[1].replace(b"23.5", b"23.10")  # digits are kept too
        messages[1]["value"] = 23.1
        p.send_raw(b'{"type":"deliver","batch":12,"lane":"alarm","messages":[' + b",".join(texts) + b"]}\n")
        assert p.wait("delivered") == {"type": "delivered", "batch": 12}
        got = [m for m in seen.wait(lambda ms: len(ms) >= 4) if not m.topic.endswith("/status")]
    assert [m.topic for m in got] == ["estate/v1/demo/alarm", "estate/v1/demo/event", "estate/v1/demo/alarm"]
    assert [m.payload for m in got] == texts
    assert all(m.qos == 1 and not m.retain and json.loads(m.payload) == sent for m, sent in zip(got, messages))


def test_prefix_and_estate_can_be_chosen(broker):
    with broker.client("city/+/+") as seen, uplink(broker.url, topic_prefix="city", estate="示范") as p:
        deliver(p, 1, [1])
        p.wait("delivered")
        seen.wait(lambda ms: {m.topic for m in ms} == {"city/示范/status", "city/示范/alarm"})


def test_the_estate_is_learned_from_the_first_message_where_nobody_said_it(broker):
    hello = {"type": "hello", "protocol": 1, "instance": "cloud", "options": {"url": broker.url}}
    with broker.client("estate/v1/demo/#") as seen, Plugin("mqtt-uplink", hello=hello) as p:
        p.wait("ready")
        deliver(p, 1, [1])
        p.wait("delivered", batch=1)
        seen.wait(lambda ms: seqs(ms, "alarm") == [1] and statuses(ms) == ["online"])


def test_delivered_is_said_after_the_last_puback_and_not_before():
    with FakeBroker(acknowledge=lambda p: p.topic.endswith("/status")) as fake, uplink(fake.url) as p:
        deliver(p, 1, [1, 2, 3])
        fake.wait(lambda ps: len(ps) == 4)
        fake.release(lambda p: b'"seq":3,' in p.payload or b'"seq":1,' in p.payload)
        p.ping(1)
        p.ping(2)
        assert p.all("delivered") == []
        fake.release()
        p.wait("delivered", batch=1)


def test_batches_of_a_lane_are_delivered_in_order_though_pubacks_are_not():
    with FakeBroker(acknowledge=lambda p: p.topic.endswith("/status")) as fake, uplink(fake.url) as p:
        for n in (1, 2, 3):
            deliver(p, n, [n])
        fake.wait(lambda ps: len(ps) == 4)
        for n in (3, 2, 1):
            fake.release(lambda p: b'"seq":%d,' % n in p.payload)
        p.wait_until(lambda p: len(p.all("delivered")) == 3)
        assert [m["batch"] for m in p.all("delivered")] == [1, 2, 3]


def test_an_alarm_does_not_wait_behind_telemetry_that_is_not_acknowledged():
    with FakeBroker(acknowledge=lambda p: b'"data"' not in p.payload) as fake, uplink(fake.url) as p:
        for n in range(10):
            deliver(p, n, range(n * 50 + 1, n * 50 + 51), "data", "event", text="x" * 500)
        fake.wait(lambda ps: len(ps) > 5)
        deliver(p, 100, [1])
        p.wait("delivered", batch=100)
        assert len(seqs(fake.published, "data")) <= 32
        fake.acknowledge = lambda p: True
        fake.release()
        p.wait("delivered", batch=9)
        assert seqs(fake.published, "data") == list(range(1, 501))


def test_what_was_not_acknowledged_is_sent_again_in_order_after_a_reconnect():
    with FakeBroker(acknowledge=lambda p: p.topic.endswith("/status")) as fake, uplink(fake.url) as p:
        for n in range(1, 6):
            deliver(p, n, [2 * n - 1, 2 * n])
        fake.wait(lambda ps: len(ps) == 11)
        fake.release(lambda p: b'"seq":1,' in p.payload or b'"seq":2,' in p.payload or b'"seq":3,' in p.payload)
        p.wait("delivered", batch=1)
        fake.acknowledge = lambda p: True
        fake.drop()
        assert "no broker" in p.wait("fault")["text"]
        p.wait("healthy")
        p.wait("delivered", batch=5)
        assert seqs(fake.published, "alarm") == list(range(1, 11)) + list(range(4, 11))
        assert [m["batch"] for m in p.all("delivered")] == [1, 2, 3, 4, 5]


def test_a_broker_that_stops_acknowledging_is_left_and_tried_anew():
    withheld = []

    def acknowledge(p):
        if p.topic.endswith("/status") or withheld:
            return True
        withheld.append(p)
        return False

    with FakeBroker(acknowledge) as fake, uplink(fake.url, ack_timeout="1s") as p:
        deliver(p, 1, [1])
        assert "does not acknowledge" in p.wait("fault")["text"]
        p.wait("delivered", batch=1)
        assert seqs(fake.published, "alarm") == [1, 1]


def test_order_and_everything_survive_a_wire_that_is_cut_again_and_again(broker):
    lanes, per_batch, batches = ("alarm", "data"), 5, 60
    with broker.client("estate/v1/demo/+") as seen, Cut(broker.port) as wire:
        with uplink(wire.url) as p:
            p.wait("healthy")
            for n in range(batches):
                if n in (10, 30, 45):
                    wire.cut_after(700 + n)
                for i, lane in enumerate(lanes):
                    deliver(p, 2 * n + i, range(n * per_batch + 1, (n + 1) * per_batch + 1), lane, "event")
                if n in (9, 29, 44, 59):
                    p.wait("delivered", batch=2 * n + 1)
            p.wait_until(lambda p: len(p.all("delivered")) == 2 * batches)
            assert wire.cuts == 3
            assert p.stop()[1] == 0
        last = batches * per_batch
        got = seen.wait(lambda ms: statuses(ms)[-1:] == ["offline"])
    for i, lane in enumerate(lanes):
        assert without_duplicates(seqs(got, lane)) == list(range(1, last + 1))
        assert [m["batch"] % 2 == i for m in p.all("delivered")].count(True) == batches
        order = [m["batch"] for m in p.all("delivered") if m["batch"] % 2 == i]
        assert order == sorted(order)


def test_what_comes_while_the_broker_is_dead_is_held_and_delivered_when_it_is_back(broker):
    with uplink(broker.url) as p:
        deliver(p, 1, [1, 2])
        p.wait("delivered", batch=1)
        broker.kill()
        p.wait("fault")
        for n in range(2, 12):
            deliver(p, n, [2 * n - 1, 2 * n])
        p.ping()
        assert len(p.all("delivered")) == 1 and p.all("refused") == []
        p.process.send_signal(signal.SIGSTOP)  # the subscriber shall be there first
        broker.start()
        with broker.client("estate/v1/demo/alarm") as seen:
            p.process.send_signal(signal.SIGCONT)
            p.wait("delivered", batch=11)
            got = seen.wait(lambda ms: 22 in seqs(ms, "alarm"))
            assert without_duplicates(seqs(got, "alarm")) == list(range(3, 23))
        assert [m["batch"] for m in p.all("delivered")] == list(range(1, 12))


def test_no_broker_at_the_start_is_a_fault_once(tmp_path):
    broker = Broker(tmp_path)
    broker.port = free_port()
    with uplink(broker.url) as p:
        p.wait("ready")
        deliver(p, 1, [1])
        assert "refused" in p.wait("fault")["text"]
        with broker:
            p.wait("delivered", batch=1)
        assert len([m for m in p.all("fault") if "Connection refused" in m["text"]]) == 1


def test_birth_last_will_and_farewell(broker):
    with broker.client("estate/v1/demo/status") as seen:
        with uplink(broker.url) as p:
            seen.wait(lambda ms: statuses(ms) == ["online"])
            assert json.loads(seen.messages[0].payload)["estate"] == "demo"
            p.process.kill()
            seen.wait(lambda ms: statuses(ms) == ["online", "offline"])
        with uplink(broker.url) as p:
            p.wait("healthy")
            seen.wait(lambda ms: len(ms) == 3)
            seconds, code = p.stop()
            assert code == 0 and seconds < 2
        seen.wait(lambda ms: statuses(ms) == ["online", "offline", "online", "offline"])
        will, farewell = (json.loads(seen.messages[i].payload) for i in (1, 3))
        assert "since" not in will and "since" in farewell
    with broker.client("estate/v1/demo/status") as late:
        assert statuses(late.wait(lambda ms: ms)) == ["offline"] and late.messages[0].retain


def test_the_birth_goes_before_the_first_message(broker):
    with broker.client("estate/v1/demo/#") as seen, uplink(broker.url) as p:
        deliver(p, 1, [1])
        p.wait("delivered")
        assert [m.topic.rsplit("/")[-1] for m in seen.wait(lambda ms: len(ms) >= 2)] == ["status", "alarm"]


@pytest.mark.parametrize("broker_answers", [True, False])
def test_stop_ends_it_within_two_seconds_whatever_the_broker_does(broker_answers):
    with FakeBroker(acknowledge=lambda p: False, answers=broker_answers) as fake, uplink(fake.url) as p:
        deliver(p, 1, [1])
        if broker_answers:
            fake.wait(lambda ps: len(ps) == 2)
        else:
            p.ping()
        seconds, code = p.stop()
        assert code == 0 and seconds < 2 and p.all("delivered") == []


def test_the_receivers_own_acknowledgement_counts_where_it_is_asked_for(broker):
    with broker.client("estate/v1/demo/+") as receiver:
        receiver.publish("estate/v1/demo/ack", '{"lane":"alarm","seq":99}', retain=True)  # of another life
        with uplink(broker.url, ack="application") as p:
            deliver(p, 1, [1, 2])
            deliver(p, 2, [3, 4])
            deliver(p, 3, [1], "data", "summary")
            receiver.wait(lambda ms: seqs(ms, "alarm") == [1, 2, 3, 4] and seqs(ms, "data") == [1])
            for garbage in ("", "x", "[]", '{"lane":1,"seq":4}', '{"lane":"alarm","seq":"4"}', '{"lane":"other","seq":4}'):
                receiver.publish("estate/v1/demo/ack", garbage)
            receiver.publish("estate/v1/demo/ack", '{"lane":"alarm","seq":1}')
            p.wait_until(lambda p: p.ping(5)["bad_acks"] == 5)
            assert p.all("delivered") == []
            receiver.publish("estate/v1/demo/ack", '{"lane":"alarm","seq":3}')
            p.wait("delivered", batch=1)
            receiver.publish("estate/v1/demo/ack", '{"lane":"alarm","seq":4}')
            p.wait("delivered", batch=2)
            receiver.publish("estate/v1/demo/ack", '{"lane":"data","seq":1}')
            p.wait("delivered", batch=3)


def test_a_silent_receiver_is_a_fault_and_is_sent_the_same_again(broker):
    with broker.client("estate/v1/demo/+") as receiver, uplink(broker.url, ack="application", ack_timeout="1s") as p:
        deliver(p, 1, [1, 2])
        assert "does not acknowledge lane alarm" in p.wait("fault")["text"]
        receiver.wait(lambda ms: seqs(ms, "alarm")[:4] == [1, 2, 1, 2])
        assert p.all("delivered") == []
        receiver.publish("estate/v1/demo/ack", '{"lane":"alarm","seq":2}')
        p.wait("delivered", batch=1)
        p.wait("healthy")


@pytest.mark.parametrize("member, value, text", [
    ("lane", "", "lane"), ("lane", None, "lane"), ("messages", [], "messages"),
    ("messages", {}, "messages"), ("messages", [1], "messages[0]"),
    ("messages", [envelope(1), {"kind": "a/b", "seq": 1}], "messages[1]"),
    ("messages", [{"kind": "alarm"}], "messages[0]"), ("messages", [{"kind": "#", "seq": 1}], "messages[0]"),
    ("messages", [{"kind": "alarm", "seq": 0}], "messages[0]")])
def test_what_can_never_be_delivered_is_refused_for_good(broker, member, value, text):
    with uplink(broker.url) as p:
        p.wait("healthy")
        p.send({"type": "deliver", "batch": 1, "lane": "alarm", "messages": [envelope(1)], member: value})
        refused = p.wait("refused")
        assert refused["retry"] is False and text in refused["text"]
        deliver(p, 2, [2])
        p.wait("delivered", batch=2)


def test_a_batch_without_a_number_is_only_counted(broker):
    with uplink(broker.url) as p:
        p.wait("healthy")
        p.send({"type": "deliver", "batch": "x", "lane": "alarm", "messages": [envelope(1)]})
        p.send({"type": "deliver"})
        assert p.ping()["refused"] == 2 and p.all("refused") == []


def test_more_than_it_can_hold_is_refused_for_now_and_never_overtaken(tmp_path):
    """The daemon sends a refused batch again later. Until then none behind it may be taken."""
    broker = Broker(tmp_path)
    broker.port = free_port()
    with uplink(broker.url) as p:
        big = "x" * 50000
        for n in range(1, 121):  # 6 MB
            deliver(p, n, [n], text=big)
        p.ping()
        refused = {m["batch"] for m in p.all("refused")}
        held = 120 - len(refused)
        assert 20 < held < 120 and refused == set(range(held + 1, 121))
        assert all(m["retry"] is True for m in p.all("refused"))
        p.process.send_signal(signal.SIGSTOP)  # the subscriber shall be there first
        with broker, broker.client("estate/v1/demo/alarm") as seen:
            p.process.send_signal(signal.SIGCONT)
            p.wait("delivered", batch=held)
            deliver(p, 500, [120])  # still ahead of its turn
            p.wait("refused", batch=500)
            for n in range(held + 1, 121):
                deliver(p, 1000 + n, [n], text=big)
            p.wait("delivered", batch=1120)
            got = seen.wait(lambda ms: 120 in seqs(ms, "alarm"))
            assert without_duplicates(seqs(got, "alarm")) == list(range(1, 121))


def test_a_batch_of_nearly_64_kib_is_delivered_and_a_longer_line_is_not_taken(broker):
    with broker.client("estate/v1/demo/alarm") as seen, uplink(broker.url) as p:
        p.wait("healthy")
        deliver(p, 1, [1], text="x" * 65000)
        p.wait("delivered", batch=1)
        deliver(p, 2, [2], text="x" * 66000)
        assert p.ping()["bad_lines"] == 1
        deliver(p, 3, [3])
        p.wait("delivered", batch=3)
        assert seqs(seen.wait(lambda ms: len(ms) == 2), "alarm") == [1, 3]


def test_a_daemon_that_does_not_read_still_gets_every_answer(broker):
    with Plugin("mqtt-uplink", {"url": broker.url}, read=False) as p:
        for n in range(1, 3001):
            deliver(p, n, [n])
        p.resume()
        p.wait_until(lambda p: len(p.all("delivered")) + len(p.all("refused")) == 3000)
        delivered = [m["batch"] for m in p.all("delivered")]
        assert delivered == list(range(1, len(delivered) + 1))


@pytest.mark.parametrize("size", [1, 2, 10, 50])
def test_from_deliver_to_delivered_is_a_matter_of_milliseconds(broker, size):
    with uplink(broker.url) as p:
        p.wait("healthy")
        times = []
        for n in range(1, 201):
            start = time.monotonic()
            deliver(p, n, range(n * size, (n + 1) * size))
            p.wait("delivered", batch=n)
            times.append((time.monotonic() - start) * 1000)
    print(f"{size} messages, deliver → delivered: p50 {statistics.median(times):.2f} ms, p99 {sorted(times)[197]:.2f} ms")
    assert statistics.median(times) < 20  # the broker's Nagle and our delayed TCP acknowledgement make 40


# ---- TLS, MQTT 5 ----

@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return authority_of(tmp_path_factory, broker="DNS:broker.example", address="DNS:broker.example,IP:127.0.0.1", client="")


def tls_broker(directory, authority, name="broker", extra=""):
    certificate, key = authority.pair(name)
    return Broker(directory, config=f"certfile {certificate}\nkeyfile {key}\ncafile {authority.certificate}\n{extra}")


def secure(broker):
    return f"mqtts://127.0.0.1:{broker.port}"


@pytest.mark.parametrize("version", ["3.1.1", "5"])
@pytest.mark.parametrize("name,options", [("address", {}), ("broker", {"server_name": "broker.example"})])
def test_over_tls_the_broker_is_known_by_its_name(tmp_path, authority, version, name, options):
    with tls_broker(tmp_path, authority, name) as b, \
            uplink(secure(b), version=version, ca_file=authority.certificate, **options) as p:
        deliver(p, 1, range(1, 65))
        deliver(p, 2, range(1, 65), lane="data", kind="event")
        assert {p.wait("delivered")["batch"], p.wait("delivered")["batch"]} == {1, 2}
        assert p.ping()["published"] == 128 and p.stop()[1] == 0


def test_a_broker_under_another_name_is_not_trusted(tmp_path, authority):
    with tls_broker(tmp_path, authority, "broker") as b, uplink(secure(b), ca_file=authority.certificate) as p:
        assert p.wait("fault")["text"].endswith("its certificate is not one of 127.0.0.1")
        deliver(p, 1, [1])
        assert p.ping()["published"] == 0


def test_a_broker_that_somebody_else_signed_is_not_trusted(tmp_path, authority):
    other = Authority(tmp_path / "other", "other")
    with tls_broker(tmp_path, authority, "address") as b, uplink(secure(b), ca_file=other.certificate) as p:
        assert "its certificate is not trusted" in p.wait("fault")["text"]


def test_an_expired_certificate_is_not_trusted(tmp_path, authority):
    authority.sign("old", "IP:127.0.0.1", days=-1)
    with tls_broker(tmp_path, authority, "old") as b, uplink(secure(b), ca_file=authority.certificate) as p:
        assert "its certificate is not trusted: certificate has expired" in p.wait("fault")["text"]


def test_a_client_certificate_lets_it_in_and_without_one_the_broker_says_why(tmp_path, authority):
    client = {"certificate_file": authority.path("client.pem"), "key_file": authority.path("client.key")}
    with tls_broker(tmp_path, authority, "address", "require_certificate true\nuse_identity_as_username true") as b:
        with uplink(secure(b), ca_file=authority.certificate) as p:
            # Its words, or a guess: the connection may break before they are read.
            assert "certificate_file" in p.wait("fault")["text"]
        with uplink(secure(b), ca_file=authority.certificate, **client) as p:
            deliver(p, 1, [1])
            p.wait("delivered", batch=1)
    assert "u'client'" in b.log


def test_a_key_may_be_a_credential_and_what_is_missing_or_wrong_is_told(tmp_path, authority, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    certificate, url = authority.path("client.pem"), "mqtts://127.0.0.1:1"
    wrong = [({"ca_file": "ca.pem"}, "option 'ca_file' = \"ca.pem\": expected an absolute path"),
             ({"ca_file": "/no/ca.pem"}, "option 'ca_file' = \"/no/ca.pem\": No such file or directory"),
             ({"certificate_file": certificate}, "certificate_file is given without key_file or key_credential"),
             ({"certificate_file": certificate, "key_credential": "k"}, "credential 'k' is missing"),
             ({"certificate_file": certificate, "key_credential": "k", "key_file": "/k"},
              "key_file and key_credential are both given")]
    for options, text in wrong:
        with uplink(url, **options) as p:
            assert text in p.wait("fault")["text"] and p.wait_exit() == 1
    (tmp_path / "k").write_text("no key\n")
    with uplink(url, certificate_file=certificate, key_credential="k") as p:
        p.wait("ready")
        assert "option 'key_file'" in p.wait("fault")["text"]


def test_plain_mqtt_to_a_tls_broker_and_the_other_way_round_is_a_fault(tmp_path, authority, broker):
    with tls_broker(tmp_path, authority, "address") as b, uplink(f"mqtt://127.0.0.1:{b.port}") as p:
        p.wait("fault")
    with uplink(secure(broker), ca_file=authority.certificate) as p:
        p.wait("fault")


def test_mqtt_5_tells_why_and_sets_aside_what_is_too_long(tmp_path):
    with Broker(tmp_path, config="max_packet_size 2000") as b, b.client("estate/v1/#") as seen, uplink(b.url, version="5") as p:
        p.send({"type": "deliver", "batch": 7, "lane": "alarm", "messages":
                [envelope(1), envelope(2, text={"zh": "长" * 1000, "en": ""}), envelope(3)]})
        refused = p.wait("refused")
        assert refused == {"type": "refused", "batch": 7, "retry": False, "seq": 2, "text": "longer than the broker takes"}
        seen.wait(lambda ms: seqs(ms, "alarm") == [1])  # what stood behind it is the daemon's again
        deliver(p, 8, [3])  # sent before the daemon had heard of it
        assert p.wait("refused", batch=8)["retry"] is True
        deliver(p, 9, [2, 3], lost=[2])
        p.wait("delivered", batch=9)
        seen.wait(lambda ms: seqs(ms, "alarm") == [1, 2, 3])
        assert p.ping()["set_aside"] == 1
    passwords = tmp_path / "passwords"
    passwords.write_text("")
    with Broker(tmp_path, config=f"password_file {passwords}", anonymous=False) as b, uplink(b.url, version="5") as p:
        assert "it refused the connection: Not authorized" in p.wait("fault")["text"]


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_a_broker_of_either_version_that_forgets_loses_nothing_with_application_acknowledgement(tmp_path, version):
    """The broker says PUBACK and is killed before anybody has read it: the receiver's own word counts."""
    with Broker(tmp_path) as b, uplink(b.url, version=version, ack="application", ack_timeout="1s") as p:
        deliver(p, 1, [1, 2])
        p.wait("fault")  # nobody acknowledges: sent again
        b.kill()
        b.start()
        with b.client("estate/v1/demo/alarm") as seen:
            seen.wait(lambda ms: 2 in seqs(ms, "alarm"))
            assert p.all("delivered") == []
            seen.publish("estate/v1/demo/ack", json.dumps({"lane": "alarm", "seq": 2}))
            p.wait("delivered", batch=1)
