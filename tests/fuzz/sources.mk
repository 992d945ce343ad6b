# tests/fuzz/: fuzz targets. "make check" runs each over its corpus with the compiler of the tree; "make fuzz" fuzzes them.
FUZZ_SHARED = tests/fuzz/fuzz.h tests/fuzz/replay_main.c
FUZZ_DAEMON_CFLAGS = $(AM_CFLAGS) $(LIBCONFIG_CFLAGS) $(SQLITE_CFLAGS) $(EVENT_CFLAGS) $(JANSSON_CFLAGS)
FUZZ_PLUGIN_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins
FUZZ_PLUGIN_CFLAGS = $(AM_CFLAGS) $(MOSQUITTO_CFLAGS) $(JANSSON_CFLAGS) $(CURL_CFLAGS) $(OPENSSL_CFLAGS) $(SODIUM_CFLAGS)
FUZZ_PLUGIN_LIBS = plugins/sdk/libplugin.a $(MOSQUITTO_LIBS) $(CURL_LIBS) $(OPENSSL_LIBS) $(SODIUM_LIBS) $(ESTATED_LIBS)
FUZZ_SIM_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/sim
FUZZ_CTL_LIBS = libctl.a $(ESTATED_LIBS) $(CURL_LIBS) $(CSV_LIBS) $(ARCHIVE_LIBS)

FUZZ_TESTS = \
	tests/fuzz/fuzz_alarm_json \
	tests/fuzz/fuzz_alarm_text \
	tests/fuzz/fuzz_answer \
	tests/fuzz/fuzz_answered \
	tests/fuzz/fuzz_api \
	tests/fuzz/fuzz_chain \
	tests/fuzz/fuzz_channel \
	tests/fuzz/fuzz_chirpstack \
	tests/fuzz/fuzz_chunk \
	tests/fuzz/fuzz_clock \
	tests/fuzz/fuzz_codec \
	tests/fuzz/fuzz_codec_at \
	tests/fuzz/fuzz_conf \
	tests/fuzz/fuzz_ctl \
	tests/fuzz/fuzz_doorman \
	tests/fuzz/fuzz_envelope \
	tests/fuzz/fuzz_expr \
	tests/fuzz/fuzz_gate \
	tests/fuzz/fuzz_hook_record \
	tests/fuzz/fuzz_judge \
	tests/fuzz/fuzz_keeper \
	tests/fuzz/fuzz_letter \
	tests/fuzz/fuzz_mapping \
	tests/fuzz/fuzz_mend \
	tests/fuzz/fuzz_milesight \
	tests/fuzz/fuzz_multipart \
	tests/fuzz/fuzz_parcel \
	tests/fuzz/fuzz_plain \
	tests/fuzz/fuzz_prescan \
	tests/fuzz/fuzz_protocol \
	tests/fuzz/fuzz_replay_line \
	tests/fuzz/fuzz_residents \
	tests/fuzz/fuzz_restore \
	tests/fuzz/fuzz_robot \
	tests/fuzz/fuzz_router \
	tests/fuzz/fuzz_sdk_clock \
	tests/fuzz/fuzz_sdk_host \
	tests/fuzz/fuzz_sdk_line \
	tests/fuzz/fuzz_sdk_options \
	tests/fuzz/fuzz_sdk_raw \
	tests/fuzz/fuzz_sdk_secret \
	tests/fuzz/fuzz_sheet \
	tests/fuzz/fuzz_sim_frame \
	tests/fuzz/fuzz_sim_record \
	tests/fuzz/fuzz_sim_words \
	tests/fuzz/fuzz_sms \
	tests/fuzz/fuzz_sse \
	tests/fuzz/fuzz_station_answer \
	tests/fuzz/fuzz_str \
	tests/fuzz/fuzz_tuya \
	tests/fuzz/fuzz_uplink \
	tests/fuzz/fuzz_width \
	tests/fuzz/fuzz_windows \
	tests/fuzz/fuzz_z2m
check_PROGRAMS += $(FUZZ_TESTS)
TESTS += $(FUZZ_TESTS)

