# ctl/: estatectl, a client of the API over the unix socket
noinst_LIBRARIES += libctl.a
libctl_a_SOURCES = \
	daemon/ctl/args.c daemon/ctl/args.h \
	daemon/ctl/cmd_alarms.c daemon/ctl/cmd_alarms.h \
	daemon/ctl/cmd_config.c \
	daemon/ctl/cmd_lists.c \
	daemon/ctl/cmd_print.c \
	daemon/ctl/cmd_status.c \
	daemon/ctl/cmd_wait.c \
	daemon/ctl/cmd_watch.c \
	daemon/ctl/command.c daemon/ctl/command.h \
	daemon/ctl/ctl.c daemon/ctl/ctl.h \
	daemon/ctl/local.c daemon/ctl/local.h \
	daemon/ctl/out.c daemon/ctl/out.h \
	daemon/ctl/out_csv.c \
	daemon/ctl/out_json.c \
	daemon/ctl/out_text.c \
	daemon/ctl/sse.c daemon/ctl/sse.h \
	daemon/ctl/talk.c daemon/ctl/talk.h \
	daemon/ctl/width.c daemon/ctl/width.h \
	daemon/ctl/words.c daemon/ctl/words.h
libctl_a_CPPFLAGS = $(AM_CPPFLAGS)
libctl_a_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(JANSSON_CFLAGS)

bin_PROGRAMS += estatectl
estatectl_SOURCES = daemon/ctl/estatectl.c
estatectl_CPPFLAGS = $(AM_CPPFLAGS) -DESTATE_LOCALEDIR='"$(localedir)"'
estatectl_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(JANSSON_CFLAGS)
estatectl_LDADD = libctl.a libbase.a $(CURL_LIBS) $(JANSSON_LIBS) -lm
