# unit tests of daemon/app/
check_PROGRAMS += tests/unit/test_engine tests/unit/test_timekeeper
TESTS += tests/unit/test_engine tests/unit/test_timekeeper
tests_unit_test_engine_SOURCES = tests/unit/test_engine.c
tests_unit_test_engine_LDADD = $(UNIT_LIBS)
tests_unit_test_timekeeper_SOURCES = tests/unit/test_timekeeper.c tests/unit/alarm_world.c tests/unit/alarm_world.h
tests_unit_test_timekeeper_LDADD = $(UNIT_LIBS)
