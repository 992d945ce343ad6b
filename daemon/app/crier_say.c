#include "app/crier_say.h"

#include "base/clock.h"
#include "upstream/alarm_json.h"

static const char *const priority_zh[] = { "立即", "15分钟内", "本班", "提示" };
static const char *const priority_en[] = { "NOW", "within 15 min", "this shift", "for your notice" };

#define SHOWN_MAX 20 /* alarms of one message that are told in full; of the others their number */

/* Called to where people may need an ambulance or the fire brigade, that is said. */
static const char last_duty[] = "supervisor";

static const char *name_of(const struct contact_list *people, const char *id)
{
	const struct contact *c = contact_find(people, id);

	return c ? c->name : id;
}

/* ---- one line ---- */

static const char *alarm_text(const struct crier_say *s, size_t i)
{
	bool english = s->message->contact->english;
	const struct ladder_run *r = s->runs[i];
	const char *first = english ? r->text_en : r->text_zh, *other = english ? r->text_zh : r->text_en;

	return first && *first ? first : other && *other ? other : r->alarm;
}

static void add_head(const struct crier_say *s, size_t i, struct str_buf *to)
{
	bool english = s->message->contact->english;
	const struct ladder_run *r = s->runs[i];
	int priority = CLAMP(r->priority, 1, 4) - 1;

	if (r->test)
		str_buf_add(to, english ? "[TEST] " : "【测试】");
	if (s->message->clear)
		str_buf_add(to, english ? "[over] " : "【解除】");
	else
		str_buf_printf(to, english ? "[%s] " : "【%s】",
			       english ? priority_en[priority] : priority_zh[priority]);
	str_buf_add(to, alarm_text(s, i));
}

static void add_since(const struct crier_say *s, size_t i, struct str_buf *to)
{
	bool english = s->message->contact->english;
	const struct alarm *a = s->alarms[i];
	char at[CLOCK_ISO_MAX];

	if (!a || s->message->clear)
		return;
	str_buf_printf(to, english ? " (since %.5s)" : "（%.5s起）", clock_format_time(a->since_us, at));
	if (s->message->lines[i].step == 0)
		str_buf_add(to, english ? " Nobody has arrived within 10 minutes." : "（10分钟内无人到场）");
	if (a->state == ALARM_RTN_UNACKED)
		str_buf_add(to, english ? " It is over by now, and nobody has looked." : "（已恢复，尚无人查看）");
}

static void add_guidance(const struct crier_say *s, struct str_buf *to)
{
	bool english = s->message->contact->english;
	const struct alarm *a = s->alarms[0];
	const char *guidance = !a ? NULL : english ? a->guidance_en : a->guidance_zh;

	if (guidance && *guidance && !s->message->clear)
		str_buf_printf(to, "\n%s", guidance);
	for (size_t i = 0; i < s->runs[0]->call_count; i++) {
		const struct ladder_call *c = &s->runs[0]->calls[i];

		if (c->message == s->message->id && !c->clear && s->runs[0]->urgent && str_equal(c->duty, last_duty)) {
			str_buf_add(to, english ? "\nCall 120 or 119 where it is needed."
						: "\n如有需要请立即拨打120/119。");
			return;
		}
	}
}

/* ---- who else ---- */

static bool is_other(const struct ladder_run *r, size_t at, const struct crier_say *s)
{
	const struct ladder_call *c = &r->calls[at];

	if (c->clear || str_equal(c->contact, s->message->contact->id))
		return false;
	for (size_t i = at + 1; i < r->call_count; i++) /* the last word about each */
		if (!r->calls[i].clear && str_equal(r->calls[i].contact, c->contact))
			return false;
	return true;
}

static void add_others(const struct crier_say *s, struct str_buf *to)
{
	bool english = s->message->contact->english;
	const char *between = english ? "\nAlso told: " : "\n同时通知：";
	const struct ladder_run *r = s->runs[0];

	for (size_t i = 0; i < r->call_count; i++) {
		const struct ladder_call *c = &r->calls[i];

		if (!is_other(r, i, s))
			continue;
		str_buf_printf(to, "%s%s", between, name_of(s->people, c->contact));
		if (c->state == LADDER_CALL_FAILED)
			str_buf_add(to, english ? " (could not be reached)" : "（未能通知到）");
		between = english ? ", " : "、";
	}
}

