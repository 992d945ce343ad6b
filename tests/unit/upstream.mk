# unit tests of daemon/upstream/
UPSTREAM_TESTS = tests/unit/test_alarm_json tests/unit/test_drain tests/unit/test_envelope \
	tests/unit/test_happened tests/unit/test_mend \
	tests/unit/test_summary tests/unit/test_waiting
check_PROGRAMS += $(UPSTREAM_TESTS)
TESTS += $(UPSTREAM_TESTS)
tests_unit_test_alarm_json_SOURCES = tests/unit/test_alarm_json.c
tests_unit_test_alarm_json_LDADD = $(UNIT_LIBS)
tests_unit_test_drain_SOURCES = tests/unit/test_drain.c
tests_unit_test_drain_LDADD = $(UNIT_LIBS)
tests_unit_test_envelope_SOURCES = tests/unit/test_envelope.c
tests_unit_test_envelope_LDADD = $(UNIT_LIBS)
tests_unit_test_happened_SOURCES = tests/unit/test_happened.c
tests_unit_test_happened_LDADD = $(UNIT_LIBS)
tests_unit_test_mend_SOURCES = tests/unit/test_mend.c
tests_unit_test_mend_LDADD = $(UNIT_LIBS)
tests_unit_test_summary_SOURCES = tests/unit/test_summary.c
tests_unit_test_summary_LDADD = $(UNIT_LIBS)
tests_unit_test_waiting_SOURCES = tests/unit/test_waiting.c
tests_unit_test_waiting_LDADD = $(UNIT_LIBS)