tests_fuzz_fuzz_alarm_json_SOURCES = tests/fuzz/fuzz_alarm_json.c $(FUZZ_SHARED)
tests_fuzz_fuzz_alarm_json_LDADD = $(ESTATED_LIBS)
tests_fuzz_fuzz_alarm_text_SOURCES = tests/fuzz/fuzz_alarm_text.c $(FUZZ_SHARED)
tests_fuzz_fuzz_alarm_text_LDADD = $(ESTATED_LIBS)
tests_fuzz_fuzz_gate_SOURCES = tests/fuzz/fuzz_gate.c $(FUZZ_SHARED)
tests_fuzz_fuzz_gate_LDADD = libgate.a libbase.a -lm
tests_fuzz_fuzz_answer_SOURCES = tests/fuzz/fuzz_answer.c $(FUZZ_SHARED)
tests_fuzz_fuzz_answer_LDADD = $(ESTATED_LIBS)
tests_fuzz_fuzz_letter_SOURCES = tests/fuzz/fuzz_letter.c $(FUZZ_SHARED) plugins/mail-notifier/letter.c
tests_fuzz_fuzz_letter_CPPFLAGS = $(FUZZ_PLUGIN_CPPFLAGS)
tests_fuzz_fuzz_letter_CFLAGS = $(FUZZ_PLUGIN_CFLAGS)
tests_fuzz_fuzz_letter_LDADD = $(FUZZ_PLUGIN_LIBS)
tests_fuzz_fuzz_robot_SOURCES = tests/fuzz/fuzz_robot.c $(FUZZ_SHARED) $(webhook_robots)
tests_fuzz_fuzz_robot_CPPFLAGS = $(FUZZ_PLUGIN_CPPFLAGS)
tests_fuzz_fuzz_robot_CFLAGS = $(FUZZ_PLUGIN_CFLAGS)
tests_fuzz_fuzz_robot_LDADD = $(FUZZ_PLUGIN_LIBS)
tests_fuzz_fuzz_answered_SOURCES = tests/fuzz/fuzz_answered.c $(FUZZ_SHARED) plugins/http-uplink/answered.c
tests_fuzz_fuzz_answered_CPPFLAGS = $(FUZZ_PLUGIN_CPPFLAGS)
tests_fuzz_fuzz_answered_CFLAGS = $(FUZZ_PLUGIN_CFLAGS)
tests_fuzz_fuzz_answered_LDADD = $(FUZZ_PLUGIN_LIBS)
tests_fuzz_fuzz_api_SOURCES = tests/fuzz/fuzz_api.c $(FUZZ_SHARED)
tests_fuzz_fuzz_api_CFLAGS = $(FUZZ_DAEMON_CFLAGS)
tests_fuzz_fuzz_api_LDADD = $(FUZZ_CTL_LIBS)
tests_fuzz_fuzz_channel_SOURCES = tests/fuzz/fuzz_channel.c $(FUZZ_SHARED)
tests_fuzz_fuzz_channel_CFLAGS = $(FUZZ_DAEMON_CFLAGS)
tests_fuzz_fuzz_channel_LDADD = $(ESTATED_LIBS)
tests_fuzz_fuzz_chain_SOURCES = tests/fuzz/fuzz_chain.c $(FUZZ_SHARED)
tests_fuzz_fuzz_chain_LDADD = $(FUZZ_CTL_LIBS)
tests_fuzz_fuzz_chunk_SOURCES = tests/fuzz/fuzz_chunk.c $(FUZZ_SHARED)
tests_fuzz_fuzz_chunk_LDADD = $(ESTATED_LIBS)
tests_fuzz_fuzz_clock_SOURCES = tests/fuzz/fuzz_clock.c $(FUZZ_SHARED)
tests_fuzz_fuzz_clock_LDADD = $(ESTATED_LIBS)
tests_fuzz_fuzz_codec_SOURCES = tests/fuzz/fuzz_codec.c $(FUZZ_SHARED)
tests_fuzz_fuzz_codec_LDADD = $(ESTATED_LIBS)
tests_fuzz_fuzz_codec_at_SOURCES = tests/fuzz/fuzz_codec_at.c $(FUZZ_SHARED)
tests_fuzz_fuzz_codec_at_LDADD = $(ESTATED_LIBS)
tests_fuzz_fuzz_conf_SOURCES = tests/fuzz/fuzz_conf.c $(FUZZ_SHARED)
tests_fuzz_fuzz_conf_CFLAGS = $(FUZZ_DAEMON_CFLAGS)
tests_fuzz_fuzz_conf_LDADD = $(ESTATED_LIBS)
# Is ctl/talk.c itself.
tests_fuzz_fuzz_ctl_SOURCES = tests/fuzz/fuzz_ctl.c $(FUZZ_SHARED)
tests_fuzz_fuzz_ctl_LDADD = $(FUZZ_CTL_LIBS)
# Takes doorman.c in whole.
tests_fuzz_fuzz_doorman_SOURCES = tests/fuzz/fuzz_doorman.c $(FUZZ_SHARED)
tests_fuzz_fuzz_doorman_LDADD = $(ESTATED_LIBS)
tests_fuzz_fuzz_envelope_SOURCES = tests/fuzz/fuzz_envelope.c $(FUZZ_SHARED)
tests_fuzz_fuzz_envelope_LDADD = $(ESTATED_LIBS)
tests_fuzz_fuzz_expr_SOURCES = tests/fuzz/fuzz_expr.c $(FUZZ_SHARED)
tests_fuzz_fuzz_expr_LDADD = $(ESTATED_LIBS)
tests_fuzz_fuzz_judge_SOURCES = tests/fuzz/fuzz_judge.c $(FUZZ_SHARED) plugins/conformance/judge.c plugins/conformance/mistake.c
tests_fuzz_fuzz_judge_CPPFLAGS = $(FUZZ_PLUGIN_CPPFLAGS)
tests_fuzz_fuzz_judge_CFLAGS = $(FUZZ_PLUGIN_CFLAGS)
tests_fuzz_fuzz_judge_LDADD = $(FUZZ_PLUGIN_LIBS)
tests_fuzz_fuzz_windows_SOURCES = tests/fuzz/fuzz_windows.c $(FUZZ_SHARED)
tests_fuzz_fuzz_windows_LDADD = $(ESTATED_LIBS)
tests_fuzz_fuzz_keeper_SOURCES = tests/fuzz/fuzz_keeper.c $(FUZZ_SHARED)
tests_fuzz_fuzz_keeper_LDADD = $(ESTATED_LIBS)
tests_fuzz_fuzz_mapping_SOURCES = tests/fuzz/fuzz_mapping.c $(FUZZ_SHARED)
tests_fuzz_fuzz_mapping_LDADD = $(ESTATED_LIBS)
tests_fuzz_fuzz_mend_SOURCES = tests/fuzz/fuzz_mend.c $(FUZZ_SHARED)
tests_fuzz_fuzz_mend_LDADD = $(ESTATED_LIBS)
tests_fuzz_fuzz_parcel_SOURCES = tests/fuzz/fuzz_parcel.c $(FUZZ_SHARED)
tests_fuzz_fuzz_parcel_LDADD = $(FUZZ_CTL_LIBS)
tests_fuzz_fuzz_prescan_SOURCES = tests/fuzz/fuzz_prescan.c $(FUZZ_SHARED)
tests_fuzz_fuzz_prescan_CFLAGS = $(FUZZ_DAEMON_CFLAGS)
tests_fuzz_fuzz_prescan_LDADD = $(ESTATED_LIBS)
tests_fuzz_fuzz_protocol_SOURCES = tests/fuzz/fuzz_protocol.c $(FUZZ_SHARED)
tests_fuzz_fuzz_protocol_LDADD = $(ESTATED_LIBS)
tests_fuzz_fuzz_replay_line_SOURCES = tests/fuzz/fuzz_replay_line.c $(FUZZ_SHARED)
tests_fuzz_fuzz_replay_line_LDADD = $(ESTATED_LIBS)
tests_fuzz_fuzz_residents_SOURCES = tests/fuzz/fuzz_residents.c $(FUZZ_SHARED)
tests_fuzz_fuzz_residents_LDADD = $(ESTATED_LIBS)
tests_fuzz_fuzz_restore_SOURCES = tests/fuzz/fuzz_restore.c $(FUZZ_SHARED)
tests_fuzz_fuzz_restore_CFLAGS = $(FUZZ_DAEMON_CFLAGS)
tests_fuzz_fuzz_restore_LDADD = $(ESTATED_LIBS)
tests_fuzz_fuzz_router_SOURCES = tests/fuzz/fuzz_router.c $(FUZZ_SHARED)
tests_fuzz_fuzz_router_LDADD = $(FUZZ_CTL_LIBS)
tests_fuzz_fuzz_sdk_clock_SOURCES = tests/fuzz/fuzz_sdk_clock.c $(FUZZ_SHARED)
tests_fuzz_fuzz_sdk_clock_CPPFLAGS = $(FUZZ_PLUGIN_CPPFLAGS)
tests_fuzz_fuzz_sdk_clock_LDADD = $(FUZZ_PLUGIN_LIBS)
# Takes sdk_host.c in whole.
tests_fuzz_fuzz_sdk_host_SOURCES = tests/fuzz/fuzz_sdk_host.c $(FUZZ_SHARED)
tests_fuzz_fuzz_sdk_host_CPPFLAGS = $(FUZZ_PLUGIN_CPPFLAGS)
tests_fuzz_fuzz_sdk_host_CFLAGS = $(FUZZ_PLUGIN_CFLAGS)
tests_fuzz_fuzz_sdk_host_LDADD = $(FUZZ_PLUGIN_LIBS)
tests_fuzz_fuzz_sdk_line_SOURCES = tests/fuzz/fuzz_sdk_line.c $(FUZZ_SHARED)
tests_fuzz_fuzz_sdk_line_CPPFLAGS = $(FUZZ_PLUGIN_CPPFLAGS)
tests_fuzz_fuzz_sdk_line_LDADD = $(FUZZ_PLUGIN_LIBS)
tests_fuzz_fuzz_sdk_options_SOURCES = tests/fuzz/fuzz_sdk_options.c $(FUZZ_SHARED)
tests_fuzz_fuzz_sdk_options_CPPFLAGS = $(FUZZ_PLUGIN_CPPFLAGS)
tests_fuzz_fuzz_sdk_options_LDADD = $(FUZZ_PLUGIN_LIBS)
tests_fuzz_fuzz_sdk_raw_SOURCES = tests/fuzz/fuzz_sdk_raw.c $(FUZZ_SHARED)
tests_fuzz_fuzz_sdk_raw_CPPFLAGS = $(FUZZ_PLUGIN_CPPFLAGS)
tests_fuzz_fuzz_sdk_raw_LDADD = $(FUZZ_PLUGIN_LIBS)
tests_fuzz_fuzz_sdk_secret_SOURCES = tests/fuzz/fuzz_sdk_secret.c $(FUZZ_SHARED)
tests_fuzz_fuzz_sdk_secret_CPPFLAGS = $(FUZZ_PLUGIN_CPPFLAGS)
tests_fuzz_fuzz_sdk_secret_LDADD = $(FUZZ_PLUGIN_LIBS)
tests_fuzz_fuzz_sim_frame_SOURCES = tests/fuzz/fuzz_sim_frame.c $(FUZZ_SHARED) \
	tests/sim/sim_access.c tests/sim/sim_bank.c tests/sim/sim_frame.c tests/sim/sim_rand.c
