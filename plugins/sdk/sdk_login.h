/* sdk_login.h: as whom a plugin shows itself to a web server: a password, a token, a signature, a certificate. The options that
 * name them, and the secrets themselves for one request. Main thread.
 *
 * They are read for each request and wiped behind it: who changes one starts nothing anew. */
#pragma once

#include "sdk/sdk_options.h"
#include "sdk/sdk_secret.h"
#include "sdk/sdk_tls.h"

struct sdk_login_options { /* NULL where not given */
	char *username, *password_file, *password_credential, *token_file, *token_credential, *hmac_file,
		*hmac_credential;
	struct sdk_tls_files tls;
};

/* clang-format off */
#define SDK_LOGIN_SECRET(settings, member, name, what) \
	{ #name "_file", SDK_OPTION_TEXT, .offset = offsetof(settings, member.name##_file), .check = sdk_secret_check_file, \
	  .help = "a file whose first line is " what "; read at each request" }, \
	{ #name "_credential", SDK_OPTION_TEXT, .offset = offsetof(settings, member.name##_credential), \
	  .check = sdk_secret_check_credential, .help = "instead: the name of a credential" }
/* Rows of an option table. */
#define SDK_LOGIN_OPTIONS(settings, member) \
	{ "username", SDK_OPTION_TEXT, .offset = offsetof(settings, member.username), .help = "for the server, with a password" }, \
	SDK_LOGIN_SECRET(settings, member, password, "the password"), \
	SDK_LOGIN_SECRET(settings, member, token, "sent as bearer token"), \
	SDK_LOGIN_SECRET(settings, member, hmac, "the secret of the signature"), \
	SDK_TLS_OPTIONS(settings, member.tls)
/* clang-format on */

/* "" where not given. */
struct sdk_login {
	char password[SDK_SECRET_MAX], token[SDK_SECRET_MAX], hmac[SDK_SECRET_MAX];
	size_t hmac_len;
	struct sdk_tls_paths tls;
};

/* 0, or -errno with what is wrong and what to do. The caller wipes it (explicit_bzero) in both cases. */
int sdk_login_read(const struct sdk_login_options *options, struct sdk_login *ret_login,
		   char ret_why[static SDK_SECRET_WHY_MAX]);
