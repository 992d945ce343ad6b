# tests/: what "make check" runs. Unit tests print TAP, so each case counts as one.
TEST_EXTENSIONS = .sh
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/unit/tap.sh
AM_TESTS_ENVIRONMENT = CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	CASE_DIR='$(abs_top_srcdir)/tests/case'; export CASE_DIR; \
	TOP_SRCDIR='$(abs_top_srcdir)'; export TOP_SRCDIR; TOP_BUILDDIR='$(abs_top_builddir)'; export TOP_BUILDDIR;
UNIT_LIBS = $(ESTATED_LIBS) $(CMOCKA_LIBS)
EXTRA_DIST += tests/README.md tests/unit/tap.sh

if HAVE_CMOCKA
include tests/unit/base.mk
include tests/unit/model.mk
include tests/unit/orders.mk
include tests/unit/alarm.mk
include tests/unit/care.mk
include tests/unit/upstream.mk
include tests/unit/conf.mk
include tests/unit/field.mk
include tests/unit/why.mk
include tests/unit/wire.mk
include tests/unit/plugin.mk
include tests/unit/sdk.mk
include tests/unit/sms.mk
include tests/unit/store.mk
include tests/unit/api.mk
include tests/unit/gate.mk
include tests/unit/app.mk
include tests/unit/doctor.mk
include tests/unit/visit.mk
include tests/unit/log.mk
endif
include tests/check/sources.mk
include tests/sim/sources.mk
include tests/it/sources.mk
include tests/crash/sources.mk
include tests/fuzz/sources.mk
include tests/bench/sources.mk
include tests/system/sources.mk
