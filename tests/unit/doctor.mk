# unit tests of daemon/doctor/, and of what estatectl adds to it
doctor_tests = tests/unit/test_fill tests/unit/test_inspect tests/unit/test_finding tests/unit/test_judgement \
	tests/unit/test_machine_seen tests/unit/test_dial tests/unit/test_child tests/unit/test_symptoms
check_PROGRAMS += $(doctor_tests)
TESTS += $(doctor_tests)
tests_unit_test_fill_SOURCES = tests/unit/test_fill.c
tests_unit_test_fill_LDADD = $(UNIT_LIBS)
tests_unit_test_inspect_SOURCES = tests/unit/test_inspect.c tests/unit/store_unit.c tests/unit/store_unit.h
tests_unit_test_inspect_LDADD = $(UNIT_LIBS)
tests_unit_test_finding_SOURCES = tests/unit/test_finding.c
tests_unit_test_finding_LDADD = $(UNIT_LIBS)
tests_unit_test_judgement_SOURCES = tests/unit/test_judgement.c
tests_unit_test_judgement_LDADD = $(UNIT_LIBS)
tests_unit_test_machine_seen_SOURCES = tests/unit/test_machine_seen.c
tests_unit_test_machine_seen_LDADD = $(UNIT_LIBS)
tests_unit_test_dial_SOURCES = tests/unit/test_dial.c
tests_unit_test_dial_LDADD = $(UNIT_LIBS)
tests_unit_test_child_SOURCES = tests/unit/test_child.c
tests_unit_test_child_LDADD = $(UNIT_LIBS)
tests_unit_test_symptoms_SOURCES = tests/unit/test_symptoms.c
tests_unit_test_symptoms_LDADD = libctl.a $(UNIT_LIBS) $(CURL_LIBS)
