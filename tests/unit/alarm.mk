# unit tests of daemon/alarm/
ALARM_WORLD = tests/unit/alarm_world.c tests/unit/alarm_world.h

check_PROGRAMS += \
	tests/unit/test_alarm \
	tests/unit/test_due \
	tests/unit/test_evaluator \
	tests/unit/test_evaluator_lift \
	tests/unit/test_expr \
	tests/unit/test_hold \
	tests/unit/test_lift \
	tests/unit/test_rule
TESTS += \
	tests/unit/test_alarm \
	tests/unit/test_due \
	tests/unit/test_evaluator \
	tests/unit/test_evaluator_lift \
	tests/unit/test_expr \
	tests/unit/test_hold \
	tests/unit/test_lift \
	tests/unit/test_rule
tests_unit_test_alarm_SOURCES = tests/unit/test_alarm.c
tests_unit_test_alarm_LDADD = $(UNIT_LIBS)
tests_unit_test_due_SOURCES = tests/unit/test_due.c
tests_unit_test_due_LDADD = $(UNIT_LIBS)
tests_unit_test_evaluator_SOURCES = tests/unit/test_evaluator.c $(ALARM_WORLD)
tests_unit_test_evaluator_LDADD = $(UNIT_LIBS)
tests_unit_test_evaluator_lift_SOURCES = tests/unit/test_evaluator_lift.c $(ALARM_WORLD)
tests_unit_test_evaluator_lift_LDADD = $(UNIT_LIBS)
tests_unit_test_expr_SOURCES = tests/unit/test_expr.c $(ALARM_WORLD)
tests_unit_test_expr_LDADD = $(UNIT_LIBS)
tests_unit_test_hold_SOURCES = tests/unit/test_hold.c
tests_unit_test_hold_LDADD = $(UNIT_LIBS)
tests_unit_test_lift_SOURCES = tests/unit/test_lift.c
tests_unit_test_lift_LDADD = $(UNIT_LIBS)
tests_unit_test_rule_SOURCES = tests/unit/test_rule.c
tests_unit_test_rule_LDADD = $(UNIT_LIBS)

EXTRA_DIST += \
	tests/case/expr/absent.case \
	tests/case/expr/compare.case \
	tests/case/expr/logic.case \
	tests/case/expr/mistakes.case \
	tests/case/expr/numbers.case \
	tests/case/expr/unknown.case
