/* fuzz_residents.c: app/residents.c and model/resident_field.c: whatever a file holds that somebody takes for a register of
 * residents, it is one whose every field is written and reads back as the same, or there is a mistake of one line that names its line. */
#include "fuzz.h"

#include "app/residents.h"
#include "base/clock.h"
#include "base/str.h"

static struct place places[] = { { .id = "b1" } };
static struct contact contacts[] = { { .id = "desk" }, { .id = "grid-3" } };
static const struct conf conf = { .places = places, .place_count = 1, .contacts = contacts, .contact_count = 2 };

static void claim_resident(const struct resident *r)
{
	FUZZ_CLAIM(r->id && r->place && str_is_utf8(r->id, strlen(r->id)) && !strchr(r->id, '/'));
	FUZZ_CLAIM(r->absence_count <= RESIDENT_ABSENCES_MAX);
	for (int f = 0; f < RESIDENT_FIELDS; f++) {
		struct str_buf once = { 0 }, again = { 0 }, problem = { 0 };
		struct resident copy = { 0 };

		resident_field_write(r, (enum resident_field)f, &once);
		FUZZ_CLAIM(once.len <= 2 * resident_field_rows[f].max + 600);
		if (resident_field_set(&copy, (enum resident_field)f, str_buf_text(&once), &problem) == 0)
			resident_field_write(&copy, (enum resident_field)f, &again);
		else /* times may be longer written out than as somebody wrote them */
			FUZZ_CLAIM(once.len > resident_field_rows[f].max && problem.len);
		FUZZ_CLAIM(problem.len || str_equal(str_buf_text(&once), str_buf_text(&again)));
		resident_fini(&copy);
		str_buf_fini(&once);
		str_buf_fini(&again);
		str_buf_fini(&problem);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct residents_text table = { .name = "t.csv", .text = text, .len = size };
	struct residents read = { 0 };
	struct diag d = { 0 };

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	clock_set_zone("Asia/Shanghai");
	FUZZ_CLAIM(residents_parse(&table, &conf, &d, &read) == read.count);
	for (size_t i = 0; !diag_failed(&d) && i < read.count; i++)
		claim_resident(&read.all[i]);
	for (size_t i = 0; i < d.count; i++) {
		FUZZ_CLAIM(d.entries[i].line >= 1);
		FUZZ_CLAIM(!strchr(d.entries[i].text, '\n') || d.entries[i].severity == DIAG_ERROR);
	}
	diag_fini(&d);
	residents_fini(&read);
	free(text);
	return 0;
}
