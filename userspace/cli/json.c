// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Writes JSON objects, one a line, each with the member "command".
 *
 * File names are bytes, JSON is Unicode. A byte that is not part of well-formed
 * UTF-8 becomes the lone surrogate U+DC00 + byte, as Python's surrogateescape
 * does, so that a name survives the way there and back. All else that is not
 * printable ASCII or UTF-8 is escaped. A line is flushed when it is complete:
 * whoever reads them sees results as they come.
 */
#include "cli.h"
#include <inttypes.h>

/* Length of the well-formed UTF-8 sequence at @p (RFC 3629), or 0. */
static unsigned int utf8_length(const unsigned char *p)
{
	unsigned int i, len;

	if (*p < 0x80)
		return 1;
	len = *p >= 0xc2 && *p <= 0xdf ? 2 : (*p & 0xf0) == 0xe0 ? 3 :
	      *p >= 0xf0 && *p <= 0xf4 ? 4 : 0;
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	/* Overlong forms, surrogates, and what is beyond U+10FFFF. */
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) ||
	    (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

static void put_string(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	unsigned int len;

	putchar('"');
	while (*p) {
		len = utf8_length(p);
		if (!len)
			printf("\\udc%02x", *p++);
		else if (*p < 0x20 || *p == 0x7f)
			printf("\\u%04x", *p++);
		else if (*p == '"' || *p == '\\')
			printf("\\%c", *p++);
		else
			for (; len; len--)
				putchar(*p++);
	}
	putchar('"');
}

static void put_key(struct json *j, const char *key)
{
	fputs(j->any ? "," : "{", stdout);
	j->any = true;
	put_string(key);
	putchar(':');
}

void json_open(struct json *j)
{
	j->any = false;
	json_string(j, "command", verb_name);
}

void json_string(struct json *j, const char *key, const char *value)
{
	put_key(j, key);
	put_string(value);
}

void json_number(struct json *j, const char *key, uint64_t value)
{
	put_key(j, key);
	printf("%" PRIu64, value);
}

void json_signed(struct json *j, const char *key, int64_t value)
{
	put_key(j, key);
	printf("%" PRId64, value);
}

void json_bool(struct json *j, const char *key, bool value)
{
	put_key(j, key);
	fputs(value ? "true" : "false", stdout);
}

void json_hex(struct json *j, const char *key, const void *data, size_t len)
{
	put_key(j, key);
	putchar('"');
	print_hex(data, len);
	putchar('"');
}

void json_strings(struct json *j, const char *key, const char *const *values,
		  size_t nr)
{
	size_t i;

	put_key(j, key);
	putchar('[');
	for (i = 0; i < nr; i++) {
		if (i)
			putchar(',');
		put_string(values[i]);
	}
	putchar(']');
}

void json_close(struct json *j)
{
	j->any = false;
	puts("}");
	fflush(stdout);
}

void print_hex(const void *data, size_t len)
{
	const unsigned char *p = data;

	for (; len; len--)
		printf("%02x", *p++);
}
