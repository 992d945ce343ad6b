# fill.awk: makes a man page of its template: a line that is nothing but @name@ is replaced by the file PARTS.name, where
# PARTS is the variable `parts`.

/^@[a-z]+@$/ {
	part = parts "." substr($0, 2, length($0) - 2)
	lines = 0
	while ((status = (getline text < part)) > 0) {
		print text
		lines++
	}
	if (status < 0 || !lines) {
		print FILENAME ":" FNR ": " part " is missing or empty" > "/dev/stderr"
		exit 1
	}
	next
}
{ print }