tests_fuzz_fuzz_sim_frame_CPPFLAGS = $(FUZZ_SIM_CPPFLAGS)
tests_fuzz_fuzz_sim_frame_LDADD = $(ESTATED_LIBS)
tests_fuzz_fuzz_sim_record_SOURCES = tests/fuzz/fuzz_sim_record.c $(FUZZ_SHARED) \
	tests/sim/sim_access.c tests/sim/sim_bank.c tests/sim/sim_frame.c tests/sim/sim_peer.c tests/sim/sim_rand.c tests/sim/sim_record.c \
	tests/sim/sim_replay.c tests/sim/sim_world.c
tests_fuzz_fuzz_sim_record_CPPFLAGS = $(FUZZ_SIM_CPPFLAGS)
tests_fuzz_fuzz_sim_record_CFLAGS = $(FUZZ_DAEMON_CFLAGS)
tests_fuzz_fuzz_sim_record_LDADD = $(ESTATED_LIBS)
tests_fuzz_fuzz_sim_words_SOURCES = tests/fuzz/fuzz_sim_words.c $(FUZZ_SHARED) \
	tests/sim/sim_access.c tests/sim/sim_bank.c tests/sim/sim_fault.c tests/sim/sim_frame.c tests/sim/sim_out.c tests/sim/sim_rand.c \
	tests/sim/sim_words.c
