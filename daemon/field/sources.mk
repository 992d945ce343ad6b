# field/
libestated_a_SOURCES += \
	daemon/field/answer.c daemon/field/answer.h \
	daemon/field/deliver.c daemon/field/deliver.h \
	daemon/field/exchange.c daemon/field/exchange.h \
	daemon/field/frame.c daemon/field/frame.h \
	daemon/field/health.c daemon/field/health.h \
	daemon/field/link.c daemon/field/link.h \
	daemon/field/plan.c daemon/field/plan.h \
	daemon/field/poller.c daemon/field/poller.h \
	daemon/field/resolver.c daemon/field/resolver.h \
	daemon/field/schedule.c daemon/field/schedule.h \
	daemon/field/split.c daemon/field/split.h \
	daemon/field/trouble.c daemon/field/trouble.h \
	daemon/field/waiter.c daemon/field/waiter.h \
	daemon/field/worker.c daemon/field/worker.h
