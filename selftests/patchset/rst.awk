# SPDX-License-Identifier: GPL-2.0-only
#
# rst.awk: what is written in Documentation/*.md as reStructuredText: headings, tables,
# code and links.

function inline(s)
{
	while (match(s, /\[[^]]*\]\([^)]*\)/)) {
		link = substr(s, RSTART + 1, RLENGTH - 2)
		sub(/\].*/, "", link)
		s = substr(s, 1, RSTART - 1) link substr(s, RSTART + RLENGTH)
	}
	gsub(/`/, "``", s)
	gsub(/\*\*``/, "``", s)
	gsub(/``\*\*/, "``", s)
	return s
}

function heading(s, c,	line)
{
	line = s
	gsub(/./, c, line)
	print s
	print line
}

/^<!-- SPDX/ {
	print ".. SPDX-License-Identifier: GPL-2.0-only"
	print ""
	next
}

/^# / { heading(inline(substr($0, 3)), "="); next }
/^## / { heading(inline(substr($0, 4)), "-"); next }
/^### / { heading(inline(substr($0, 5)), "~"); next }

/^\|[-|]*\|$/ { next }

/^\|/ {
	if (!table) {
		print ".. list-table::"
		print "   :header-rows: 1"
		print ""
	}
	table = 1
	n = split($0, cells, / *\| */)
	for (i = 2; i < n; i++)
		print (i == 2 ? "   * -" : "     -") \
			(cells[i] == "" ? "" : " " inline(cells[i]))
	next
}

# A list is a paragraph of its own there.
/^(\*|[0-9]+\.) / {
	if (last != "" && !item)
		print ""
	match($0, /^(\*|[0-9]+\.) /)
	indent = sprintf("%*s", RLENGTH, "")
	item = 1
}

# What goes on in one stands below its beginning.
item && /^ / { sub(/^ */, indent) }

$0 == "" {
	table = 0
	item = 0
}

{
	line = inline($0)
	sub(/ +$/, "", line)
	print line
	last = $0
}
