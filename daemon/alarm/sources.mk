# alarm/
libestated_a_SOURCES += \
	daemon/alarm/alarm.c daemon/alarm/alarm.h \
	daemon/alarm/alarm_text.c daemon/alarm/alarm_text.h \
	daemon/alarm/book.c daemon/alarm/book.h \
	daemon/alarm/building.c daemon/alarm/building.h \
	daemon/alarm/burden.c daemon/alarm/burden.h \
	daemon/alarm/cell.c daemon/alarm/cell.h \
	daemon/alarm/desk.c daemon/alarm/desk.h \
	daemon/alarm/due.c daemon/alarm/due.h \
	daemon/alarm/entrapment.c daemon/alarm/entrapment.h \
	daemon/alarm/evaluator.c daemon/alarm/evaluator.h daemon/alarm/evaluator_inside.h \
	daemon/alarm/evaluator_proofs.c \
	daemon/alarm/explain.c daemon/alarm/explain.h \
	daemon/alarm/expr.c daemon/alarm/expr.h daemon/alarm/expr_code.h \
	daemon/alarm/expr_binding.c daemon/alarm/expr_binding.h \
	daemon/alarm/expr_call.c daemon/alarm/expr_call.h \
	daemon/alarm/expr_lex.c daemon/alarm/expr_lex.h \
	daemon/alarm/expr_name.c daemon/alarm/expr_name.h \
	daemon/alarm/expr_parse.c daemon/alarm/expr_parse.h \
	daemon/alarm/hold.c daemon/alarm/hold.h \
	daemon/alarm/inhibit.c daemon/alarm/inhibit.h \
	daemon/alarm/ladder_ahead.c daemon/alarm/ladder_ahead.h \
	daemon/alarm/ladder_book.c daemon/alarm/ladder_book.h daemon/alarm/ladder_inside.h \
	daemon/alarm/ladder_climb.c \
	daemon/alarm/ladder_run.c daemon/alarm/ladder_run.h \
	daemon/alarm/ladder_send.c \
	daemon/alarm/lift.c daemon/alarm/lift.h \
	daemon/alarm/mode.c daemon/alarm/mode.h \
	daemon/alarm/more.h \
	daemon/alarm/outage.c daemon/alarm/outage.h \
	daemon/alarm/proof.c daemon/alarm/proof.h \
	daemon/alarm/roster.c daemon/alarm/roster.h \
	daemon/alarm/rule.c daemon/alarm/rule.h \
	daemon/alarm/silence.c daemon/alarm/silence.h \
	daemon/alarm/watcher.c daemon/alarm/watcher.h \
	daemon/alarm/watcher_hide.c daemon/alarm/watcher_hide.h \
	daemon/alarm/watcher_keep.c daemon/alarm/watcher_keep.h \
	daemon/alarm/watcher_new.c daemon/alarm/watcher_new.h \
	daemon/alarm/watcher_say.c daemon/alarm/watcher_say.h \
	daemon/alarm/window.c daemon/alarm/window.h \
	daemon/alarm/windows.c daemon/alarm/windows.h