tests_fuzz_fuzz_sim_words_CPPFLAGS = $(FUZZ_SIM_CPPFLAGS)
tests_fuzz_fuzz_sim_words_LDADD = $(ESTATED_LIBS)
tests_fuzz_fuzz_sms_SOURCES = tests/fuzz/fuzz_sms.c $(FUZZ_SHARED) $(sms_texts)
tests_fuzz_fuzz_sms_CPPFLAGS = $(FUZZ_PLUGIN_CPPFLAGS)
tests_fuzz_fuzz_sms_CFLAGS = $(FUZZ_PLUGIN_CFLAGS)
tests_fuzz_fuzz_sse_SOURCES = tests/fuzz/fuzz_sse.c $(FUZZ_SHARED)
tests_fuzz_fuzz_sse_LDADD = $(FUZZ_CTL_LIBS)
tests_fuzz_fuzz_str_SOURCES = tests/fuzz/fuzz_str.c $(FUZZ_SHARED)
tests_fuzz_fuzz_str_LDADD = $(ESTATED_LIBS)
# Takes mqtt_uplink.c and sdk_uplink.c in whole, and is the rest of the sdk itself.
tests_fuzz_fuzz_uplink_SOURCES = tests/fuzz/fuzz_uplink.c $(FUZZ_SHARED)
tests_fuzz_fuzz_uplink_CPPFLAGS = $(FUZZ_PLUGIN_CPPFLAGS)
tests_fuzz_fuzz_uplink_CFLAGS = $(FUZZ_PLUGIN_CFLAGS)
tests_fuzz_fuzz_uplink_LDADD = $(FUZZ_PLUGIN_LIBS)
tests_fuzz_fuzz_sheet_SOURCES = tests/fuzz/fuzz_sheet.c $(FUZZ_SHARED)
tests_fuzz_fuzz_sheet_LDADD = $(FUZZ_CTL_LIBS)
tests_fuzz_fuzz_width_SOURCES = tests/fuzz/fuzz_width.c $(FUZZ_SHARED)
tests_fuzz_fuzz_width_LDADD = $(FUZZ_CTL_LIBS)
# The dialects of mqtt-source.
FUZZ_DIALECT = tests/fuzz/fuzz_dialect.h $(FUZZ_SHARED) $(mqtt_dialects)
tests_fuzz_fuzz_chirpstack_SOURCES = tests/fuzz/fuzz_chirpstack.c $(FUZZ_DIALECT)
tests_fuzz_fuzz_chirpstack_CPPFLAGS = $(FUZZ_PLUGIN_CPPFLAGS)
tests_fuzz_fuzz_chirpstack_CFLAGS = $(FUZZ_PLUGIN_CFLAGS)
tests_fuzz_fuzz_chirpstack_LDADD = $(FUZZ_PLUGIN_LIBS)
tests_fuzz_fuzz_milesight_SOURCES = tests/fuzz/fuzz_milesight.c $(FUZZ_DIALECT)
tests_fuzz_fuzz_milesight_CPPFLAGS = $(FUZZ_PLUGIN_CPPFLAGS)
tests_fuzz_fuzz_milesight_CFLAGS = $(FUZZ_PLUGIN_CFLAGS)
tests_fuzz_fuzz_milesight_LDADD = $(FUZZ_PLUGIN_LIBS)
tests_fuzz_fuzz_plain_SOURCES = tests/fuzz/fuzz_plain.c $(FUZZ_DIALECT)
tests_fuzz_fuzz_plain_CPPFLAGS = $(FUZZ_PLUGIN_CPPFLAGS)
tests_fuzz_fuzz_plain_CFLAGS = $(FUZZ_PLUGIN_CFLAGS)
tests_fuzz_fuzz_plain_LDADD = $(FUZZ_PLUGIN_LIBS)
tests_fuzz_fuzz_tuya_SOURCES = tests/fuzz/fuzz_tuya.c $(FUZZ_DIALECT)
tests_fuzz_fuzz_tuya_CPPFLAGS = $(FUZZ_PLUGIN_CPPFLAGS)
tests_fuzz_fuzz_tuya_CFLAGS = $(FUZZ_PLUGIN_CFLAGS)
tests_fuzz_fuzz_tuya_LDADD = $(FUZZ_PLUGIN_LIBS)
tests_fuzz_fuzz_z2m_SOURCES = tests/fuzz/fuzz_z2m.c $(FUZZ_DIALECT)
tests_fuzz_fuzz_z2m_CPPFLAGS = $(FUZZ_PLUGIN_CPPFLAGS)
tests_fuzz_fuzz_z2m_CFLAGS = $(FUZZ_PLUGIN_CFLAGS)
tests_fuzz_fuzz_z2m_LDADD = $(FUZZ_PLUGIN_LIBS)

