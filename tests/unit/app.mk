# unit tests of daemon/app/
check_PROGRAMS += tests/unit/test_engine tests/unit/test_timekeeper tests/unit/test_logline tests/unit/test_levels
TESTS += tests/unit/test_engine tests/unit/test_timekeeper tests/unit/test_logline tests/unit/test_levels
tests_unit_test_engine_SOURCES = tests/unit/test_engine.c
tests_unit_test_engine_LDADD = $(UNIT_LIBS)
tests_unit_test_timekeeper_SOURCES = tests/unit/test_timekeeper.c tests/unit/alarm_world.c tests/unit/alarm_world.h
tests_unit_test_timekeeper_LDADD = $(UNIT_LIBS)
tests_unit_test_logline_SOURCES = tests/unit/test_logline.c
tests_unit_test_logline_LDADD = $(UNIT_LIBS)
tests_unit_test_levels_SOURCES = tests/unit/test_levels.c
tests_unit_test_levels_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_keeper
TESTS += tests/unit/test_keeper
tests_unit_test_keeper_SOURCES = tests/unit/test_keeper.c
tests_unit_test_keeper_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_early
TESTS += tests/unit/test_early
tests_unit_test_early_SOURCES = tests/unit/test_early.c
tests_unit_test_early_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_replay_line
TESTS += tests/unit/test_replay_line
tests_unit_test_replay_line_SOURCES = tests/unit/test_replay_line.c
tests_unit_test_replay_line_LDADD = $(UNIT_LIBS)
