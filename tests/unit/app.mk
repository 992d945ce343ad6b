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

check_PROGRAMS += tests/unit/test_touch tests/unit/test_people_watched
TESTS += tests/unit/test_touch tests/unit/test_people_watched
tests_unit_test_touch_SOURCES = tests/unit/test_touch.c $(CONF_WORLD)
tests_unit_test_touch_LDADD = $(UNIT_LIBS)
tests_unit_test_people_watched_SOURCES = tests/unit/test_people_watched.c $(CONF_WORLD) tests/unit/raw_http.c tests/unit/raw_http.h
tests_unit_test_people_watched_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_discovery
TESTS += tests/unit/test_discovery
tests_unit_test_discovery_SOURCES = tests/unit/test_discovery.c $(CONF_WORLD)
tests_unit_test_discovery_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_accounts
TESTS += tests/unit/test_accounts
tests_unit_test_accounts_SOURCES = tests/unit/test_accounts.c
tests_unit_test_accounts_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_homefile
TESTS += tests/unit/test_homefile
tests_unit_test_homefile_SOURCES = tests/unit/test_homefile.c
tests_unit_test_homefile_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_residents
TESTS += tests/unit/test_residents
tests_unit_test_residents_SOURCES = tests/unit/test_residents.c
tests_unit_test_residents_LDADD = $(UNIT_LIBS)
