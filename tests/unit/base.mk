# unit tests of daemon/base/
BASE_TESTS = tests/unit/test_str tests/unit/test_map tests/unit/test_queue tests/unit/test_clock tests/unit/test_diag \
	tests/unit/test_roff tests/unit/test_storm tests/unit/test_complain tests/unit/test_log tests/unit/test_crc32 tests/unit/test_tree \
	tests/unit/test_search
check_PROGRAMS += $(BASE_TESTS)
TESTS += $(BASE_TESTS)
tests_unit_test_str_SOURCES = tests/unit/test_str.c
tests_unit_test_str_LDADD = $(UNIT_LIBS)
tests_unit_test_map_SOURCES = tests/unit/test_map.c
tests_unit_test_map_LDADD = $(UNIT_LIBS)
tests_unit_test_queue_SOURCES = tests/unit/test_queue.c
tests_unit_test_queue_LDADD = $(UNIT_LIBS)
tests_unit_test_clock_SOURCES = tests/unit/test_clock.c
tests_unit_test_clock_LDADD = $(UNIT_LIBS)
tests_unit_test_diag_SOURCES = tests/unit/test_diag.c
tests_unit_test_diag_LDADD = $(UNIT_LIBS)
tests_unit_test_roff_SOURCES = tests/unit/test_roff.c
tests_unit_test_roff_LDADD = $(UNIT_LIBS)
tests_unit_test_storm_SOURCES = tests/unit/test_storm.c
tests_unit_test_storm_LDADD = $(UNIT_LIBS)
tests_unit_test_complain_SOURCES = tests/unit/test_complain.c
tests_unit_test_complain_LDADD = $(UNIT_LIBS)
tests_unit_test_log_SOURCES = tests/unit/test_log.c
tests_unit_test_log_LDADD = $(UNIT_LIBS)
tests_unit_test_crc32_SOURCES = tests/unit/test_crc32.c
tests_unit_test_crc32_LDADD = $(UNIT_LIBS)
tests_unit_test_tree_SOURCES = tests/unit/test_tree.c
tests_unit_test_tree_LDADD = $(UNIT_LIBS)
tests_unit_test_search_SOURCES = tests/unit/test_search.c
tests_unit_test_search_LDADD = $(UNIT_LIBS)
