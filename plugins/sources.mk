# plugins/: programs that the daemon starts; they know the sdk and nothing of the daemon.
plugin_cppflags = -D_GNU_SOURCE -I$(top_srcdir)/plugins -I$(top_builddir) -DESTATE_SYSCONFDIR='"$(pkgconfdir)"'
plugin_cflags = $(AM_CFLAGS) $(MOSQUITTO_CFLAGS) $(JANSSON_CFLAGS) $(OPENSSL_CFLAGS) $(CURL_CFLAGS) $(SODIUM_CFLAGS) \
	$(EVENT_CFLAGS)
plugin_mqtt_libs = plugins/sdk/libplugin.a $(MOSQUITTO_LIBS) $(OPENSSL_LIBS) $(JANSSON_LIBS)

noinst_LIBRARIES += plugins/sdk/libplugin.a
plugins_sdk_libplugin_a_CPPFLAGS = $(plugin_cppflags)
plugins_sdk_libplugin_a_CFLAGS = $(plugin_cflags)
plugins_sdk_libplugin_a_SOURCES = \
	plugins/sdk/sdk_clock.c plugins/sdk/sdk_clock.h \
	plugins/sdk/sdk_curl.c plugins/sdk/sdk_curl.h \
	plugins/sdk/sdk_host.c plugins/sdk/sdk_host.h \
	plugins/sdk/sdk_line.c plugins/sdk/sdk_line.h \
	plugins/sdk/sdk_log.c plugins/sdk/sdk_log.h \
	plugins/sdk/sdk_login.c plugins/sdk/sdk_login.h \
	plugins/sdk/sdk_loop.c plugins/sdk/sdk_loop.h \
	plugins/sdk/sdk_http.c plugins/sdk/sdk_http.h \
	plugins/sdk/sdk_mqtt.c plugins/sdk/sdk_mqtt.h \
	plugins/sdk/sdk_mqtt_url.c plugins/sdk/sdk_mqtt_url.h \
	plugins/sdk/sdk_notifier.c plugins/sdk/sdk_notifier.h \
	plugins/sdk/sdk_options.c plugins/sdk/sdk_options.h \
	plugins/sdk/sdk_probe.c plugins/sdk/sdk_probe.h \
	plugins/sdk/sdk_raw.c plugins/sdk/sdk_raw.h \
	plugins/sdk/sdk_resolve.c plugins/sdk/sdk_resolve.h \
	plugins/sdk/sdk_secret.c plugins/sdk/sdk_secret.h \
	plugins/sdk/sdk_serve.c plugins/sdk/sdk_serve.h \
	plugins/sdk/sdk_signature.c plugins/sdk/sdk_signature.h \
	plugins/sdk/sdk_tls.c plugins/sdk/sdk_tls.h \
	plugins/sdk/sdk_uplink.c plugins/sdk/sdk_uplink.h \
	plugins/sdk/sdk_uplink_talk.c plugins/sdk/sdk_uplink_talk.h

plugins_PROGRAMS += mqtt-source mqtt-uplink http-uplink

mqtt_dialects = \
	plugins/mqtt-source/chirpstack.c plugins/mqtt-source/chirpstack.h \
	plugins/mqtt-source/dialect.c plugins/mqtt-source/dialect.h \
	plugins/mqtt-source/echo.c plugins/mqtt-source/echo.h \
	plugins/mqtt-source/lorawan.c plugins/mqtt-source/lorawan.h \
	plugins/mqtt-source/milesight.c plugins/mqtt-source/milesight.h \
	plugins/mqtt-source/plain.c plugins/mqtt-source/plain.h \
	plugins/mqtt-source/teller.c plugins/mqtt-source/teller.h \
	plugins/mqtt-source/tuya.c plugins/mqtt-source/tuya.h \
	plugins/mqtt-source/z2m.c plugins/mqtt-source/z2m.h
mqtt_source_SOURCES = plugins/mqtt-source/mqtt_source.c $(mqtt_dialects)
mqtt_source_CPPFLAGS = $(plugin_cppflags)
mqtt_source_CFLAGS = $(plugin_cflags)
mqtt_source_LDADD = $(plugin_mqtt_libs)

mqtt_uplink_SOURCES = plugins/mqtt-uplink/mqtt_uplink.c
mqtt_uplink_CPPFLAGS = $(plugin_cppflags)
mqtt_uplink_CFLAGS = $(plugin_cflags)
mqtt_uplink_LDADD = $(plugin_mqtt_libs)

http_uplink_SOURCES = \
	plugins/http-uplink/http_uplink.c \
	plugins/http-uplink/answered.c plugins/http-uplink/answered.h
http_uplink_CPPFLAGS = $(plugin_cppflags)
http_uplink_CFLAGS = $(plugin_cflags)
http_uplink_LDADD = plugins/sdk/libplugin.a $(CURL_LIBS) $(OPENSSL_LIBS) $(SODIUM_LIBS) $(JANSSON_LIBS)

