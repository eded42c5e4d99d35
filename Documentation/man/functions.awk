# SPDX-License-Identifier: GPL-2.0-only
#
# functions.awk: the pages of section 3, a page for each comment of kernel-doc's
# form in the headers of libacall. What stands there is the truth; nothing is added
# but layout, the example of that name, if there is one, and references.
#
#	awk -v to=DIR -v date=DATE -v version=VERSION -f text.awk \
#		-f functions.awk EXAMPLE.c... HEADER.h...

function fail(why)
{
	printf "%s:%d: %s\n", FILENAME, FNR, why >"/dev/stderr"
	failed = 1
	exit 1
}

# What a declaration says, one line of it: its parameters are in italics.
function declaration(s,	out, name)
{
	while (match(s, /[a-z_0-9]+(\[[A-Z_]*\])?[,)]/)) {
		name = substr(s, RSTART, RLENGTH - 1)
		if (name == "void")
			out = out substr(s, 1, RSTART + RLENGTH - 2)
		else
			out = out substr(s, 1, RSTART - 1) "\\fI" name "\\fB"
		out = out substr(s, RSTART + RLENGTH - 1, 1)
		s = substr(s, RSTART + RLENGTH)
	}
	return "\\fB" out s "\\fP"
}

# A prototype in lines that fit.
function prototype(s,	out, line, n, i, parts, indent)
{
	gsub(/[ \t\n]+/, " ", s)
	sub(/\* acall/, "*acall", s)
	indent = sprintf("%*s", index(s, "("), "")
	n = split(s, parts, /, /)
	line = parts[1]
	for (i = 2; i <= n; i++) {
		if (length(line ", " parts[i]) > 70) {
			out = out declaration(line ",") "\n"
			line = indent parts[i]
		} else {
			line = line ", " parts[i]
		}
	}
	return out declaration(line) "\n"
}

# Of EXAMPLE.c, which begins with its licence and then a comment: what it shows, and
# after an empty line, indented, what it prints.
function example(file)
{
	file = FILENAME
	sub(/.*\//, "", file)
	sub(/\.c$/, "", file)
	if (FNR == 1) {
		part = "comment"
		return
	}
	if (part == "comment") {
		if ($0 == " */")
			part = "program"
		else if (/^ \*\t/)
			session[file] = session[file] verbatim(substr($0, 4)) "\n"
		else if ($0 != "/*" && $0 != " *")
			shows[file] = shows[file] text(substr($0, 4)) "\n"
		return
	}
	program[file] = program[file] verbatim(expand($0)) "\n"
	line = $0
	while (match(line, /acall_[a-z_]+\(/)) {
		name = substr(line, RSTART, RLENGTH - 1)
		if (!(name in used))
			used[name] = file
		line = substr(line, RSTART + RLENGTH)
	}
}

# Sections of one page, in the order of man-pages(7).
function write(out,	i, n, names, where)
{
	out = to "/" page ".3"
	printf ".\\\" SPDX-License-Identifier: LGPL-2.1-or-later OR MIT\n" >out
	printf ".\\\" Made of %s: do not edit.\n", header >out
	printf ".TH %s 3 %s \"libacall %s\" \"libacall\"\n", page, date, version >out
	printf ".SH NAME\n%s \\- %s\n", page, short >out
	printf ".SH LIBRARY\nlibacall\n.RI ( \\-lacall )\n" >out
	printf ".SH SYNOPSIS\n.nf\n.B #include <libacall.h>\n.PP\n%s.fi\n", code >out
	printf ".SH DESCRIPTION\n%s%s", members, body >out
	if (returns != "")
		printf ".SH RETURN VALUE\n%s", returns >out
	where = page in program ? page : used[page]
	if (page in program) {
		printf ".SH EXAMPLES\n%s.PP\n.EX\n%s.EE\n", shows[page],
			program[page] >out
		printf ".PP\n.EX\n%s.EE\n", session[page] >out
	} else if (where != "") {
		printf ".SH EXAMPLES\nSee\n.BR %s (3).\n", where >out
	}
	printf ".SH SEE ALSO\n" >out
	for (i = 1; i <= nr_mentions; i++) {
		if (mentions[i] in page_names)
			printf ".BR %s (3),\n", mentions[i] >out
	}
	printf ".BR libacall (3),\n.BR acall (7)\n" >out
	close(out)
}

function paragraph()
{
	if (para == "")
		return
	if (para ~ /^Return: / || returns != "") {
		sub(/^Return: /, "", para)
		sub(/^Return:\n/, "", para)
		returns = returns (returns == "" ? "" : ".PP\n") sentence(para)
	} else {
		body = body (body == "" && members == "" ? "" : ".PP\n") para
	}
	para = ""
}

FILENAME ~ /\.c$/ {
	example()
	next
}

# Twice through the headers: first for the names.
FNR == 1 {
	pass[FILENAME]++
	header = FILENAME
	sub(/.*\//, "", header)
}

pass[FILENAME] == 1 {
	if (last == "/**" && match($0, / (\*|struct|enum|typedef) [a-z_]+ - /)) {
		name = $0
		sub(/^ \* (struct |enum |typedef )?/, "", name)
		sub(/ - .*/, "", name)
		page_names[name] = 1
	}
	last = $0
	next
}

$0 == "/**" {
	state = "name"
	next
}

state == "name" {
	short = $0
	if (short !~ /^ \* (struct |enum |typedef )?acall_[a-z_]+ - /)
		fail("no name and purpose")
	sub(/^ \* (struct |enum |typedef )?/, "", short)
	page = short
	sub(/ - .*/, "", page)
	sub(/^[a-z_]+ - /, "", short)
	members = body = returns = para = code = ""
	delete mentioned
	nr_mentions = 0
	state = "comment"
	next
}

state == "comment" && $0 == " */" {
	paragraph()
	state = "code"
	next
}

state == "comment" && /^ \* @[a-z_A-Z0-9]+: / {
	name = $0
	sub(/^ \* @/, "", name)
	sub(/:.*/, "", name)
	sub(/^ \* @[^:]*: /, "")
	members = members ".TP\n" (name ~ /^[A-Z]/ ? bold(name) : italic(name)) \
		"\n" text($0) "\n"
	member = 1
	next
}

state == "comment" && member && /^ \*\t/ {
	members = members text(substr($0, 4)) "\n"
	next
}

state == "comment" && $0 == " *" {
	member = 0
	paragraph()
	next
}

state == "comment" {
	if ($0 ~ /^ \* Return: /)
		paragraph()
	para = para ($0 ~ /^ \* Return: / ? "Return: " text(substr($0, 12)) : \
		     text(substr($0, 4))) "\n"
	next
}

state == "code" {
	code = code $0 "\n"
	if ($0 ~ /;$/ && (code !~ /{/ || $0 ~ /^};$/)) {
		code = code ~ /{/ ? verbatim(expand_lines(code)) : prototype(code)
		write()
		state = ""
	}
}

END {
	if (failed)
		exit 1
	for (name in program) {
		if (!(name in page_names)) {
			printf "%s.c: there is no page of that name\n", name >"/dev/stderr"
			exit 1
		}
	}
}
