# unit tests of what the log says in an hour: the clock is the test's own
HOUR_TESTS = tests/unit/test_hour_bus tests/unit/test_hour_plugin
check_PROGRAMS += $(HOUR_TESTS)
TESTS += $(HOUR_TESTS)
tests_unit_test_hour_bus_SOURCES = tests/unit/test_hour_bus.c
tests_unit_test_hour_bus_LDADD = $(UNIT_LIBS)
tests_unit_test_hour_bus_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_mono_us,--wrap=clock_poll_many
tests_unit_test_hour_plugin_SOURCES = tests/unit/test_hour_plugin.c tests/unit/supervisor_rig.c tests/unit/supervisor_rig.h
tests_unit_test_hour_plugin_LDADD = $(UNIT_LIBS)
tests_unit_test_hour_plugin_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_mono_us,--wrap=backoff_next_us
