# unit tests of daemon/store/
STORE_TESTS = tests/unit/test_audit tests/unit/test_chunk tests/unit/test_committer tests/unit/test_history tests/unit/test_kept tests/unit/test_migration \
	tests/unit/test_outbox tests/unit/test_outbox_trim \
	tests/unit/test_recorder tests/unit/test_store tests/unit/test_store_clock tests/unit/test_store_crash tests/unit/test_store_upgrade
check_PROGRAMS += $(STORE_TESTS)
TESTS += $(STORE_TESTS)
tests_unit_test_committer_SOURCES = tests/unit/test_committer.c tests/unit/store_unit.c tests/unit/store_unit.h
tests_unit_test_committer_LDADD = $(UNIT_LIBS)
tests_unit_test_kept_SOURCES = tests/unit/test_kept.c tests/unit/store_unit.c tests/unit/store_unit.h
tests_unit_test_kept_LDADD = $(UNIT_LIBS)
tests_unit_test_migration_SOURCES = tests/unit/test_migration.c tests/unit/store_unit.c tests/unit/store_unit.h
tests_unit_test_migration_LDADD = $(UNIT_LIBS)
tests_unit_test_outbox_SOURCES = tests/unit/test_outbox.c tests/unit/store_unit.c tests/unit/store_unit.h
tests_unit_test_outbox_LDADD = $(UNIT_LIBS)
tests_unit_test_recorder_SOURCES = tests/unit/test_recorder.c tests/unit/store_unit.c tests/unit/store_unit.h
tests_unit_test_recorder_LDADD = $(UNIT_LIBS)
tests_unit_test_store_SOURCES = tests/unit/test_store.c tests/unit/store_unit.c tests/unit/store_unit.h
tests_unit_test_store_LDADD = $(UNIT_LIBS)
tests_unit_test_store_clock_SOURCES = tests/unit/test_store_clock.c tests/unit/store_unit.c tests/unit/store_unit.h
tests_unit_test_store_clock_LDADD = $(UNIT_LIBS)
tests_unit_test_store_crash_SOURCES = tests/unit/test_store_crash.c tests/unit/store_unit.c tests/unit/store_unit.h
tests_unit_test_store_crash_LDADD = $(UNIT_LIBS)
tests_unit_test_outbox_trim_SOURCES = tests/unit/test_outbox_trim.c tests/unit/store_unit.c tests/unit/store_unit.h
tests_unit_test_outbox_trim_LDADD = $(UNIT_LIBS)
tests_unit_test_audit_SOURCES = tests/unit/test_audit.c tests/unit/store_unit.c tests/unit/store_unit.h
tests_unit_test_audit_LDADD = libctl.a $(UNIT_LIBS)
tests_unit_test_chunk_SOURCES = tests/unit/test_chunk.c
tests_unit_test_chunk_LDADD = $(UNIT_LIBS)
tests_unit_test_history_SOURCES = tests/unit/test_history.c tests/unit/store_unit.c tests/unit/store_unit.h
tests_unit_test_history_LDADD = $(UNIT_LIBS)
tests_unit_test_store_upgrade_SOURCES = tests/unit/test_store_upgrade.c tests/unit/store_unit.c tests/unit/store_unit.h
tests_unit_test_store_upgrade_LDADD = $(UNIT_LIBS)