# Devices that speak HTTP: web hooks, and access controllers.
plugins_PROGRAMS += http-source
http_source_parsers = \
	plugins/http-source/addresses.c plugins/http-source/addresses.h \
	plugins/http-source/hook_record.c plugins/http-source/hook_record.h \
	plugins/http-source/isapi_event.c plugins/http-source/isapi_event.h \
	plugins/http-source/multipart.c plugins/http-source/multipart.h \
	plugins/http-source/whole.c plugins/http-source/whole.h \
	plugins/http-source/xml_flat.c plugins/http-source/xml_flat.h
http_source_SOURCES = $(http_source_parsers) \
	plugins/http-source/http_source.c \
	plugins/http-source/hook_desk.c plugins/http-source/hook_desk.h \
	plugins/http-source/isapi.c plugins/http-source/isapi.h
http_source_CPPFLAGS = $(plugin_cppflags)
http_source_CFLAGS = $(plugin_cflags)
http_source_LDADD = plugins/sdk/libplugin.a $(EVENT_LIBS) $(CURL_LIBS) $(OPENSSL_LIBS) $(SODIUM_LIBS) $(JANSSON_LIBS) -lm

# Notifiers: people are told by the robot of a group, by mail, by a program of the site.
plugins_PROGRAMS += webhook-notifier mail-notifier exec-notifier
webhook_robots = \
	plugins/webhook-notifier/pace.c plugins/webhook-notifier/pace.h \
	plugins/webhook-notifier/robot.c plugins/webhook-notifier/robot.h \
	plugins/webhook-notifier/robot_answer.c plugins/webhook-notifier/robot_answer.h
webhook_notifier_SOURCES = $(webhook_robots) \
	plugins/webhook-notifier/webhook_notifier.c \
	plugins/webhook-notifier/webhook.c plugins/webhook-notifier/webhook.h
webhook_notifier_CPPFLAGS = $(plugin_cppflags)
webhook_notifier_CFLAGS = $(plugin_cflags)
webhook_notifier_LDADD = plugins/sdk/libplugin.a $(CURL_LIBS) $(OPENSSL_LIBS) $(SODIUM_LIBS) $(JANSSON_LIBS)
mail_notifier_SOURCES = \
	plugins/mail-notifier/mail_notifier.c \
	plugins/mail-notifier/letter.c plugins/mail-notifier/letter.h \
	plugins/mail-notifier/smtp.c plugins/mail-notifier/smtp.h
mail_notifier_CPPFLAGS = $(plugin_cppflags)
mail_notifier_CFLAGS = $(plugin_cflags)
mail_notifier_LDADD = $(webhook_notifier_LDADD)
exec_notifier_SOURCES = \
	plugins/exec-notifier/exec_notifier.c \
	plugins/exec-notifier/runner.c plugins/exec-notifier/runner.h
exec_notifier_CPPFLAGS = $(plugin_cppflags)
exec_notifier_CFLAGS = $(plugin_cflags)
exec_notifier_LDADD = plugins/sdk/libplugin.a $(JANSSON_LIBS)

plugins_PROGRAMS += sms-notifier
sms_texts = \
	plugins/sms-notifier/sms_at.c plugins/sms-notifier/sms_at.h \
	plugins/sms-notifier/sms_gsm7.c plugins/sms-notifier/sms_gsm7.h \
	plugins/sms-notifier/sms_pdu.c plugins/sms-notifier/sms_pdu.h \
	plugins/sms-notifier/sms_state.c plugins/sms-notifier/sms_state.h
sms_notifier_SOURCES = $(sms_texts) \
	plugins/sms-notifier/sms_notifier.c \
	plugins/sms-notifier/sms_courier.c plugins/sms-notifier/sms_courier.h \
	plugins/sms-notifier/sms_modem.c plugins/sms-notifier/sms_modem.h \
	plugins/sms-notifier/sms_port.c plugins/sms-notifier/sms_port.h
sms_notifier_CPPFLAGS = $(plugin_cppflags)
sms_notifier_CFLAGS = $(plugin_cflags)
sms_notifier_LDADD = plugins/sdk/libplugin.a $(JANSSON_LIBS)

# The building's intercom, through its web server.
plugins_PROGRAMS += intercom
intercom_parsers = \
	plugins/intercom/station_answer.c plugins/intercom/station_answer.h \
	plugins/intercom/station_order.c plugins/intercom/station_order.h
intercom_SOURCES = plugins/intercom/intercom.c $(intercom_parsers)
intercom_CPPFLAGS = $(plugin_cppflags)
intercom_CFLAGS = $(plugin_cflags)
intercom_LDADD = plugins/sdk/libplugin.a $(CURL_LIBS) $(OPENSSL_LIBS) $(SODIUM_LIBS) $(JANSSON_LIBS)

# For those who write plugins: does theirs keep to the protocol?
bin_PROGRAMS += estate-plugin-test
estate_plugin_test_SOURCES = \
	plugins/conformance/estate_plugin_test.c \
	plugins/conformance/judge.c plugins/conformance/judge.h \
	plugins/conformance/life.c plugins/conformance/life.h \
	plugins/conformance/trial.c plugins/conformance/trial.h \
	plugins/conformance/mistake.c plugins/conformance/mistake.h