tests_fuzz_fuzz_hook_record_SOURCES = tests/fuzz/fuzz_hook_record.c $(FUZZ_SHARED) $(http_source_parsers)
tests_fuzz_fuzz_hook_record_CPPFLAGS = $(FUZZ_PLUGIN_CPPFLAGS)
tests_fuzz_fuzz_hook_record_CFLAGS = $(FUZZ_PLUGIN_CFLAGS)
tests_fuzz_fuzz_hook_record_LDADD = $(FUZZ_PLUGIN_LIBS)
tests_fuzz_fuzz_multipart_SOURCES = tests/fuzz/fuzz_multipart.c $(FUZZ_SHARED) $(http_source_parsers)
tests_fuzz_fuzz_multipart_CPPFLAGS = $(FUZZ_PLUGIN_CPPFLAGS)
tests_fuzz_fuzz_multipart_CFLAGS = $(FUZZ_PLUGIN_CFLAGS)
tests_fuzz_fuzz_multipart_LDADD = $(FUZZ_PLUGIN_LIBS)
tests_fuzz_fuzz_station_answer_SOURCES = tests/fuzz/fuzz_station_answer.c $(FUZZ_SHARED) $(intercom_parsers)
tests_fuzz_fuzz_station_answer_CPPFLAGS = $(FUZZ_PLUGIN_CPPFLAGS)
tests_fuzz_fuzz_station_answer_CFLAGS = $(FUZZ_PLUGIN_CFLAGS)
tests_fuzz_fuzz_station_answer_LDADD = $(FUZZ_PLUGIN_LIBS)

