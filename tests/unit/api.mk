# unit tests of daemon/api/ and daemon/ctl/
API_FAKE = tests/unit/api_bench.c tests/unit/api_bench.h \
	tests/unit/fake_daemon.c tests/unit/fake_daemon.h tests/unit/raw_http.c tests/unit/raw_http.h $(ALARM_WORLD)
API_LIBS = libctl.a $(UNIT_LIBS) $(CURL_LIBS) $(CSV_LIBS) $(ARCHIVE_LIBS)

check_PROGRAMS += \
	tests/unit/test_adopted \
	tests/unit/test_api \
	tests/unit/test_api_limits \
	tests/unit/test_backlog \
	tests/unit/test_ctl \
	tests/unit/test_estatectl \
	tests/unit/test_peer \
	tests/unit/test_router \
	tests/unit/test_sheet \
	tests/unit/test_stream
TESTS += \
	tests/unit/test_adopted \
	tests/unit/test_api \
	tests/unit/test_api_limits \
	tests/unit/test_backlog \
	tests/unit/test_ctl \
	tests/unit/test_estatectl \
	tests/unit/test_peer \
	tests/unit/test_router \
	tests/unit/test_sheet \
	tests/unit/test_stream
tests_unit_test_adopted_SOURCES = tests/unit/test_adopted.c
tests_unit_test_adopted_LDADD = $(API_LIBS)
tests_unit_test_api_SOURCES = tests/unit/test_api.c $(API_FAKE)
tests_unit_test_api_LDADD = $(API_LIBS)
tests_unit_test_api_limits_SOURCES = tests/unit/test_api_limits.c $(API_FAKE)
tests_unit_test_api_limits_LDADD = $(API_LIBS)
tests_unit_test_backlog_SOURCES = tests/unit/test_backlog.c
tests_unit_test_backlog_LDADD = $(UNIT_LIBS)
tests_unit_test_ctl_SOURCES = tests/unit/test_ctl.c
tests_unit_test_ctl_LDADD = $(API_LIBS)
tests_unit_test_estatectl_SOURCES = tests/unit/test_estatectl.c $(API_FAKE)
tests_unit_test_estatectl_LDADD = $(API_LIBS)
tests_unit_test_peer_SOURCES = tests/unit/test_peer.c
tests_unit_test_peer_LDADD = $(UNIT_LIBS)
tests_unit_test_router_SOURCES = tests/unit/test_router.c
tests_unit_test_router_LDADD = $(UNIT_LIBS)
tests_unit_test_sheet_SOURCES = tests/unit/test_sheet.c
tests_unit_test_sheet_LDADD = $(API_LIBS)
tests_unit_test_stream_SOURCES = tests/unit/test_stream.c $(API_FAKE)
tests_unit_test_stream_LDADD = $(API_LIBS)