estate_plugin_test_CPPFLAGS = $(plugin_cppflags)
estate_plugin_test_CFLAGS = $(plugin_cflags)
estate_plugin_test_LDADD = plugins/sdk/libplugin.a $(JANSSON_LIBS)
plugins_broken = \
	plugins/conformance/broken/answer_unknown_batch.py \
	plugins/conformance/broken/answer_unknown_id.py \
	plugins/conformance/broken/answered_twice.py \
	plugins/conformance/broken/base-right.py \
	plugins/conformance/broken/command_unanswered.py \
	plugins/conformance/broken/deliver_unanswered.py \
	plugins/conformance/broken/discovered_address.py \
	plugins/conformance/broken/discovered_again.py \
	plugins/conformance/broken/discovered_configured.py \
	plugins/conformance/broken/end_of_input_ignored.py \
	plugins/conformance/broken/ends_before_ready.py \
	plugins/conformance/broken/fault_exit_0.py \
	plugins/conformance/broken/leaves_children.py \
	plugins/conformance/broken/line_too_long.py \
	plugins/conformance/broken/long_line_not_taken.py \
	plugins/conformance/broken/member_twice.py \
	plugins/conformance/broken/no_fault.py \
	plugins/conformance/broken/no_pong.py \
	plugins/conformance/broken/no_ready.py \
	plugins/conformance/broken/no_type.py \
	plugins/conformance/broken/not_json.py \
	plugins/conformance/broken/not_utf8.py \
	plugins/conformance/broken/notified_shape.py \
	plugins/conformance/broken/notify_unanswered.py \
	plugins/conformance/broken/nul_in_text.py \
	plugins/conformance/broken/option_accepted.py \
	plugins/conformance/broken/out_of_order.py \
	plugins/conformance/broken/pong_shape.py \
	plugins/conformance/broken/protocol_accepted.py \
	plugins/conformance/broken/ready_shape.py \
	plugins/conformance/broken/ready_too_early.py \
	plugins/conformance/broken/ready_twice.py \
	plugins/conformance/broken/refused_shape.py \
	plugins/conformance/broken/role_unknown.py \
	plugins/conformance/broken/sample_device.py \
	plugins/conformance/broken/sample_id_again.py \
	plugins/conformance/broken/sample_shape.py \
	plugins/conformance/broken/sigterm_ignored.py \
	plugins/conformance/broken/speaks_first.py \
	plugins/conformance/broken/stop_ignored.py \
	plugins/conformance/broken/stop_status.py \
	plugins/conformance/broken/torn_line.py \
	plugins/conformance/broken/unknown_not_ignored.py
conformancedir = $(pkgdatadir)/conformance
dist_conformance_SCRIPTS = $(plugins_broken)
dist_conformance_DATA = plugins/conformance/broken/base.py
pluginexamplesdir = $(pkgdatadir)/examples
dist_pluginexamples_SCRIPTS = plugins/examples/file_source.py plugins/examples/file_notifier.sh

# What options each has, for the check of a configuration: made by the program itself.
plugin_options = plugins/mqtt-source.json plugins/mqtt-uplink.json plugins/http-uplink.json
pluginoptionsdir = $(pkgdatadir)/plugins
nodist_pluginoptions_DATA = $(plugin_options)
CLEANFILES += $(plugin_options)
plugins/mqtt-source.json: mqtt-source$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) plugins && ./mqtt-source$(EXEEXT) --options > $@.new && mv $@.new $@
plugins/mqtt-uplink.json: mqtt-uplink$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) plugins && ./mqtt-uplink$(EXEEXT) --options > $@.new && mv $@.new $@
plugins/http-uplink.json: http-uplink$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) plugins && ./http-uplink$(EXEEXT) --options > $@.new && mv $@.new $@

plugin_options += plugins/http-source.json plugins/intercom.json
plugins/http-source.json: http-source$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) plugins && ./http-source$(EXEEXT) --options > $@.new && mv $@.new $@
plugins/intercom.json: intercom$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) plugins && ./intercom$(EXEEXT) --options > $@.new && mv $@.new $@

plugin_options += plugins/sms-notifier.json
plugins/sms-notifier.json: sms-notifier$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) plugins && ./sms-notifier$(EXEEXT) --options > $@.new && mv $@.new $@

plugin_options += plugins/webhook-notifier.json plugins/mail-notifier.json plugins/exec-notifier.json
plugins/webhook-notifier.json: webhook-notifier$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) plugins && ./webhook-notifier$(EXEEXT) --options > $@.new && mv $@.new $@
plugins/mail-notifier.json: mail-notifier$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) plugins && ./mail-notifier$(EXEEXT) --options > $@.new && mv $@.new $@
plugins/exec-notifier.json: exec-notifier$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) plugins && ./exec-notifier$(EXEEXT) --options > $@.new && mv $@.new $@

EXTRA_DIST += plugins/README.md
pluginschemadir = $(pkgdatadir)/schema
dist_pluginschema_DATA = plugins/schema/envelope.schema.json plugins/schema/summary.schema.json \
	plugins/schema/status.schema.json plugins/schema/ack.schema.json
