/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of interfaces and methods (C1). Pure: no kernel API but strings, so that
 * the same file is compiled on the host for the fuzzers.
 */
#ifndef _ACALL_NAME_H
#define _ACALL_NAME_H

#include <linux/acall.h>
#include <linux/string.h>
#include <linux/types.h>

/* Is it [a-z][a-z0-9_.-]{0,30}? Looks at no more than ACALL_NAME_LEN bytes. */
static inline bool acall_name_valid(const char *name)
{
	size_t len = strnlen(name, ACALL_NAME_LEN);
	size_t i;

	if (!len || len == ACALL_NAME_LEN || name[0] < 'a' || name[0] > 'z')
		return false;
	for (i = 1; i < len; i++) {
		char c = name[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '_' && c != '.' && c != '-')
			return false;
	}
	return true;
}

/* How much of a name is the interface's: "NAME.nr" is an instance of it. */
static inline int acall_name_stem(const char *name)
{
	size_t len = strlen(name), digits = 0;

	while (digits < len && name[len - digits - 1] >= '0' &&
	       name[len - digits - 1] <= '9')
		digits++;
	if (digits && digits < len && name[len - digits - 1] == '.')
		return len - digits - 1;
	return len;
}

#endif /* _ACALL_NAME_H */
