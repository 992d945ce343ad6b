# unit tests of visits, of how people answered alarms, and of what is told of residents
VISIT_TESTS = tests/unit/test_visit tests/unit/test_store_visit tests/unit/test_response tests/unit/test_discreet
check_PROGRAMS += $(VISIT_TESTS)
TESTS += $(VISIT_TESTS)
tests_unit_test_visit_SOURCES = tests/unit/test_visit.c
tests_unit_test_visit_LDADD = $(UNIT_LIBS)
tests_unit_test_store_visit_SOURCES = tests/unit/test_store_visit.c tests/unit/store_unit.c tests/unit/store_unit.h
tests_unit_test_store_visit_LDADD = $(UNIT_LIBS)
tests_unit_test_response_SOURCES = tests/unit/test_response.c
tests_unit_test_response_LDADD = $(UNIT_LIBS)
tests_unit_test_discreet_SOURCES = tests/unit/test_discreet.c
tests_unit_test_discreet_LDADD = $(UNIT_LIBS)