EXTRA_DIST += tests/fuzz/README.md tests/fuzz/seeds.py tests/fuzz/fuzz.sh tests/fuzz/clang.mk tests/fuzz/parsers.txt \
	tests/fuzz/corpus tests/fuzz/dict

# make fuzz [SECONDS=10] [TARGET=name] [JOBS=1] [SEED=number]: needs clang with libFuzzer, writes only below fuzz/ in the build folder.
SECONDS = 10
TARGET =
JOBS = 1
SEED =
.PHONY: fuzz
fuzz:
	@MAKE='$(MAKE)' FUZZ_SECONDS='$(SECONDS)' FUZZ_TARGET='$(TARGET)' FUZZ_JOBS='$(JOBS)' FUZZ_SEED='$(SEED)' TOP_SRCDIR='$(abs_top_srcdir)' TOP_BUILDDIR='$(abs_top_builddir)' \
	FUZZ_SOURCES='$(libbase_a_SOURCES) $(libestated_a_SOURCES) $(libctl_a_SOURCES) daemon/gate/crumb.c daemon/gate/cutter.c $(plugins_sdk_libplugin_a_SOURCES) $(estate_sim_SOURCES) $(mqtt_dialects) plugins/http-uplink/answered.c $(webhook_robots) plugins/mail-notifier/letter.c $(http_source_parsers) $(intercom_parsers) $(sms_texts) plugins/conformance/judge.c plugins/conformance/mistake.c' \
	FUZZ_CFLAGS='$(EVENT_CFLAGS) $(MODBUS_CFLAGS) $(SQLITE_CFLAGS) $(LIBCONFIG_CFLAGS) $(SYSTEMD_CFLAGS) $(JANSSON_CFLAGS) $(MOSQUITTO_CFLAGS) $(CURL_CFLAGS) $(OPENSSL_CFLAGS) $(SODIUM_CFLAGS) $(SECCOMP_CFLAGS) $(ZSTD_CFLAGS) $(ARCHIVE_CFLAGS)' \
	FUZZ_LIBS='$(EVENT_LIBS) $(MODBUS_LIBS) $(SQLITE_LIBS) $(LIBCONFIG_LIBS) $(SYSTEMD_LIBS) $(JANSSON_LIBS) $(MOSQUITTO_LIBS) $(CURL_LIBS) $(OPENSSL_LIBS) $(SODIUM_LIBS) $(CSV_LIBS) $(SECCOMP_LIBS) $(ZSTD_LIBS) $(ZLIB_LIBS) $(ARCHIVE_LIBS) -lm' \
	$(SHELL) $(abs_top_srcdir)/tests/fuzz/fuzz.sh
