# options.awk: the option lines of a program's --help, on stdin, as paragraphs of a man page.
# An option line is "  -c, --config FILE   what it does"; lines that go on with it are indented further.

function roff(text) {
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	gsub(/'/, "\\(aq", text)
	gsub(/"/, "\\(dq", text)
	gsub(/~/, "\\(ti", text)
	gsub(/\^/, "\\(ha", text)
	gsub(/`/, "\\(ga", text)
	gsub(/…/, "...", text)
	return text
}

# Words in capitals are what the reader puts in: italic. Options are bold.
function usage(text, n, i, part, out) {
	n = split(text, part, " ")
	for (i = 1; i <= n; i++) {
		sep = ""
		if (sub(/,$/, "", part[i]))
			sep = ","
		out = out (i > 1 ? " " : "") (part[i] ~ /^-/ ? "\\fB" : "\\fI") roff(part[i]) "\\fR" sep
	}
	return out
}

/^ +-/ {
	line = $0
	sub(/^ +/, "", line)
	split_at = match(line, /  +/)
	left = split_at ? substr(line, 1, split_at - 1) : line
	print ".TP"
	print usage(left)
	if (split_at)
		print "\\&" roff(substr(line, split_at + RLENGTH))
	in_option = 1
	next
}
/^            / && in_option {
	line = $0
	sub(/^ +/, "", line)
	print "\\&" roff(line)
	next
}
{ in_option = 0 }
