# base/: C helpers, libc only
libbase_a_SOURCES += \
	daemon/base/arena.c daemon/base/arena.h \
	daemon/base/backoff.c daemon/base/backoff.h \
	daemon/base/clock.c daemon/base/clock.h \
	daemon/base/complain.c daemon/base/complain.h \
	daemon/base/crc32.c daemon/base/crc32.h \
	daemon/base/diag.c daemon/base/diag.h \
	daemon/base/fd.h \
	daemon/base/fill.c daemon/base/fill.h \
	daemon/base/guise.c daemon/base/guise.h \
	daemon/base/log.c daemon/base/log.h \
	daemon/base/logid.c daemon/base/logid.h \
	daemon/base/map.c daemon/base/map.h \
	daemon/base/mem.c daemon/base/mem.h \
	daemon/base/names.h \
	daemon/base/queue.c daemon/base/queue.h \
	daemon/base/roff.c daemon/base/roff.h \
	daemon/base/search.c daemon/base/search.h \
	daemon/base/site.c daemon/base/site.h \
	daemon/base/storm.c daemon/base/storm.h \
	daemon/base/str.c daemon/base/str.h \
	daemon/base/thread.c daemon/base/thread.h \
	daemon/base/tree.c daemon/base/tree.h \
	daemon/base/util.h
