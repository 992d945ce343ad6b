# unit tests of daemon/conf/
CONF_WORLD = tests/unit/conf_world.c tests/unit/conf_world.h tests/unit/unit.h

check_PROGRAMS += \
	tests/unit/test_conf \
	tests/unit/test_conf_cases \
	tests/unit/test_prescan \
	tests/unit/test_schema
TESTS += \
	tests/unit/test_conf \
	tests/unit/test_conf_cases \
	tests/unit/test_prescan \
	tests/unit/test_schema
tests_unit_test_conf_SOURCES = tests/unit/test_conf.c $(CONF_WORLD)
tests_unit_test_conf_LDADD = $(UNIT_LIBS)
tests_unit_test_conf_cases_SOURCES = tests/unit/test_conf_cases.c $(CONF_WORLD)
tests_unit_test_conf_cases_LDADD = $(UNIT_LIBS)
tests_unit_test_prescan_SOURCES = tests/unit/test_prescan.c
tests_unit_test_prescan_LDADD = $(UNIT_LIBS)
tests_unit_test_schema_SOURCES = tests/unit/test_schema.c
tests_unit_test_schema_LDADD = $(UNIT_LIBS)

EXTRA_DIST += tests/case/conf
