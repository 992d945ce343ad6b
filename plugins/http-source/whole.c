#include "http-source/whole.h"

void whole_begin(struct whole *w, char first)
{
	*w = (struct whole){ .xml = first == '<' };
}

static bool feed_json(struct whole *w, char byte)
{
	if (w->quote) {
		if (w->escaped)
			w->escaped = false;
		else if (byte == '\\')
			w->escaped = true;
		else if (byte == w->quote)
			w->quote = 0;
		return false;
	}
	switch (byte) {
	case '"': w->quote = byte; break;
	case '{':
	case '[': w->depth++; break;
	case '}':
	case ']': return w->depth > 0 && --w->depth == 0;
	default: break;
	}
	return false;
}

/* "<a>", "</a>", "<a/>", "<?xml …?>", "<!…>". */
static bool end_tag(struct whole *w)
{
	w->in_tag = false;
	if (w->first == '?' || w->first == '!')
		return false;
	if (w->first == '/')
		return w->depth > 0 && --w->depth == 0;
	if (w->last == '/')
		return w->depth == 0;
	w->depth++;
	return false;
}

static bool feed_xml(struct whole *w, char byte)
{
	if (!w->in_tag) {
		w->in_tag = byte == '<';
		w->first = w->last = 0;
		return false;
	}
	if (w->quote) {
		if (byte == w->quote)
			w->quote = 0;
		return false;
	}
	if (byte == '>')
		return end_tag(w);
	if (byte == '"' || byte == '\'')
		w->quote = byte;
	if (!w->first)
		w->first = byte;
	w->last = byte;
	return false;
}

bool whole_feed(struct whole *w, char byte)
{
	return w->xml ? feed_xml(w, byte) : feed_json(w, byte);
}
