# unit tests of daemon/model/
check_PROGRAMS += tests/unit/test_clockmap tests/unit/test_contact tests/unit/test_mapping tests/unit/test_place tests/unit/test_plausible tests/unit/test_point tests/unit/test_value
TESTS += tests/unit/test_clockmap tests/unit/test_contact tests/unit/test_mapping tests/unit/test_place tests/unit/test_plausible tests/unit/test_point tests/unit/test_value
tests_unit_test_clockmap_SOURCES = tests/unit/test_clockmap.c
tests_unit_test_clockmap_LDADD = $(UNIT_LIBS)
tests_unit_test_contact_SOURCES = tests/unit/test_contact.c
tests_unit_test_contact_LDADD = $(UNIT_LIBS)
tests_unit_test_mapping_SOURCES = tests/unit/test_mapping.c
tests_unit_test_mapping_LDADD = $(UNIT_LIBS)
tests_unit_test_place_SOURCES = tests/unit/test_place.c
tests_unit_test_place_LDADD = $(UNIT_LIBS)
tests_unit_test_point_SOURCES = tests/unit/test_point.c
tests_unit_test_point_LDADD = $(UNIT_LIBS)
tests_unit_test_value_SOURCES = tests/unit/test_value.c
tests_unit_test_value_LDADD = $(UNIT_LIBS)
tests_unit_test_plausible_SOURCES = tests/unit/test_plausible.c
tests_unit_test_plausible_LDADD = $(UNIT_LIBS)
