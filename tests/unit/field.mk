# unit tests of daemon/field/ and of the codec
LOOPBACK = tests/unit/loopback.c tests/unit/loopback.h
SLAVE = tests/unit/slave.c tests/unit/slave.h $(LOOPBACK)
ROGUE = tests/unit/rogue.c tests/unit/rogue.h $(SLAVE)
SCRIPTED = tests/unit/scripted.c tests/unit/scripted.h $(SLAVE)
check_PROGRAMS += tests/unit/test_answer tests/unit/test_codec tests/unit/test_codec_edges tests/unit/test_link tests/unit/test_plan \
	tests/unit/test_plan_fit \
	tests/unit/test_schedule tests/unit/test_worker
TESTS += tests/unit/test_answer tests/unit/test_codec tests/unit/test_codec_edges tests/unit/test_link tests/unit/test_plan \
	tests/unit/test_plan_fit \
	tests/unit/test_schedule tests/unit/test_worker
tests_unit_test_answer_SOURCES = tests/unit/test_answer.c
tests_unit_test_answer_LDADD = $(UNIT_LIBS)
tests_unit_test_codec_SOURCES = tests/unit/test_codec.c
tests_unit_test_codec_LDADD = $(UNIT_LIBS)
tests_unit_test_codec_edges_SOURCES = tests/unit/test_codec_edges.c
tests_unit_test_codec_edges_LDADD = $(UNIT_LIBS)
tests_unit_test_link_SOURCES = tests/unit/test_link.c $(ROGUE)
tests_unit_test_link_LDADD = $(UNIT_LIBS)
tests_unit_test_plan_SOURCES = tests/unit/test_plan.c
tests_unit_test_plan_LDADD = $(UNIT_LIBS)
tests_unit_test_plan_fit_SOURCES = tests/unit/test_plan_fit.c
tests_unit_test_plan_fit_LDADD = $(UNIT_LIBS)
tests_unit_test_schedule_SOURCES = tests/unit/test_schedule.c
tests_unit_test_schedule_LDADD = $(UNIT_LIBS)
tests_unit_test_worker_SOURCES = tests/unit/test_worker.c $(ROGUE) tests/unit/leap.c tests/unit/leap.h
tests_unit_test_worker_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_mono_us,--wrap=clock_poll_many,--wrap=link_new,--wrap=link_open,--wrap=link_close,--wrap=link_send,--wrap=link_receive
tests_unit_test_worker_LDADD = $(UNIT_LIBS)
EXTRA_DIST += tests/case/codec/at.case tests/case/codec/banks.case tests/case/codec/bits.case tests/case/codec/numbers.case \
	tests/case/codec/texts.case tests/case/plan/serial.case tests/case/plan/tcp.case
