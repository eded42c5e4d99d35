// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Numbers and names as people write and read them.
 *
 * Parsing is strict: no sign, no blanks, no overflow, nothing behind the unit.
 * Names come from strangers' directories, so whatever is printed goes through
 * shell_word(): it can be pasted into a shell and holds no control character
 * that a terminal would obey. No state.
 */
#include "cli.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

NORETURN static void out_of_memory(void)
{
	fputs("acall: out of memory\n", stderr);
	exit(EXIT_FAILED);
}

void *xmalloc(size_t size)
{
	return xrealloc(NULL, size);
}

void *xrealloc(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

char *xstrdup(const char *text)
{
	size_t len = strlen(text) + 1;

	return memcpy(xmalloc(len), text, len);
}

char *xvprintf(const char *fmt, va_list args)
{
	char *text;

	if (vasprintf(&text, fmt, args) < 0)
		out_of_memory();
	return text;
}

char *xprintf(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = xvprintf(fmt, args);
	va_end(args);
	return text;
}

static bool parse_digits(const char **text, uint64_t *value)
{
	const char *p = *text;

	for (*value = 0; *p >= '0' && *p <= '9'; p++) {
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(*p - '0'), value))
			return false;
	}
	if (p == *text)
		return false;
	*text = p;
	return true;
}

bool parse_number(const char *text, uint64_t *value)
{
	return parse_digits(&text, value) && !*text;
}

/* As coreutils: K = KiB = 1024 and so on, KB = 1000. */
bool parse_size(const char *text, uint64_t *bytes)
{
	static const char letters[] = "KMGTPE";
	const char *letter;
	uint64_t base, n;

	if (!parse_digits(&text, bytes))
		return false;
	if (!*text || !strcmp(text, "B"))
		return true;
	letter = strchr(letters, *text == 'k' ? 'K' : *text);
	if (!letter)
		return false;
	text++;
	base = strcmp(text, "B") ? 1024 : 1000;
	if (base == 1024 && *text && strcmp(text, "iB"))
		return false;
	for (n = (uint64_t)(letter - letters) + 1; n; n--) {
		if (__builtin_mul_overflow(*bytes, base, bytes))
			return false;
	}
	return true;
}

static bool parse_time_unit(const char *text, uint64_t *ns)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{ "", NSEC_PER_SEC },
		{ "ns", 1 },
		{ "us", 1000 },
		{ "ms", NSEC_PER_MSEC },
		{ "s", NSEC_PER_SEC },
		{ "m", 60 * NSEC_PER_SEC },
		{ "h", 3600 * NSEC_PER_SEC },
	};
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (!strcmp(text, units[i].name)) {
			*ns = units[i].ns;
			return true;
		}
	}
	return false;
}

/* "30s", "1.5s", "500ms", "inf"; without a unit seconds. */
bool parse_duration(const char *text, uint64_t *ns)
{
	uint64_t whole, unit, part = 0, scale = 1;

	if (!strcmp(text, "inf")) {
		*ns = ACALL_FOREVER;
		return true;
	}
	if (!parse_digits(&text, &whole))
		return false;
	if (*text == '.') {
		if (text[1] < '0' || text[1] > '9')
			return false;
		/* Beyond nanoseconds digits mean nothing. */
		for (text++; *text >= '0' && *text <= '9'; text++) {
			if (scale < NSEC_PER_SEC) {
				part = part * 10 + (uint64_t)(*text - '0');
				scale *= 10;
			}
		}
	}
	if (!parse_time_unit(text, &unit) ||
	    __builtin_mul_overflow(whole, unit, ns))
		return false;
	/* part < scale <= 10^9 and unit < 2^42: seconds first, then the rest. */
	part = unit / scale * part + unit % scale * part / scale;
	return !__builtin_add_overflow(*ns, part, ns);
}

const char *format_bytes(char *buf, uint64_t bytes)
{
	static const char letters[] = "KMGTPE";
	uint64_t unit = 1024, tenths;
	unsigned int i = 0;

	if (bytes < 1024) {
		snprintf(buf, TEXT_LEN, "%" PRIu64 " B", bytes);
		return buf;
	}
	while (i < 5 && bytes / unit >= 1024) {
		unit *= 1024;
		i++;
	}
	tenths = bytes % unit;
	/* unit / 10 is exact enough: it is rounded to a tenth anyway. */
	tenths = bytes / unit * 10 + (tenths + unit / 20) / (unit / 10);
	if (tenths >= 10240 && i < 5) {
		tenths = 10;
		i++;
	}
	snprintf(buf, TEXT_LEN, "%" PRIu64 ".%" PRIu64 " %ciB", tenths / 10,
		 tenths % 10, letters[i]);
	return buf;
}

