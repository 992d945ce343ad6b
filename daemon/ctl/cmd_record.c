/* cmd_record.c: the frames of a bus, into a file that people read and estate-sim replays. */
#include "ctl/command.h"

#include <errno.h>

#include "base/clock.h"
#include "ctl/width.h"

#define USUAL_US (60 * S)
#define MOST_US  (24 * HOUR)
#define LOOK_US  (200 * MS) /* a bus is looked at so often; its ring holds 256 frames */
#define BUSY     64         /* so many new ones at a time: look again at once */

struct record {
	struct ctl *ctl;
	FILE *to;
	bool json, begun;
	json_int_t next, first_us;
	uint64_t frames, missed;
};

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* A line with nothing in it that steers the terminal. */
static void write_line(const struct record *r, const struct str_buf *line)
{
	struct str_buf clean _cleanup_str_buf_ = { 0 };

	width_add(&clean, str_buf_text(line));
	fprintf(r->to, "%s\n", str_buf_text(&clean));
}

static void write_object(const struct record *r, json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);

	fprintf(r->to, "%s\n", text ? text : "{}");
	free(text);
	json_decref(object);
}

/* What it was taken from: the replay needs the framing. */
static void write_head(struct record *r, const json_t *answer)
{
	struct str_buf line _cleanup_str_buf_ = { 0 };
	const char *bus = text_at(answer, "bus"), *type = text_at(answer, "type");
	const char *framing = text_at(answer, "framing"), *at = text_at(answer, "at");

	if (r->begun)
		return;
	r->begun = true;
	if (r->json) {
		write_object(r, json_pack("{s:i, s:s, s:s, s:s, s:s}", "recording", 1, "bus", bus, "type", type,
					  "framing", framing, "at", at));
		return;
	}
	str_buf_printf(&line, "# estated recording 1: bus %s type %s framing %s at %s", bus, type, framing, at);
	write_line(r, &line);
}

/* ">" sent, "<" received, "+" the link was opened, "-" closed. */
static char sign_of(const char *way)
{
	return str_equal(way, "sent") ? '>' : str_equal(way, "received") ? '<' : str_equal(way, "opened") ? '+' : '-';
}

static void write_frame(struct record *r, const json_t *frame)
{
	json_int_t us = json_integer_value(json_object_get(frame, "us"));
	const char *at = text_at(frame, "at"), *way = text_at(frame, "way"), *hex = text_at(frame, "hex");
	struct str_buf line _cleanup_str_buf_ = { 0 };

	if (!r->first_us)
		r->first_us = us;
	us = us > r->first_us ? us - r->first_us : 0;
	r->frames++;
	if (r->json) {
		write_object(r, json_pack("{s:I, s:s, s:s, s:s, s:s}", "us", us, "at", at, "way", way, "hex", hex,
					  "text", text_at(frame, "text")));
		return;
	}
	str_buf_printf(&line, "%.8s %4lld.%06lld %c %s%s# %s", strlen(at) > 19 ? at + 11 : "--:--:--",
		       (long long)us / 1000000, (long long)us % 1000000, sign_of(way), hex, *hex ? "  " : "",
		       text_at(frame, "text"));
	write_line(r, &line);
}

/* Those that went out of the ring before we looked. */
static void write_missed(struct record *r, json_int_t missed)
{
	if (missed <= 0)
		return;
	r->missed += (uint64_t)missed;
	if (r->json)
		fprintf(r->to, "{\"missed\":%lld}\n", (long long)missed);
	else
		fprintf(r->to, "# %lld frames were missed here\n", (long long)missed);
}

/* One look: what is new since the last. *ret_count: how many there were. */
static enum ctl_exit look(struct record *r, size_t *ret_count)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf path _cleanup_str_buf_ = { 0 };
	const json_t *frames, *frame;
	enum ctl_exit exit;
	size_t i;

	str_buf_add(&path, "/v1/buses/");
	talk_escape(&path, ctl_word(r->ctl, 0));
	str_buf_add(&path, "/frames");
	if (r->next)
		str_buf_printf(&path, "?since=%lld", (long long)r->next);
	exit = ctl_get(r->ctl, path.text, &answer);
	if (exit != CTL_DONE)
		return exit;
	write_head(r, answer.json);
	write_missed(r, json_integer_value(json_object_get(answer.json, "missed")));
	frames = json_object_get(answer.json, "frames");
	json_array_foreach(frames, i, frame) write_frame(r, frame);
	r->next = json_integer_value(json_object_get(answer.json, "next"));
	*ret_count = json_array_size(frames);
	fflush(r->to);
	return CTL_DONE;
}

/* Where it begins: the next frame; what is in the ring is the past. */
static enum ctl_exit skip_past(struct record *r)
{
	FILE *to = r->to;
	size_t ignored;
	enum ctl_exit exit;

	r->to = fopen("/dev/null", "we");
	if (!r->to) {
		r->to = to;
		return CTL_FAILED;
	}
	exit = look(r, &ignored);
	fclose(r->to);
	*r = (struct record){ .ctl = r->ctl, .to = to, .json = r->json, .next = r->next };
	return exit;
}

static enum ctl_exit follow(struct record *r, int64_t for_us)
{
	int64_t until_us = clock_mono_us() + for_us;
	enum ctl_exit exit = skip_past(r);
	size_t count = 0;

	while (exit == CTL_DONE && clock_mono_us() < until_us) {
		int64_t next_us = clock_mono_us() + (count >= BUSY ? 0 : LOOK_US);

		clock_poll(-1, 0, MIN(next_us, until_us));
		exit = look(r, &count);
		if (ferror(r->to))
			return CTL_FAILED;
	}
	return exit;
}

static int open_out(struct record *r, const char *path)
{
	r->to = path ? fopen(path, "we") : r->ctl->out.to;
	if (r->to)
		return 0;
	fprintf(stderr, _("estatectl: cannot write '%s': %s\n"), path, strerror(errno));
	return -errno;
}

enum ctl_exit cmd_record(struct ctl *c)
{
	struct record r = { .ctl = c, .json = c->out.writer == &out_json_writer };
	const char *for_text = c->args.values[ARGS_FOR], *path = c->args.values[ARGS_OUT];
	int64_t for_us = USUAL_US;
	enum ctl_exit exit;
	size_t count;

	if (for_text && (str_to_duration(for_text, &for_us) < 0 || for_us <= 0 || for_us > MOST_US)) {
		fprintf(stderr, "%s", _("estatectl: --for: expected a duration like 60s, up to 24h\n"));
		return CTL_USAGE;
	}
	if (c->out.writer == &out_csv_writer) {
		fprintf(stderr, "%s", _("estatectl: a recording is text or json\n"));
		return CTL_USAGE;
	}
	if (open_out(&r, path) < 0)
		return CTL_FAILED;
	exit = c->args.values[ARGS_LAST] ? look(&r, &count) : follow(&r, for_us);
	if ((path ? fclose(r.to) : fflush(r.to)) != 0 && exit == CTL_DONE) {
		fprintf(stderr, _("estatectl: cannot write '%s': %s\n"), path ? path : "-", strerror(errno));
		exit = CTL_FAILED;
	}
	if (exit == CTL_DONE && path)
		fprintf(stderr, _("estatectl: %llu frames in %s, %llu missed\n"), (unsigned long long)r.frames, path,
			(unsigned long long)r.missed);
	return exit;
}
