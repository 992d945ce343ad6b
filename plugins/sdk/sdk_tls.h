/* sdk_tls.h: whom a plugin trusts and as whom it shows itself, for connections of libmosquitto and of libcurl. Main thread.
 *
 * There is no way to switch the check of the server's certificate or of its name off: a site with a CA of its own names it.
 * All files are read at each connect: who renews a certificate starts nothing anew. */
#pragma once

#include <openssl/ssl.h>

#include "sdk/sdk_options.h"
#include "sdk/sdk_secret.h"

struct sdk_tls_files { /* options; NULL where not given */
	char *ca_file, *certificate_file, *key_file, *key_credential;
};

/* Rows of an option table. */
#define SDK_TLS_OPTIONS(settings, member)                                                                             \
	{ "ca_file", SDK_OPTION_TEXT, .offset = offsetof(settings, member.ca_file), .check = sdk_tls_check_file,      \
	  .help = "PEM: who may have signed the server's certificate; the system's own if not given" },               \
		{ "certificate_file", SDK_OPTION_TEXT, .offset = offsetof(settings, member.certificate_file),         \
		  .check = sdk_tls_check_file, .help = "PEM: our own certificate, with what it was signed by" },      \
		{ "key_file", SDK_OPTION_TEXT, .offset = offsetof(settings, member.key_file),                         \
		  .check = sdk_tls_check_file, .help = "PEM: the key of our own certificate, without a passphrase" }, \
	{                                                                                                             \
		"key_credential", SDK_OPTION_TEXT, .offset = offsetof(settings, member.key_credential),               \
						   .check = sdk_secret_check_credential,                              \
						   .help = "instead: the name of a credential"                        \
	}

const char *sdk_tls_check_file(const char *path); /* NULL or what was expected */

/* The files that a connection needs, found and readable; lent from files but for key. */
struct sdk_tls_paths {
	const char *ca, *certificate;  /* NULL: not given */
	char key[SDK_SECRET_PATH_MAX]; /* "": not given */
};
/* 0, or -errno with what is wrong and what to do. */
int sdk_tls_find(const struct sdk_tls_files *files, struct sdk_tls_paths *ret_paths,
		 char ret_why[static SDK_SECRET_WHY_MAX]);

/* The same, for the start: forgets them. */
int sdk_tls_check(const struct sdk_tls_files *files, char ret_why[static SDK_SECRET_WHY_MAX]);

/* Why a handshake failed. Its address is the context's: it must live as long. */
struct sdk_tls_trouble {
	char server_name[256];
	char ours[160];   /* what we did not like: "" nothing */
	char theirs[120]; /* what the server did not like: "" nothing */
};
/* A context for one connection to server_name (a host name or a numeric address), which asks for it (SNI) and checks it
 * whatever address is connected to. 0 or -errno with why; the caller frees it. */
int sdk_tls_context(const struct sdk_tls_files *files, const char *server_name, struct sdk_tls_trouble *trouble,
		    SSL_CTX **ret_context, char ret_why[static SDK_SECRET_WHY_MAX]);
