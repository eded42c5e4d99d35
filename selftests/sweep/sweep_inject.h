/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Having the kernel fail allocations and copies of this task, wherever one of our
 * modules is in the stack, so that only our own operations are meant: the N-th,
 * by /proc/self/fail-nth, and if that is asked for all later ones, by
 * /proc/self/make-it-fail.
 *
 * The settings in debugfs are the machine's: one such program at a time.
 */
#ifndef _SELFTESTS_SWEEP_INJECT_H
#define _SELFTESTS_SWEEP_INJECT_H

#include "acall_more.h"

#include <stdarg.h>

#define DEBUGFS		"/sys/kernel/debug/"
#define NOT_INJECTED	1000000	/* more than any path has points */

/* What may be made to fail. */
enum kind {
	KIND_SLAB,
	KIND_PAGE,
	KIND_USERCOPY,
	NR_KINDS,
};

static const char * const kind_names[NR_KINDS] = {
	"slab", "page", "usercopy",
};

static const char * const kind_dirs[NR_KINDS] = {
	"failslab", "fail_page_alloc", "fail_usercopy",
};

/* What a kernel lacks for this, or NULL. */
static inline const char *inject_missing(void)
{
	char path[80];
	int i;

	if (access("/proc/self/fail-nth", W_OK) ||
	    access("/proc/self/make-it-fail", W_OK))
		return "no fault injection (/proc/self/fail-nth)";
	for (i = 0; i < NR_KINDS; i++) {
		snprintf(path, sizeof(path), DEBUGFS "%s", kind_dirs[i]);
		if (access(path, F_OK))
			return "no failslab, fail_page_alloc or fail_usercopy";
	}
	if (access(DEBUGFS "failslab/require-start", F_OK))
		return "no filter by stack trace for fault injection";
	return NULL;
}

static inline int inject_set(enum kind kind, const char *name,
			     const char *format, ...)
{
	char path[96], text[32];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	snprintf(path, sizeof(path), DEBUGFS "%s/%s", kind_dirs[kind], name);
	return write_file(path, text);
}

/* Where our modules are. */
static inline int inject_range(unsigned long *start, unsigned long *end)
{
	FILE *f = fopen("/proc/modules", "re");
	char name[64], line[512];
	unsigned long size, at;

	*start = ~0UL;
	*end = 0;
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %lu %*s %*s %*s %lx", name, &size,
			   &at) != 3 || strncmp(name, "acall", 5))
			continue;
		if (at < *start)
			*start = at;
		if (at + size > *end)
			*end = at + size;
	}
	if (f)
		fclose(f);
	return *end && *start ? 0 : -ENOENT;
}

/*
 * What kmemleak allocates for itself with each of our allocations is left out: it
 * has a reserve, and is not ours. Its entries are side by side. Looked up once,
 * before any test: to read all symbols takes longer than most tests.
 */
static unsigned long left_out_start, left_out_end;

static inline void inject_look_up(void)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	bool inside = false, found = false;
	char line[512], symbol[256];
	unsigned long at;

	while (f && !left_out_end && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx %*c %255s", &at, symbol) != 2)
			continue;
		if (strncmp(symbol, "kmemleak_", 9)) {
			inside = false;
			if (found)
				left_out_end = at;
			continue;
		}
		if (!inside)
			left_out_start = at;
		inside = true;
		found |= !strcmp(symbol, "kmemleak_alloc");
	}
	if (f)
		fclose(f);
	if (!left_out_end)
		left_out_start = 0;
}

/* Sets all up, with nothing injected yet. */
static inline int inject_open(void)
{
	int kind, ret = 0;

	for (kind = 0; kind < NR_KINDS && !ret; kind++)
		ret = inject_set(kind, "probability", "0") ?:
		      inject_set(kind, "verbose", "0") ?:
		      inject_set(kind, "interval", "1") ?:
		      inject_set(kind, "times", "-1") ?:
		      inject_set(kind, "space", "0") ?:
		      inject_set(kind, "task-filter", "Y") ?:
		      inject_set(kind, "stacktrace-depth", "32") ?:
		      inject_set(kind, "reject-start", "0x%lx",
				 left_out_start) ?:
		      inject_set(kind, "reject-end", "0x%lx",
				 left_out_end) ?:
		      inject_set(kind, "require-start", "1") ?:
		      inject_set(kind, "require-end", "1");
	/* Ours may sleep, and go to high memory. */
	return ret ?: inject_set(KIND_SLAB, "ignore-gfp-wait", "N") ?:
	       inject_set(KIND_PAGE, "ignore-gfp-wait", "N") ?:
	       inject_set(KIND_PAGE, "ignore-gfp-highmem", "N") ?:
	       inject_set(KIND_PAGE, "min-order", "0");
}

/* Only failures of these kinds (bits) from now on; their chance is @percent. */
static inline int inject_kinds(unsigned int kinds, unsigned int percent)
{
	unsigned long start, end;
	int kind, ret = inject_range(&start, &end);

	for (kind = 0; kind < NR_KINDS && !ret; kind++) {
		bool on = kinds & 1U << kind;

		ret = inject_set(kind, "require-start", "0x%lx",
				 on ? start : 1) ?:
		      inject_set(kind, "require-end", "0x%lx", on ? end : 1) ?:
		      inject_set(kind, "probability", "%u", on ? percent : 0);
	}
	return ret;
}

/* Every task, not only this one: also workers. */
static inline int inject_everybody(bool on)
{
	int kind, ret = 0;

	for (kind = 0; kind < NR_KINDS && !ret; kind++)
		ret = inject_set(kind, "task-filter", on ? "N" : "Y");
	return ret;
}

static inline void inject_close(void)
{
	inject_kinds(0, 0);
	inject_everybody(false);
}

struct injector {
	int nth;
	int make;
};

static inline int injector_open(struct injector *in)
{
	in->nth = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	in->make = open("/proc/self/make-it-fail", O_RDWR | O_CLOEXEC);
	return in->nth < 0 || in->make < 0 ? -errno : 0;
}

/* None of our modules is in the stack of these writes. */
static inline int injector_arm(struct injector *in, unsigned int nth,
			       bool later)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%u", nth);

	if (later && pwrite(in->make, "1", 1, 0) != 1)
		return -errno;
	return pwrite(in->nth, text, n, 0) == n ? 0 : -errno;
}

/* Return: how many more it would have taken, 0 = there was a failure. */
static inline int injector_disarm(struct injector *in)
{
	char text[16] = "";

	if (pread(in->nth, text, sizeof(text) - 1, 0) <= 0 ||
	    pwrite(in->nth, "0", 1, 0) != 1 ||
	    pwrite(in->make, "0", 1, 0) != 1)
		return -errno;
	return atoi(text);
}

#endif /* _SELFTESTS_SWEEP_INJECT_H */
