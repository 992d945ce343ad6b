# gate/: estated-web, the web server: the only program that the network meets
noinst_LIBRARIES += libgate.a
libgate_a_SOURCES = \
	daemon/gate/certs.c daemon/gate/certs.h \
	daemon/gate/crumb.c daemon/gate/crumb.h \
	daemon/gate/cutter.c daemon/gate/cutter.h \
	daemon/gate/pages.c daemon/gate/pages.h \
	daemon/gate/passage.c daemon/gate/passage.h \
	daemon/gate/relay.c daemon/gate/relay.h \
	daemon/gate/relay_client.c daemon/gate/relay_inside.h \
	daemon/gate/respond.c daemon/gate/respond.h \
	daemon/gate/upcall.c daemon/gate/upcall.h \
	daemon/gate/visitor.c daemon/gate/visitor.h \
	daemon/gate/web.c daemon/gate/web.h daemon/gate/web_inside.h
libgate_a_CPPFLAGS = $(AM_CPPFLAGS)
libgate_a_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS) $(EVENT_SSL_CFLAGS) $(OPENSSL_CFLAGS) $(CURL_CFLAGS) $(JANSSON_CFLAGS) \
	$(SYSTEMD_CFLAGS) $(ZLIB_CFLAGS)
GATE_LIBS = libgate.a libbase.a $(EVENT_SSL_LIBS) $(EVENT_LIBS) $(OPENSSL_LIBS) $(CURL_LIBS) $(JANSSON_LIBS) $(SYSTEMD_LIBS) $(ZLIB_LIBS) -lm

sbin_PROGRAMS += estated-web
estated_web_SOURCES = daemon/gate/estated_web.c
estated_web_CPPFLAGS = $(AM_CPPFLAGS)
estated_web_CFLAGS = $(AM_CFLAGS) $(SYSTEMD_CFLAGS)
estated_web_LDADD = $(GATE_LIBS)
