/* cmd_print.c: the table of commands for the build: parts of estatectl(1), and the completion of bash. */
#include "base/roff.h"
#include "ctl/command.h"

static void add_option(struct str_buf *to, const struct args_row *row)
{
	if (row->short_name) {
		roff_add_bold(to, row->short_name);
		str_buf_add(to, ", ");
	}
	roff_add_bold(to, row->name);
	if (row->value) {
		str_buf_add(to, " ");
		roff_add_usage(to, row->value);
	}
}

/* A text of several lines is one paragraph. */
static void add_paragraph(struct str_buf *to, const char *text)
{
	roff_add(to, text);
	str_buf_add(to, "\n");
}

static void print_commands(struct str_buf *to)
{
	for (const struct command *c = command_all(); c->name; c++) {
		if (!c->help)
			continue;
		str_buf_add(to, ".TP\n");
		roff_add_bold(to, c->name);
		str_buf_add(to, *c->words ? " " : "");
		roff_add_usage(to, c->words);
		for (size_t i = 0; i < ARGS_OPTIONS; i++)
			if (c->options & ARGS_BIT(i)) {
				str_buf_add(to, " [");
				add_option(to, &args_rows[i]);
				str_buf_add(to, "]");
			}
		str_buf_add(to, "\n");
		add_paragraph(to, c->help);
		if (c->details) {
			str_buf_add(to, ".br\n");
			add_paragraph(to, c->details);
		}
	}
}

static void print_options(struct str_buf *to)
{
	for (size_t i = 0; i < ARGS_OPTIONS; i++) {
		str_buf_add(to, ".TP\n");
		add_option(to, &args_rows[i]);
		str_buf_add(to, "\n");
		add_paragraph(to, args_rows[i].help);
	}
}

/* [key]='a b c' for bash; the texts are ours and have no quotes. */
static void add_entry(struct str_buf *to, const char *key, const char *value)
{
	str_buf_printf(to, "\t['%s']='%s'\n", key, value ? value : "");
}

static void add_options_of(struct str_buf *to, const char *key, uint64_t options)
{
	struct str_buf list _cleanup_str_buf_ = { 0 };

	for (size_t i = 0; i < ARGS_OPTIONS; i++)
		if (options & ARGS_BIT(i))
			str_buf_printf(&list, "%s%s%s%s", list.len ? " " : "", args_rows[i].name,
				       args_rows[i].short_name ? " " : "",
				       args_rows[i].short_name ? args_rows[i].short_name : "");
	add_entry(to, key, list.text);
}

/* What the value of each option may be: words, @file for a path, nothing that can be offered for others. */
static void add_values(struct str_buf *to)
{
	for (size_t i = 0; i < ARGS_OPTIONS; i++) {
		const struct args_row *row = &args_rows[i];
		const char *offer = !row->value                     ? NULL
				    : strchr(row->value, '|')       ? row->value
				    : str_equal(row->value, "PATH") ? "@file"
								    : "";

		if (!offer)
			continue;
		add_entry(to, row->name, offer);
		if (row->short_name)
			add_entry(to, row->short_name, offer);
	}
}

static void print_completion(struct str_buf *to)
{
	str_buf_add(to, "declare -gA _estatectl_words=(\n");
	for (const struct command *c = command_all(); c->name; c++)
		if (c->help)
			add_entry(to, c->name, c->completes);
	str_buf_add(to, ")\ndeclare -gA _estatectl_options=(\n");
	add_options_of(to, "*", ARGS_GLOBAL);
	for (const struct command *c = command_all(); c->name; c++)
		if (c->help)
			add_options_of(to, c->name, c->options);
	str_buf_add(to, ")\ndeclare -gA _estatectl_values=(\n");
	add_values(to);
	str_buf_add(to, ")\n");
}

enum ctl_exit cmd_print(struct ctl *c)
{
	static const struct {
		const char *name;
		void (*print)(struct str_buf *to);
	} parts[] = { { "commands", print_commands },
		      { "options", print_options },
		      { "completion", print_completion } };
	struct str_buf text _cleanup_str_buf_ = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (str_equal(ctl_word(c, 0), parts[i].name)) {
			parts[i].print(&text);
			fputs(str_buf_text(&text), c->out.to);
			return CTL_DONE;
		}
	fprintf(stderr, "estatectl: print: expected commands, options or completion\n");
	return CTL_USAGE;
}