/* "2 m 5 s", or "2 m" */
static void format_two(char *buf, uint64_t value, uint64_t per,
		       const char *big, const char *small)
{
	int n = snprintf(buf, TEXT_LEN, "%" PRIu64 " %s", value / per, big);

	if (value % per)
		snprintf(buf + n, TEXT_LEN - (size_t)n, " %" PRIu64 " %s",
			 value % per, small);
}

const char *format_duration(char *buf, uint64_t ns)
{
	uint64_t s = ns / NSEC_PER_SEC;

	if (ns < 1000)
		snprintf(buf, TEXT_LEN, "%" PRIu64 " ns", ns);
	else if (ns < NSEC_PER_MSEC)
		snprintf(buf, TEXT_LEN, "%" PRIu64 " us", ns / 1000);
	else if (ns < NSEC_PER_SEC)
		snprintf(buf, TEXT_LEN, "%" PRIu64 " ms", ns / NSEC_PER_MSEC);
	else if (s < 10)
		snprintf(buf, TEXT_LEN, "%" PRIu64 ".%" PRIu64 " s", s,
			 ns % NSEC_PER_SEC / (NSEC_PER_SEC / 10));
	else if (s < 60)
		snprintf(buf, TEXT_LEN, "%" PRIu64 " s", s);
	else if (s < 3600)
		format_two(buf, s, 60, "m", "s");
	else
		format_two(buf, s / 60, 60, "h", "m");
	return buf;
}

const char *format_amount(char *buf, uint64_t value, uint32_t unit)
{
	if (unit == ACALL_UNIT_BYTES)
		return format_bytes(buf, value);
	snprintf(buf, TEXT_LEN, "%" PRIu64, value);
	return buf;
}

static bool is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c >= 0x80 ||
	       (c && strchr("%+,-./:=@_", c));
}

/*
 * Bytes of the printable character at @p, or 0. U+0080 to U+009F are controls
 * to a terminal, as are stray bytes to one that is not in UTF-8.
 */
static size_t printable(const unsigned char *p)
{
	size_t i, len;

	if (*p < 0x80)
		return *p >= 0x20 && *p != 0x7f;
	len = *p >= 0xf0 && *p <= 0xf4 ? 4 :
	      *p >= 0xe0 && *p < 0xf0 ? 3 :
	      *p >= 0xc2 && *p < 0xe0 ? 2 : 0;
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	return *p == 0xc2 && p[1] < 0xa0 ? 0 : len;
}

static char *quote_printable(char *word, const char *name)
{
	char *w = word;

	*w++ = '\'';
	for (; *name; name++) {
		if (*name == '\'')
			w = stpcpy(w, "'\\''");
		else
			*w++ = *name;
	}
	strcpy(w, "'");
	return word;
}

/* $'' is in POSIX since 2024, and long before in bash, zsh, ksh and busybox. */
static char *quote_controls(char *word, const unsigned char *p)
{
	char *w = stpcpy(word, "$'");
	size_t len;

	while (*p) {
		len = printable(p);
		if (!len) {
			w += sprintf(w, "\\%03o", *p++);
			continue;
		}
		if (*p == '\\' || *p == '\'')
			*w++ = '\\';
		memcpy(w, p, len);
		w += len;
		p += len;
	}
	strcpy(w, "'");
	return word;
}

char *shell_word(const char *name)
{
	const unsigned char *p = (const unsigned char *)name;
	char *word = xmalloc(4 * strlen(name) + 4);
	bool plain = *p;
	size_t len;

	while (*p) {
		len = printable(p);
		if (!len)
			return quote_controls(word,
					      (const unsigned char *)name);
		plain = plain && is_plain(*p);
		p += len;
	}
	return plain ? strcpy(word, name) : quote_printable(word, name);
}

char *shell_path(const char *name)
{
	char *path, *word;

	if (*name != '-')
		return shell_word(name);
	path = xmalloc(strlen(name) + 3);
	strcat(strcpy(path, "./"), name);
	word = shell_word(path);
	free(path);
	return word;
}
