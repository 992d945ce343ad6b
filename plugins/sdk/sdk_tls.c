#include "sdk/sdk_tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *sdk_tls_check_file(const char *path)
{
	return path[0] == '/' ? NULL : "an absolute path";
}

static int check_readable(const char *option, const char *path, char ret_why[static SDK_SECRET_WHY_MAX])
{
	int r = !path || access(path, R_OK) == 0 ? 0 : -errno;

	if (r < 0)
		snprintf(ret_why, SDK_SECRET_WHY_MAX, "option '%s' = \"%.300s\": %s", option, path, strerror(-r));
	return r;
}

int sdk_tls_find(const struct sdk_tls_files *files, struct sdk_tls_paths *ret_paths,
		 char ret_why[static SDK_SECRET_WHY_MAX])
{
	struct sdk_secret key = { .option = "key", .file = files->key_file, .credential = files->key_credential };
	struct sdk_tls_paths paths = { .ca = files->ca_file, .certificate = files->certificate_file };
	int r = check_readable("ca_file", paths.ca, ret_why);

	if (r == 0)
		r = check_readable("certificate_file", paths.certificate, ret_why);
	if (r == 0)
		r = sdk_secret_path(&key, paths.key, ret_why);
	if (r == 0 && !paths.certificate != !paths.key[0]) {
		snprintf(ret_why, SDK_SECRET_WHY_MAX, "%s is given without %s: both or none are needed",
			 paths.certificate ? "certificate_file" : "the key",
			 paths.certificate ? "key_file or key_credential" : "certificate_file");
		r = -EINVAL;
	}
	if (r == 0)
		*ret_paths = paths;
	return r;
}

int sdk_tls_check(const struct sdk_tls_files *files, char ret_why[static SDK_SECRET_WHY_MAX])
{
	struct sdk_tls_paths paths;

	return sdk_tls_find(files, &paths, ret_why);
}

/* ---- OpenSSL ---- */

static struct sdk_tls_trouble *trouble_of(const SSL *ssl)
{
	return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

static int certificate_seen(int good, X509_STORE_CTX *store)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	int error = X509_STORE_CTX_get_error(store);
	struct sdk_tls_trouble *t = trouble_of(ssl);

	if (good)
		return 1;
	if (error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH)
		snprintf(t->ours, sizeof(t->ours), "its certificate is not one of %.90s", t->server_name);
	else
		snprintf(t->ours, sizeof(t->ours), "its certificate is not trusted: %.100s",
			 X509_verify_cert_error_string(error));
	return 0;
}

static bool is_numeric(const char *host)
{
	unsigned char buf[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, buf) == 1 || inet_pton(AF_INET6, host, buf) == 1;
}

/* The library asks for the host that it was told to connect to, which is an address: mended before the first word. */
static void state_seen(const SSL *ssl, int where, int value)
{
	struct sdk_tls_trouble *t = trouble_of(ssl);

	if (where & SSL_CB_HANDSHAKE_START && !SSL_is_init_finished(ssl))
		SSL_set_tlsext_host_name((SSL *)ssl, is_numeric(t->server_name) ? NULL : t->server_name);
	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && value >> 8 == SSL3_AL_FATAL)
		snprintf(t->theirs, sizeof(t->theirs), "it ended the handshake: %s",
			 (value & 0xff) == TLS13_AD_CERTIFICATE_REQUIRED
				 ? "certificate required (certificate_file and its key)"
				 : SSL_alert_desc_string_long(value));
}

/* OpenSSL would ask at the terminal, or read it from our stdin, which is the daemon's. */
static int no_passphrase(char *buf, int size, int writing, void *user)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)user;
	return -1;
}

static int complain_of(const char *option, const char *path, char ret_why[static SDK_SECRET_WHY_MAX])
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	snprintf(ret_why, SDK_SECRET_WHY_MAX, "option '%s' = \"%.250s\": expected PEM: %s", option, path,
		 reason ? reason : "it cannot be read");
	ERR_clear_error();
	return -EINVAL;
}

static int load_files(SSL_CTX *context, const struct sdk_tls_paths *paths, char ret_why[static SDK_SECRET_WHY_MAX])
{
	if (paths->ca ? !SSL_CTX_load_verify_file(context, paths->ca) : !SSL_CTX_set_default_verify_paths(context))
		return complain_of("ca_file", paths->ca ? paths->ca : "", ret_why);
	if (!paths->certificate)
		return 0;
	if (SSL_CTX_use_certificate_chain_file(context, paths->certificate) != 1)
		return complain_of("certificate_file", paths->certificate, ret_why);
	if (SSL_CTX_use_PrivateKey_file(context, paths->key, SSL_FILETYPE_PEM) != 1)
		return complain_of("key_file", paths->key, ret_why);
	return 0;
}

static int expect_name(SSL_CTX *context, const char *name)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(context);

	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return is_numeric(name) ? X509_VERIFY_PARAM_set1_ip_asc(param, name)
				: X509_VERIFY_PARAM_set1_host(param, name, 0);
}

int sdk_tls_context(const struct sdk_tls_files *files, const char *server_name, struct sdk_tls_trouble *trouble,
		    SSL_CTX **ret_context, char ret_why[static SDK_SECRET_WHY_MAX])
{
	struct sdk_tls_paths paths;
	SSL_CTX *context;
	int r = sdk_tls_find(files, &paths, ret_why);

	if (r < 0)
		return r;
	*trouble = (struct sdk_tls_trouble){ .ours = "" };
	snprintf(trouble->server_name, sizeof(trouble->server_name), "%s", server_name);
	context = SSL_CTX_new(TLS_client_method());
	if (!context || !SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) || !expect_name(context, server_name)) {
		SSL_CTX_free(context);
		snprintf(ret_why, SDK_SECRET_WHY_MAX, "no TLS for the name '%.200s'", server_name);
		return -EINVAL;
	}
	SSL_CTX_set_app_data(context, trouble);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, certificate_seen);
	SSL_CTX_set_info_callback(context, state_seen);
	SSL_CTX_set_default_passwd_cb(context, no_passphrase);
	r = load_files(context, &paths, ret_why);
	if (r < 0)
		SSL_CTX_free(context);
	else
		*ret_context = context;
	return r;
}
