# unit tests of what people are told of a point: daemon/field/insight.c and spell.c, daemon/app/why_say.c
check_PROGRAMS += tests/unit/test_insight tests/unit/test_why_say
TESTS += tests/unit/test_insight tests/unit/test_why_say
tests_unit_test_insight_SOURCES = tests/unit/test_insight.c
tests_unit_test_insight_LDADD = $(UNIT_LIBS)
tests_unit_test_why_say_SOURCES = tests/unit/test_why_say.c
tests_unit_test_why_say_LDADD = $(UNIT_LIBS)
