#include "api/call.h"

#include <event2/buffer.h>
#include <event2/keyvalq_struct.h>
#include <stdarg.h>

#include "api/reply.h"
#include "base/mem.h"
#include "base/str.h"
#include "upstream/alarm_json.h"

const char *call_query(const struct call *x, const char *name)
{
	return evhttp_find_header(&x->query, name);
}

bool call_switch(struct call *x, const char *name, bool *ret_on)
{
	const char *text = call_query(x, name);

	*ret_on = str_equal(text, "1") || str_equal(text, "true");
	if (!text || *ret_on || str_equal(text, "0") || str_equal(text, "false"))
		return true;
	call_error(x, (struct call_problem){ 400, name }, "%s '%s': expected 1 or 0", name, text);
	return false;
}

json_t *call_body(struct call *x)
{
	struct evbuffer *body = evhttp_request_get_input_buffer(x->http);
	size_t len = evbuffer_get_length(body);
	json_error_t error;
	json_t *object;

	if (len == 0)
		return json_object();
	object = json_loadb((const char *)evbuffer_pullup(body, -1), len, JSON_REJECT_DUPLICATES, &error);
	if (!object) {
		call_error(x, (struct call_problem){ 400, NULL }, "line %d, column %d: %s: expected one JSON object",
			   error.line, error.column, error.text);
		return NULL;
	}
	if (!json_is_object(object)) {
		json_decref(object);
		call_error(x, (struct call_problem){ 400, NULL }, "expected one JSON object, like {\"note\":\"…\"}");
		return NULL;
	}
	return object;
}

void call_answer(struct evhttp_request *http, int status, json_t *answer)
{
	struct evbuffer *buffer = evbuffer_new();
	char *text = alarm_json_text(answer);

	json_decref(answer);
	if (!buffer)
		abort();
	evbuffer_add_printf(buffer, "%s\n", text);
	free(text);
	reply_send(http, status, "application/json", buffer);
	evbuffer_free(buffer);
}

void call_json(struct call *x, json_t *answer)
{
	call_answer(x->http, 200, answer);
}

void call_text(struct call *x, const char *content_type, const char *text)
{
	struct evbuffer *buffer = evbuffer_new();

	if (!buffer)
		abort();
	evbuffer_add(buffer, text, strlen(text));
	reply_send(x->http, 200, content_type, buffer);
	evbuffer_free(buffer);
}

json_t *call_problem_new(struct call_problem p, const char *text)
{
	/* What came from outside stands in the text: it may be cut, or not be UTF-8. */
	json_t *error = json_pack("{si}", "status", p.status);

	if (p.field)
		json_object_set_new(error, "field", json_string(p.field));
	json_object_set_new(error, "text",
			    str_is_utf8(text, strlen(text)) ? json_string(text) : json_string("not UTF-8"));
	return json_pack("{so}", "error", error);
}

void call_error(struct call *x, struct call_problem p, const char *fmt, ...)
{
	struct str_buf text _cleanup_str_buf_ = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	call_answer(x->http, p.status, call_problem_new(p, str_buf_text(&text)));
}
