#include "gate/respond.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <stdarg.h>

#include "base/str.h"

#define POLICY "Content-Security-Policy"

/* clang-format off */
static const char policy_rest[] =
	"img-src 'self' data:; connect-src 'self'; font-src 'self'; media-src 'self'; manifest-src 'self'; worker-src 'self'; "
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static const struct {
	const char *name, *value;
} hardening[] = {
	{ "X-Content-Type-Options",       "nosniff" },
	{ "X-Frame-Options",              "DENY" },
	{ "Referrer-Policy",              "no-referrer" },
	{ "Cross-Origin-Opener-Policy",   "same-origin" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Permissions-Policy",           "camera=(), geolocation=(), microphone=(), payment=(), usb=()" },
};

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{ 200, "OK" }, { 201, "Created" }, { 202, "Accepted" }, { 204, "No Content" }, { 304, "Not Modified" },
	{ 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" },
	{ 405, "Method Not Allowed" }, { 409, "Conflict" }, { 413, "Payload Too Large" },
	{ 415, "Unsupported Media Type" }, { 421, "Misdirected Request" }, { 429, "Too Many Requests" },
	{ 500, "Internal Server Error" }, { 502, "Bad Gateway" }, { 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
};
/* clang-format on */

const char *respond_reason(int status)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return status < 400 ? "OK" : "Error";
}

void respond_add(struct evhttp_request *request, const char *name, const char *value)
{
	if (value)
		evhttp_add_header(evhttp_request_get_output_headers(request), name, value);
}

static void add_policy(struct evhttp_request *request, const char *style)
{
	struct str_buf policy _cleanup_str_buf_ = { 0 };

	str_buf_printf(&policy, "default-src 'none'; script-src 'self'; style-src 'self'%s; %s", style, policy_rest);
	respond_add(request, POLICY, policy.text);
}

void respond_allow_style(struct evhttp_request *request, const char *sha256)
{
	struct str_buf style _cleanup_str_buf_ = { 0 };

	str_buf_printf(&style, " 'sha256-%s'", sha256);
	evhttp_remove_header(evhttp_request_get_output_headers(request), POLICY);
	add_policy(request, style.text);
}

void respond_harden(struct evhttp_request *request, bool tls)
{
	add_policy(request, "");
	for (size_t i = 0; i < ARRAY_SIZE(hardening); i++)
		respond_add(request, hardening[i].name, hardening[i].value);
	if (tls)
		respond_add(request, "Strict-Transport-Security", "max-age=2592000");
}

void respond_send(struct evhttp_request *request, int status, const void *body, size_t len)
{
	struct evbuffer *buffer = evbuffer_new();

	if (!buffer || (len && evbuffer_add(buffer, body, len) < 0))
		abort();
	evhttp_send_reply(request, status, respond_reason(status), buffer);
	evbuffer_free(buffer);
}

void respond_error(struct evhttp_request *request, struct respond_problem p, const char *fmt, ...)
{
	struct str_buf text _cleanup_str_buf_ = { 0 }, body _cleanup_str_buf_ = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	str_buf_printf(&body, "{\"error\":{\"status\":%d,", p.status);
	if (p.field) {
		str_buf_add(&body, "\"field\":");
		str_buf_add_json(&body, p.field);
		str_buf_add(&body, ",");
	}
	str_buf_add(&body, "\"text\":");
	str_buf_add_json(&body, text.text);
	str_buf_add(&body, "}}\n");
	respond_add(request, "Content-Type", "application/json");
	respond_add(request, "Cache-Control", "no-store");
	respond_send(request, p.status, body.text, body.len);
}

const char *respond_asked(struct evhttp_request *request, const char *name)
{
	const char *value = evhttp_find_header(evhttp_request_get_input_headers(request), name);

	for (const char *c = value; c && *c; c++)
		if (*c < ' ' || *c > '~')
			return NULL;
	return value && *value ? value : NULL;
}

const char *respond_method(struct evhttp_request *request)
{
	switch (evhttp_request_get_command(request)) {
	case EVHTTP_REQ_GET: return "GET";
	case EVHTTP_REQ_HEAD: return "HEAD";
	case EVHTTP_REQ_POST: return "POST";
	case EVHTTP_REQ_PUT: return "PUT";
	case EVHTTP_REQ_DELETE: return "DELETE";
	case EVHTTP_REQ_PATCH: return "PATCH";
	default: return "OPTIONS";
	}
}
