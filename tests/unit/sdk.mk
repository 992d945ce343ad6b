# unit tests of plugins/
SDK_TESTS = tests/unit/test_sdk_line tests/unit/test_sdk_options tests/unit/test_sdk_clock tests/unit/test_uplink_queue \
	tests/unit/test_z2m
check_PROGRAMS += $(SDK_TESTS)
TESTS += $(SDK_TESTS)
sdk_test_libs = plugins/sdk/libplugin.a $(JANSSON_LIBS) $(CMOCKA_LIBS)
sdk_test_cflags = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_sdk_line_SOURCES = tests/unit/test_sdk_line.c
tests_unit_test_sdk_line_CPPFLAGS = $(plugin_cppflags)
tests_unit_test_sdk_line_CFLAGS = $(sdk_test_cflags)
tests_unit_test_sdk_line_LDADD = $(sdk_test_libs)
tests_unit_test_sdk_options_SOURCES = tests/unit/test_sdk_options.c
tests_unit_test_sdk_options_CPPFLAGS = $(plugin_cppflags)
tests_unit_test_sdk_options_CFLAGS = $(sdk_test_cflags)
tests_unit_test_sdk_options_LDADD = $(sdk_test_libs)
tests_unit_test_sdk_clock_SOURCES = tests/unit/test_sdk_clock.c
tests_unit_test_sdk_clock_CPPFLAGS = $(plugin_cppflags)
tests_unit_test_sdk_clock_CFLAGS = $(sdk_test_cflags)
tests_unit_test_sdk_clock_LDADD = $(sdk_test_libs)
tests_unit_test_uplink_queue_SOURCES = tests/unit/test_uplink_queue.c plugins/mqtt-uplink/uplink_queue.c
tests_unit_test_uplink_queue_CPPFLAGS = $(plugin_cppflags)
tests_unit_test_uplink_queue_CFLAGS = $(sdk_test_cflags)
tests_unit_test_uplink_queue_LDADD = $(sdk_test_libs)
tests_unit_test_z2m_SOURCES = tests/unit/test_z2m.c plugins/mqtt-source/z2m.c
tests_unit_test_z2m_CPPFLAGS = $(plugin_cppflags)
tests_unit_test_z2m_CFLAGS = $(sdk_test_cflags)
tests_unit_test_z2m_LDADD = $(sdk_test_libs)
EXTRA_DIST += tests/case/z2m/garbage.txt tests/case/z2m/kept.txt tests/case/z2m/names.txt
