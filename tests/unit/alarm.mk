# unit tests of daemon/alarm/
ALARM_WORLD = tests/unit/alarm_world.c tests/unit/alarm_world.h tests/unit/alarm_case.h

check_PROGRAMS += \
	tests/unit/test_alarm \
	tests/unit/test_building \
	tests/unit/test_due \
	tests/unit/test_evaluator \
	tests/unit/test_evaluator_lift \
	tests/unit/test_evaluator_time \
	tests/unit/test_evaluator_states \
	tests/unit/test_evaluator_rise \
	tests/unit/test_evaluator_stage \
	tests/unit/test_burden \
	tests/unit/test_expr \
	tests/unit/test_hold \
	tests/unit/test_kill_between \
	tests/unit/test_ladder \
	tests/unit/test_ladder_ahead \
	tests/unit/test_lift \
	tests/unit/test_rule \
	tests/unit/test_window
TESTS += \
	tests/unit/test_alarm \
	tests/unit/test_building \
	tests/unit/test_due \
	tests/unit/test_evaluator \
	tests/unit/test_evaluator_lift \
	tests/unit/test_evaluator_time \
	tests/unit/test_evaluator_states \
	tests/unit/test_evaluator_rise \
	tests/unit/test_evaluator_stage \
	tests/unit/test_burden \
	tests/unit/test_expr \
	tests/unit/test_hold \
	tests/unit/test_kill_between \
	tests/unit/test_ladder \
	tests/unit/test_ladder_ahead \
	tests/unit/test_lift \
	tests/unit/test_rule \
	tests/unit/test_window
tests_unit_test_alarm_SOURCES = tests/unit/test_alarm.c
tests_unit_test_alarm_LDADD = $(UNIT_LIBS)
tests_unit_test_due_SOURCES = tests/unit/test_due.c
tests_unit_test_due_LDADD = $(UNIT_LIBS)
tests_unit_test_evaluator_SOURCES = tests/unit/test_evaluator.c $(ALARM_WORLD)
tests_unit_test_evaluator_LDADD = $(UNIT_LIBS)
tests_unit_test_evaluator_lift_SOURCES = tests/unit/test_evaluator_lift.c $(ALARM_WORLD)
tests_unit_test_evaluator_lift_LDADD = $(UNIT_LIBS)
tests_unit_test_evaluator_states_SOURCES = tests/unit/test_evaluator_states.c $(ALARM_WORLD)
tests_unit_test_evaluator_states_LDADD = $(UNIT_LIBS)
tests_unit_test_evaluator_time_SOURCES = tests/unit/test_evaluator_time.c $(ALARM_WORLD)
tests_unit_test_evaluator_time_LDADD = $(UNIT_LIBS)
tests_unit_test_evaluator_rise_SOURCES = tests/unit/test_evaluator_rise.c $(ALARM_WORLD)
tests_unit_test_evaluator_rise_LDADD = $(UNIT_LIBS)
tests_unit_test_evaluator_stage_SOURCES = tests/unit/test_evaluator_stage.c $(ALARM_WORLD)
tests_unit_test_evaluator_stage_LDADD = $(UNIT_LIBS)
tests_unit_test_building_SOURCES = tests/unit/test_building.c $(ALARM_WORLD)
tests_unit_test_building_LDADD = $(UNIT_LIBS)
tests_unit_test_burden_SOURCES = tests/unit/test_burden.c
tests_unit_test_burden_LDADD = $(UNIT_LIBS)
tests_unit_test_expr_SOURCES = tests/unit/test_expr.c $(ALARM_WORLD)
tests_unit_test_expr_LDADD = $(UNIT_LIBS)
tests_unit_test_hold_SOURCES = tests/unit/test_hold.c
tests_unit_test_hold_LDADD = $(UNIT_LIBS)
tests_unit_test_kill_between_SOURCES = tests/unit/test_kill_between.c $(ALARM_WORLD)
tests_unit_test_kill_between_LDADD = $(UNIT_LIBS)
tests_unit_test_ladder_SOURCES = tests/unit/test_ladder.c
tests_unit_test_ladder_LDADD = $(UNIT_LIBS)
tests_unit_test_ladder_ahead_SOURCES = tests/unit/test_ladder_ahead.c
tests_unit_test_ladder_ahead_LDADD = $(UNIT_LIBS)
tests_unit_test_lift_SOURCES = tests/unit/test_lift.c
tests_unit_test_lift_LDADD = $(UNIT_LIBS)
tests_unit_test_rule_SOURCES = tests/unit/test_rule.c
tests_unit_test_rule_LDADD = $(UNIT_LIBS)
tests_unit_test_window_SOURCES = tests/unit/test_window.c
tests_unit_test_window_LDADD = $(UNIT_LIBS) -lm

EXTRA_DIST += \
	tests/case/expr/absent.case \
	tests/case/expr/compare.case \
	tests/case/expr/functions.case \
	tests/case/expr/logic.case \
	tests/case/expr/mistakes.case \
	tests/case/expr/numbers.case \
	tests/case/expr/parent.case \
	tests/case/expr/quality.case \
	tests/case/expr/time.case \
	tests/case/expr/unknown.case \
	tests/case/rules/doors.case \
	tests/case/rules/homes.case \
	tests/case/rules/lifts.case \
	tests/case/rules/plant.case
