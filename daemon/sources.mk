# daemon/: one library of rooms, and the programs made of it.
noinst_LIBRARIES += libbase.a libestated.a
libbase_a_SOURCES =
libestated_a_SOURCES =
libestated_a_CPPFLAGS = $(AM_CPPFLAGS)
libestated_a_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS) $(MODBUS_CFLAGS) $(SQLITE_CFLAGS) $(LIBCONFIG_CFLAGS) \
	$(SYSTEMD_CFLAGS) $(JANSSON_CFLAGS) $(SECCOMP_CFLAGS) $(ZSTD_CFLAGS)
ESTATED_LIBS = libestated.a libbase.a $(EVENT_LIBS) $(MODBUS_LIBS) $(SQLITE_LIBS) $(LIBCONFIG_LIBS) \
	$(SYSTEMD_LIBS) $(JANSSON_LIBS) $(SECCOMP_LIBS) $(ZSTD_LIBS) $(ZLIB_LIBS) $(SODIUM_LIBS) $(CSV_LIBS) -lm

include daemon/base/sources.mk
include daemon/model/sources.mk
include daemon/alarm/sources.mk
include daemon/care/sources.mk
include daemon/upstream/sources.mk
include daemon/conf/sources.mk
include daemon/field/sources.mk
include daemon/plugin/sources.mk
include daemon/store/sources.mk
include daemon/api/sources.mk
include daemon/app/sources.mk
include daemon/doctor/sources.mk
include daemon/ctl/sources.mk
include daemon/gate/sources.mk

sbin_PROGRAMS += estated
estated_SOURCES = daemon/main.c
estated_LDADD = $(ESTATED_LIBS)
EXTRA_DIST += daemon/README.md
