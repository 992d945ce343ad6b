#include "sdk/sdk_login.h"

int sdk_login_read(const struct sdk_login_options *options, struct sdk_login *ret_login,
		   char ret_why[static SDK_SECRET_WHY_MAX])
{
	struct sdk_secret password = { .file = options->password_file, .credential = options->password_credential };
	struct sdk_secret token = { .option = "token",
				    .file = options->token_file,
				    .credential = options->token_credential };
	struct sdk_secret hmac = { .option = "hmac",
				   .file = options->hmac_file,
				   .credential = options->hmac_credential };
	int r = sdk_secret_read(&password, ret_login->password, ret_why);

	if (r >= 0)
		r = sdk_secret_read(&token, ret_login->token, ret_why);
	if (r >= 0)
		r = sdk_secret_read(&hmac, ret_login->hmac, ret_why);
	ret_login->hmac_len = r > 0 ? (size_t)r : 0;
	return r < 0 ? r : sdk_tls_find(&options->tls, &ret_login->tls, ret_why);
}
