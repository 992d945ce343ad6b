#include "gate/certs.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>

#include "base/mem.h"

struct certs {
	const char *certificate, *key;
	SSL_CTX *context;
};

static int fail(SSL_CTX *context, const char *file, char why[static CERTS_WHY_MAX])
{
	unsigned long code = ERR_peek_last_error();
	char text[160] = "";

	ERR_error_string_n(code, text, sizeof(text));
	ERR_clear_error();
	snprintf(why, CERTS_WHY_MAX, "%.120s: %s", file, code ? text : "not to be read");
	SSL_CTX_free(context);
	return -EINVAL;
}

static int build(const struct certs *c, SSL_CTX **ret_context, char why[static CERTS_WHY_MAX])
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	if (!context)
		abort();
	ERR_clear_error();
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
					     SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_id_context(context, (const unsigned char *)"estated-web", 11);
	if (SSL_CTX_use_certificate_chain_file(context, c->certificate) != 1)
		return fail(context, c->certificate, why);
	if (SSL_CTX_use_PrivateKey_file(context, c->key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(context) != 1)
		return fail(context, c->key, why);
	*ret_context = context;
	return 0;
}

int certs_reload(struct certs *c, char ret_why[static CERTS_WHY_MAX])
{
	SSL_CTX *context = NULL;
	int r = build(c, &context, ret_why);

	if (r < 0)
		return r;
	SSL_CTX_free(c->context); /* connections that use it hold it */
	c->context = context;
	return 0;
}

int certs_open(const char *certificate, const char *key, struct certs **ret_certs, char ret_why[static CERTS_WHY_MAX])
{
	_cleanup_(certs_freep) struct certs *c = MEM_NEW(struct certs);
	int r;

	c->certificate = certificate;
	c->key = key;
	r = certs_reload(c, ret_why);
	if (r < 0)
		return r;
	*ret_certs = steal(&c);
	return 0;
}

void certs_free(struct certs *c)
{
	if (!c)
		return;
	SSL_CTX_free(c->context);
	free(c);
}

struct bufferevent *certs_accept(struct certs *c, struct event_base *base)
{
	SSL *ssl = SSL_new(c->context);
	struct bufferevent *bev;

	if (!ssl)
		abort();
	bev = bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	if (!bev)
		abort();
	bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	return bev;
}
