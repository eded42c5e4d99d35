// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Everybody's calls, for the verbs that look at them: read page by page and
 * sorted by age, and the methods that they are of.
 *
 * What is read is a picture of a moment: a call may have ended, and its
 * interface gone, before anybody looks at the next line. Owns the table of the
 * methods that were asked for.
 */
#include "cli.h"
#include <stdlib.h>
#include <string.h>

#define PAGE	64

static int older(const void *a, const void *b)
{
	const struct acall_list_record *x = a, *y = b;

	if (x->begin_ns != y->begin_ns)
		return x->begin_ns < y->begin_ns ? -1 : 1;
	return x->call_id < y->call_id ? -1 : x->call_id > y->call_id;
}

int calls_read(int device, unsigned int flags, struct calls *calls)
{
	const size_t size = sizeof(*calls->record);
	uint64_t cursor = 0;
	int nr;

	calls->record = NULL;
	calls->nr = 0;
	do {
		calls->record = xrealloc(calls->record,
					 (calls->nr + PAGE) * size);
		nr = acall_list(device, flags, &cursor,
				calls->record + calls->nr, size, PAGE);
		if (nr < 0)
			return device_error(ACALL_OP_CALLS, NULL, nr);
		calls->nr += (size_t)nr;
	} while (nr);
	qsort(calls->record, calls->nr, size, older);
	return EXIT_OK;
}

/* Private interfaces are not listed, and others may have gone. */
static void look_up(int device, const struct acall_list_record *r,
		    struct acall_method_info *info)
{
	if (!acall_method_info(device, r->interface, r->method, info,
			       sizeof(*info)))
		return;
	memset(info, 0, sizeof(*info));
	memcpy(info->interface, r->interface, sizeof(info->interface));
	info->method = r->method;
	info->caps = r->caps;
	info->unit = r->total || r->progress ? ACALL_UNIT_ITEMS :
					       ACALL_UNIT_NONE;
	snprintf(info->name, sizeof(info->name), "%u", r->method);
}

const struct acall_method_info *
calls_method(int device, const struct acall_list_record *r)
{
	static struct acall_method_info *known;
	static size_t nr;
	size_t i;

	for (i = 0; i < nr; i++) {
		if (known[i].method == r->method &&
		    !strcmp(known[i].interface, r->interface))
			return &known[i];
	}
	known = xrealloc(known, (nr + 1) * sizeof(*known));
	look_up(device, r, &known[nr]);
	return &known[nr++];
}
