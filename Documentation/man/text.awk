# SPDX-License-Identifier: GPL-2.0-only
#
# text.awk: text of comments and code as roff. For functions.awk and structures.awk.

# A line of roff that is shown as it is.
function verbatim(s)
{
	gsub(/\\/, "\\e", s)
	gsub(/-/, "\\-", s)
	gsub(/'/, "\\(aq", s)
	gsub(/`/, "\\(ga", s)
	gsub(/\^/, "\\(ha", s)
	gsub(/~/, "\\(ti", s)
	return s ~ /^[.']/ ? "\\&" s : s
}

function bold(s) { return "\\fB" s "\\fP" }
function italic(s) { return "\\fI" s "\\fP" }

# A word of a comment, without the punctuation around it.
function word(w)
{
	if (w ~ /^@/) {
		sub(/^@/, "", w)
		return italic(w)
	}
	if (w ~ /^acall_[a-z_]*\*?\(\)$/) {
		sub(/\(\)$/, "", w)
		if (w !~ /\*$/ && w != page)
			mention(w)
		return w == page || w ~ /\*$/ ? bold(w) "()" : bold(w) "(3)"
	}
	if (w ~ /^[a-z_]+\([1-8]\)$/) {
		sub(/\(/, "\\fP(", w)
		return "\\fB" w
	}
	if (w ~ /^\\-E[A-Z0-9]+$/ || w ~ /^E[A-Z0-9]+$/ && length(w) > 3 ||
	    w ~ /^(ACALL|CAP|SA|SCM|STATX|RLIMIT|POLL|FALLOC|O)_?[A-Z0-9_]+\*?$/)
		return bold(w)
	if (w ~ /^<[a-z_\/]+\.h>$/)
		return italic(w)
	return w
}

function mention(name)
{
	if (!(name in mentioned)) {
		mentioned[name] = 1
		mentions[++nr_mentions] = name
	}
}

# With a capital, unless it begins with a name.
function sentence(s)
{
	if (s ~ /^[a-z][a-z]* / && s !~ /^(enum|struct) /)
		s = toupper(substr(s, 1, 1)) substr(s, 2)
	return s
}

# A line of a comment as roff.
function text(s,	n, words, i, before, after, line)
{
	gsub(/\\/, "\\e", s)
	gsub(/->/, "\\->", s)
	gsub(/\[@/, "[", s)
	n = split(s, words, " ")
	for (i = 1; i <= n; i++) {
		before = after = ""
		while (words[i] ~ /^[("]/) {
			before = before substr(words[i], 1, 1)
			words[i] = substr(words[i], 2)
		}
		while (words[i] ~ /[,.;:"]$/ ||
		       words[i] ~ /\)$/ && words[i] !~ /\((\)|[1-8]\))$/ ||
		       words[i] ~ /\)\)$/) {
			after = substr(words[i], length(words[i])) after
			words[i] = substr(words[i], 1, length(words[i]) - 1)
		}
		sub(/^-/, "\\-", words[i])
		line = line (i > 1 ? " " : "") before word(words[i]) after
	}
	return line ~ /^[.']/ ? "\\&" line : line
}

function expand(s,	i, c, out)
{
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		if (c != "\t")
			out = out c
		else
			do
				out = out " "
			while (length(out) % 8)
	}
	return out
}

function expand_lines(s,	n, i, lines, out)
{
	n = split(s, lines, "\n")
	for (i = 1; i < n; i++)
		out = out expand(lines[i]) "\n"
	return out
}
