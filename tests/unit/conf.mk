# unit tests of daemon/conf/
CONF_WORLD = tests/unit/conf_world.c tests/unit/conf_world.h tests/unit/unit.h

check_PROGRAMS += \
	tests/unit/test_changes \
	tests/unit/test_conf \
	tests/unit/test_conf_cases \
	tests/unit/test_life_safety \
	tests/unit/test_prescan \
	tests/unit/test_shipped_rules \
	tests/unit/test_schema \
	tests/unit/test_unread
TESTS += \
	tests/unit/test_changes \
	tests/unit/test_conf \
	tests/unit/test_conf_cases \
	tests/unit/test_life_safety \
	tests/unit/test_prescan \
	tests/unit/test_shipped_rules \
	tests/unit/test_schema \
	tests/unit/test_unread
tests_unit_test_changes_SOURCES = tests/unit/test_changes.c $(CONF_WORLD)
tests_unit_test_changes_LDADD = $(UNIT_LIBS)
tests_unit_test_shipped_rules_SOURCES = tests/unit/test_shipped_rules.c $(CONF_WORLD)
tests_unit_test_shipped_rules_LDADD = $(UNIT_LIBS)
tests_unit_test_conf_SOURCES = tests/unit/test_conf.c $(CONF_WORLD)
tests_unit_test_conf_LDADD = $(UNIT_LIBS)
tests_unit_test_life_safety_SOURCES = tests/unit/test_life_safety.c $(CONF_WORLD)
tests_unit_test_life_safety_LDADD = $(UNIT_LIBS)
tests_unit_test_conf_cases_SOURCES = tests/unit/test_conf_cases.c $(CONF_WORLD)
tests_unit_test_conf_cases_LDADD = $(UNIT_LIBS)
tests_unit_test_prescan_SOURCES = tests/unit/test_prescan.c
tests_unit_test_prescan_LDADD = $(UNIT_LIBS)
tests_unit_test_schema_SOURCES = tests/unit/test_schema.c
tests_unit_test_schema_LDADD = $(UNIT_LIBS)
tests_unit_test_unread_SOURCES = tests/unit/test_unread.c
tests_unit_test_unread_LDADD = $(UNIT_LIBS)

EXTRA_DIST += tests/case/conf

check_PROGRAMS += tests/unit/test_confcopy
TESTS += tests/unit/test_confcopy
tests_unit_test_confcopy_SOURCES = tests/unit/test_confcopy.c
tests_unit_test_confcopy_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_profiles
TESTS += tests/unit/test_profiles
tests_unit_test_profiles_SOURCES = tests/unit/test_profiles.c $(CONF_WORLD)
tests_unit_test_profiles_LDADD = $(UNIT_LIBS)
EXTRA_DIST += tests/case/profile tests/case/sensor
