# unit tests of plugins/sms-notifier/
SMS_TESTS = tests/unit/test_sms_pdu tests/unit/test_sms_at
check_PROGRAMS += $(SMS_TESTS)
TESTS += $(SMS_TESTS)
tests_unit_test_sms_pdu_SOURCES = tests/unit/test_sms_pdu.c $(sms_texts)
tests_unit_test_sms_pdu_CPPFLAGS = $(plugin_cppflags)
tests_unit_test_sms_pdu_CFLAGS = $(sdk_test_cflags)
tests_unit_test_sms_pdu_LDADD = $(sdk_test_libs)
tests_unit_test_sms_at_SOURCES = tests/unit/test_sms_at.c $(sms_texts)
tests_unit_test_sms_at_CPPFLAGS = $(plugin_cppflags)
tests_unit_test_sms_at_CFLAGS = $(sdk_test_cflags)
tests_unit_test_sms_at_LDADD = $(sdk_test_libs)
