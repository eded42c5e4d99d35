// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall methods: what there is, what can be cancelled, and how long a cancel
 * waits for it. Shows what INTERFACE_INFO and METHOD_INFO say, nothing else.
 */
#include "cli.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
"Usage: acall methods [OPTION]... [INTERFACE]...\n"
"List the interfaces that are registered and their methods.\n"
"\n"
"  --json  one JSON object per method\n"
"\n"
"CANCEL  can it be cancelled while it runs\n"
"STOPS   how: by signal, inside the kernel's own loops; between chunks of its\n"
"        work; by itself, where it waits; or if it agrees, since it is asked.\n"
"        What does not stop within the grace is abandoned: the caller is freed,\n"
"        the method may still run\n"
"GRACE   how long a cancel waits that gives no grace of its own\n"
"UNIT    what its progress counts\n"
"IN OUT  most bytes of input and output; FILES: how many files it takes\n"
"\n"
"An interface with (!) is one that you may not use. Without the module,\n"
"ACALL_ENGINE=threads has the interface file, which then stops between chunks.\n";

static const char *stops(uint32_t caps)
{
	bool killable = caps & ACALL_CAP_KILLABLE;
	bool chunked = caps & ACALL_CAP_CHUNKED;

	if (!(caps & ACALL_CAP_CANCEL))
		return "-";
	if (caps & ACALL_CAP_MAY_REFUSE)
		return "if it agrees";
	if (killable && chunked)
		return "signal, chunks";
	return killable ? "signal" : chunked ? "chunks" : "by itself";
}

static const char *unit_name(uint32_t unit)
{
	return unit == ACALL_UNIT_NONE ? "-" : acall_unit_name(unit);
}

static void print_json(int device, const struct acall_interface_info *i,
		       const struct acall_method_info *m)
{
	struct json j;

	json_open(&j);
	json_string(&j, "engine", acall_engine_name(acall_device_engine(device)));
	json_string(&j, "interface", i->name);
	json_number(&j, "version", i->version);
	json_bool(&j, "may_create", i->caps & ACALL_INTERFACE_MAY_CREATE);
	json_string(&j, "method", m->name);
	json_number(&j, "number", m->method);
	json_bool(&j, "cancellable", m->caps & ACALL_CAP_CANCEL);
	json_bool(&j, "killable", m->caps & ACALL_CAP_KILLABLE);
	json_bool(&j, "chunked", m->caps & ACALL_CAP_CHUNKED);
	json_bool(&j, "commits", m->caps & ACALL_CAP_COMMITS);
	json_bool(&j, "inline", m->caps & ACALL_CAP_INLINE);
	json_bool(&j, "short", m->caps & ACALL_CAP_SHORT);
	json_bool(&j, "custom", m->caps & ACALL_CAP_CUSTOM);
	json_bool(&j, "may_refuse", m->caps & ACALL_CAP_MAY_REFUSE);
	json_number(&j, "grace_ns", m->grace_ns);
	json_string(&j, "unit", acall_unit_name(m->unit));
	json_number(&j, "in_max", m->in_max);
	json_number(&j, "out_max", m->out_max);
	json_number(&j, "files_min", m->files_min);
	json_number(&j, "files_max", m->files_max);
	json_number(&j, "files_out", m->files_out);
	json_close(&j);
}

static void print_row(const struct acall_interface_info *i,
		      const struct acall_method_info *m)
{
	char grace[TEXT_LEN], files[TEXT_LEN], name[ACALL_NAME_LEN + 4];

	snprintf(name, sizeof(name), "%s%s", i->name,
		 i->caps & ACALL_INTERFACE_MAY_CREATE ? "" : "(!)");
	if (m->files_min == m->files_max)
		snprintf(files, sizeof(files), "%u", m->files_max);
	else
		snprintf(files, sizeof(files), "%u-%u", m->files_min,
			 m->files_max);
	if (m->grace_ns)
		format_duration(grace, m->grace_ns);
	else
		strcpy(grace, "none");
	printf("%-16s %-10s %-6s %-14s %-7s %-5s %6u %6u %5s\n", name, m->name,
	       m->caps & ACALL_CAP_CANCEL ? "yes" : "no", stops(m->caps),
	       m->caps & ACALL_CAP_CANCEL ? grace : "-", unit_name(m->unit),
	       m->in_max, m->out_max, files);
}

static int print_interface(int device, const struct acall_interface_info *i)
{
	struct acall_method_info m;
	uint32_t number;
	int err;

	for (number = 0; number < i->methods; number++) {
		err = acall_method_info(device, i->name, number, &m, sizeof(m));
		if (err == -EINVAL)	/* a number that is not in use */
			continue;
		if (err == -ENOENT)	/* it has gone meanwhile */
			return EXIT_OK;
		if (err)
			return device_error(ACALL_OP_LIST, i->name, err);
		if (options.json)
			print_json(device, i, &m);
		else
			print_row(i, &m);
	}
	return EXIT_OK;
}

static bool is_wanted(const char *name, char **names, bool *seen, int nr)
{
	bool wanted = !nr;

	for (; nr; nr--) {
		if (!strcmp(name, names[nr - 1])) {
			seen[nr - 1] = true;
			wanted = true;
		}
	}
	return wanted;
}

static int list(int device, char **names, bool *seen, int nr)
{
	struct acall_interface_info info;
	unsigned int interfaces = 0;
	uint64_t cursor = 0;
	int code = EXIT_OK, err;

	if (!options.json && acall_device_engine(device) == ACALL_ENGINE_THREADS)
		puts("Engine: threads of this process (ACALL_ENGINE), not the module");
	if (!options.json)
		printf("%-16s %-10s %-6s %-14s %-7s %-5s %6s %6s %5s\n",
		       "INTERFACE", "METHOD", "CANCEL", "STOPS", "GRACE",
		       "UNIT", "IN", "OUT", "FILES");
	while (!(err = acall_next_interface(device, &cursor, &info,
					    sizeof(info)))) {
		interfaces++;
		if (!is_wanted(info.name, names, seen, nr))
			continue;
		code = exit_worse(code, print_interface(device, &info));
	}
	if (err != -ENOENT)
		return device_error(ACALL_OP_LIST, NULL, err);
	if (!interfaces)
		say("no module offers an interface; for files: modprobe acall_file");
	return code;
}

int verb_methods(int argc, char **argv)
{
	static const struct option longs[] = { { 0 } };
	int device, code, nr, i;
	bool *seen;

	while (next_option(argc, argv, "", longs, help) != -1)
		;
	nr = argc - optind;
	device = acall_open_device();
	if (device < 0)
		return device_error(ACALL_OP_DEVICE, NULL, device);
	seen = xmalloc((size_t)nr * sizeof(*seen));
	memset(seen, 0, (size_t)nr * sizeof(*seen));
	code = list(device, argv + optind, seen, nr);
	fflush(stdout);
	for (i = 0; i < nr; i++) {
		if (!seen[i])
			code = exit_worse(code,
					  device_error(ACALL_OP_LIST,
						       argv[optind + i],
						       -ENOENT));
	}
	close(device);
	return exit_worse(code, flush_output());
}