void crier_say_text(const struct crier_say *s, struct str_buf *to)
{
	size_t more = s->message->line_count - MIN(s->message->line_count, (size_t)SHOWN_MAX);

	for (size_t i = 0; i + more < s->message->line_count; i++) {
		str_buf_add(to, i ? "\n" : "");
		add_head(s, i, to);
		add_since(s, i, to);
	}
	if (more)
		str_buf_printf(to, s->message->contact->english ? "\n%zu more" : "\n另有%zu条", more);
	if (s->message->line_count == 1)
		add_guidance(s, to);
	add_others(s, to);
}

/* ---- for notifiers ---- */

json_t *crier_say_told(const struct ladder_run *r, const struct contact_list *people)
{
	json_t *list = json_array();
	char at[CLOCK_ISO_MAX];

	for (size_t i = 0; i < r->call_count; i++) {
		const struct ladder_call *c = &r->calls[i];
		const struct contact *contact = contact_find(people, c->contact);
		json_t *row =
			json_pack("{s:s, s:s, s:s, s:i, s:s?, s:s, s:s?}", "contact", c->contact, "name",
				  name_of(people, c->contact), "duty", c->duty, "step", (int)c->step, "means",
				  contact ? contact_means(contact) : NULL, "outcome", ladder_run_call_name(c->state),
				  "at", c->done_us ? clock_format_iso(c->done_us, at) : NULL);

		if (c->clear)
			json_object_set_new(row, "clear", json_true());
		if (c->text[0])
			json_object_set_new(row, "text", json_stringn(c->text, str_utf8_cut(c->text, strlen(c->text))));
		json_array_append_new(list, row);
	}
	return list;
}

/* The alarm is forgotten, and so it is over. */
static json_t *forgotten(const struct ladder_run *r)
{
	size_t rule = strcspn(r->alarm, "/");

	return json_pack("{s:s, s:s%, s:s, s:s, s:i, s:o, s:s}", "alarm", r->alarm, "rule", r->alarm, rule, "asset",
			 r->alarm[rule] ? r->alarm + rule + 1 : "", "state", "normal", "priority", r->priority, "text",
			 alarm_json_bilingual(r->text_zh, r->text_en), "place", r->place ? r->place : "");
}

static json_t *alarm_of(const struct crier_say *s, size_t i)
{
	return s->alarms[i] ? alarm_json_new(s->alarms[i]) : forgotten(s->runs[i]);
}

/* What devices say may be no UTF-8. */
static json_t *mended(const struct str_buf *text)
{
	_cleanup_str_buf_ struct str_buf quoted = { 0 };

	str_buf_add_json(&quoted, str_buf_text(text));
	return json_loads(str_buf_text(&quoted), JSON_DECODE_ANY, NULL);
}

json_t *crier_say_notify(const struct crier_say *s)
{
	const struct ladder_message *m = s->message;
	_cleanup_str_buf_ struct str_buf text = { 0 };
	json_t *json = json_pack("{s:s, s:I}", "type", "notify", "id", (json_int_t)m->id), *to, *others;

	crier_say_text(s, &text);
	to = json_loads(m->contact->to_json, 0, NULL);
	json_object_set_new(json, "to", to ? to : json_object());
	json_object_set_new(json, "contact", json_pack("{s:s, s:s}", "id", m->contact->id, "name", m->contact->name));
	json_object_set_new(json, "step", json_integer(m->lines[0].step));
	json_object_set_new(json, "alarm", alarm_of(s, 0));
	others = json_array();
	for (size_t i = 1; i < MIN(m->line_count, (size_t)SHOWN_MAX); i++)
		json_array_append_new(others, alarm_of(s, i));
	if (json_array_size(others))
		json_object_set(json, "others", others);
	json_decref(others);
	json_object_set_new(json, "told", crier_say_told(s->runs[0], s->people));
	if (m->clear)
		json_object_set_new(json, "clear", json_true());
	if (s->runs[0]->test)
		json_object_set_new(json, "test", json_true());
	json_object_set_new(json, "text", mended(&text)); /* the last one */
	return json;
}
