# strip.awk: C without its comments and without what stands inside quotes.
# strip_begin() before each file, then strip(line) once a line, in order. A comment becomes a space, "text" becomes "".

function strip_begin() {
	strip_comment = 0 # inside /* */
	strip_slashes = 0 # inside a // comment that a backslash carries on
	strip_quote = "" # inside a quote that a backslash carries on
}

# Takes the rest of a quoted text off s; the line ends inside it where there is no end.
function strip_quoted(s, quote) {
	if (quote == "\"" ? match(s, /^([^"\\]|\\.)*"/) : match(s, /^([^'\\]|\\.)*'/)) {
		strip_quote = ""
		return substr(s, RLENGTH + 1)
	}
	strip_quote = s ~ /\\$/ ? quote : ""
	return ""
}

function strip(s, out, i, mark) {
	out = ""
	if (strip_slashes) {
		strip_slashes = s ~ /\\$/
		return ""
	}
	if (strip_quote != "")
		s = strip_quoted(s, strip_quote)
	for (;;) {
		if (strip_comment) {
			i = index(s, "*/")
			if (!i)
				return out
			s = substr(s, i + 2)
			strip_comment = 0
		}
		if (!match(s, /"|'|\/\*|\/\//))
			return out s
		mark = substr(s, RSTART, RLENGTH)
		out = out substr(s, 1, RSTART - 1)
		s = substr(s, RSTART + RLENGTH)
		if (mark == "//") {
			strip_slashes = s ~ /\\$/
			return out
		} else if (mark == "/*") {
			strip_comment = 1
			out = out " "
		} else {
			out = out mark mark
			s = strip_quoted(s, mark)
		}
	}
}
