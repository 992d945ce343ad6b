# unit tests of daemon/plugin/
PLUGIN_TESTS = tests/unit/test_protocol tests/unit/test_channel tests/unit/test_supervisor tests/unit/test_sandbox
check_PROGRAMS += $(PLUGIN_TESTS)
TESTS += $(PLUGIN_TESTS)
tests_unit_test_protocol_SOURCES = tests/unit/test_protocol.c
tests_unit_test_protocol_LDADD = $(UNIT_LIBS)
tests_unit_test_channel_SOURCES = tests/unit/test_channel.c
tests_unit_test_channel_LDADD = $(UNIT_LIBS)
tests_unit_test_supervisor_SOURCES = tests/unit/test_supervisor.c tests/unit/supervisor_rig.c tests/unit/supervisor_rig.h
tests_unit_test_supervisor_LDADD = $(UNIT_LIBS)
tests_unit_test_sandbox_SOURCES = tests/unit/test_sandbox.c
tests_unit_test_sandbox_LDADD = $(UNIT_LIBS)

# plugins that misbehave, also for tests/it/
EXTRA_DIST += \
	tests/it/plugins/crash.py \
	tests/it/plugins/deaf.py \
	tests/it/plugins/flood.py \
	tests/it/plugins/fork.py \
	tests/it/plugins/garbage.py \
	tests/it/plugins/hang.py \
	tests/it/plugins/puppet.py \
	tests/it/plugins/slow-ready.py
