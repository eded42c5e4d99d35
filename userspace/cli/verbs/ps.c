// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall ps: which calls there are, whose, and how far they are. Shows what LIST
 * says at one moment; changes nothing, and keeps no call alive.
 */
#include "cli.h"
#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
"Usage: acall ps [OPTION]... [ID]...\n"
"List calls, the oldest first: your own, and as root everybody's.\n"
"\n"
"  -m, --mine     only your own, also as root\n"
"  -v, --verbose  for each call a second line: since when it runs, who has asked\n"
"                 for a cancel, when the method last looked, deadline, files\n"
"  --json         one JSON object per call, times in ns of CLOCK_MONOTONIC\n"
"\n"
"STATE  queued      the method has not started\n"
"       running     it works\n"
"       cancelling  a cancel was asked for, and it has not stopped yet\n"
"       done        the result waits for the client to finish the call\n"
"       abandoned   the client has left, the method may still be working\n"
"       ending      nothing is left to do but to release its files\n"
"\n"
"Exit: 0 ok, 1 there is no call of such an ID, or it is not yours to see\n";

static bool mine, verbose;

static bool is_abandoned(const struct acall_list_record *r)
{
	return r->outcome == ACALL_OUTCOME_ABANDONED &&
	       !(r->flags & ACALL_LIST_ENDED);
}

static bool is_cancellable(const struct acall_list_record *r)
{
	return r->caps & ACALL_CAP_CANCEL &&
	       !(r->flags & ACALL_LIST_NO_CANCEL);
}

static const char *state_of(const struct acall_list_record *r)
{
	if (is_abandoned(r))
		return "abandoned";
	if (r->state == ACALL_STATE_DONE && r->flags & ACALL_LIST_CONSUMED)
		return "ending";
	return acall_state_name(r->state);
}

static void progress_of(char *buf, size_t len,
			const struct acall_list_record *r, uint32_t unit)
{
	char done[TEXT_LEN], total[TEXT_LEN];

	if (unit == ACALL_UNIT_NONE)
		snprintf(buf, len, "-");
	else if (!r->total)
		snprintf(buf, len, "%s", format_amount(done, r->progress, unit));
	else if (unit == ACALL_UNIT_BYTES)
		snprintf(buf, len, "%u%% of %s",
			 (unsigned int)((double)r->progress * 100 /
					(double)r->total),
			 format_amount(total, r->total, unit));
	else
		snprintf(buf, len, "%s of %s",
			 format_amount(done, r->progress, unit),
			 format_amount(total, r->total, unit));
}

static const char *user_of(char *buf, uint32_t uid)
{
	const struct passwd *user = getpwuid(uid);

	snprintf(buf, TEXT_LEN, "%.24s", user ? user->pw_name : "");
	if (!user)
		snprintf(buf, TEXT_LEN, "%" PRIu32, uid);
	return buf;
}

/* From @then to @now, which may be a little older. */
static const char *since(char *buf, uint64_t then, uint64_t now)
{
	return format_duration(buf, now > then ? now - then : 0);
}

static void print_cancel(const struct acall_list_record *r, uint64_t now)
{
	char buf[TEXT_LEN];

	if (!r->cancel_ns)
		return;
	printf(", cancel asked %s ago by %s", since(buf, r->cancel_ns, now),
	       acall_reason_name(r->reason));
	if (r->cancel_tgid)
		printf(" (pid %" PRId32 ")", r->cancel_tgid);
}

static void print_look(const struct acall_list_record *r, uint64_t now)
{
	char buf[TEXT_LEN];

	if (!r->start_ns || r->flags & ACALL_LIST_ENDED)
		return;
	if (r->look_ns)
		printf(", last looked for a cancel %s ago",
		       since(buf, r->look_ns, now));
	else if (r->caps & ACALL_CAP_CHUNKED)
		printf(", has not looked for a cancel yet");
}

static void print_details(const struct acall_list_record *r, uint64_t now)
{
	bool done = r->state == ACALL_STATE_DONE;
	char buf[TEXT_LEN];
	uint32_t i;

	printf("        %s for %s", done ? acall_outcome_name(r->outcome) :
					   acall_state_name(r->state),
	       since(buf, done ? r->end_ns : r->start_ns ? r->start_ns :
					     r->begin_ns, now));
	if (r->start_ns)
		printf(", queued %s", since(buf, r->begin_ns, r->start_ns));
	print_cancel(r, now);
	print_look(r, now);
	if (!done && r->deadline != UINT64_MAX)
		printf(", deadline %s%s", r->deadline > now ? "in " : "passed ",
		       r->deadline > now ? since(buf, now, r->deadline) :
					   since(buf, r->deadline, now));
	if (!done && r->deadline != UINT64_MAX && r->deadline <= now)
		printf(" ago");
	if (r->result & ACALL_RESULT_COMMITTED)
		printf(", committed");
	if (r->flags & ACALL_LIST_NO_CANCEL)
		printf(", not cancellable");
	if (!done && r->flags & ACALL_LIST_CONSUMED)
		printf(", its object is closed");
	for (i = 0; i < r->nr_files && i < ACALL_MAX_FILES; i++)
		printf(", file %" PRIu32 ":%" PRIu32 " inode %" PRIu64,
		       r->files[i].major, r->files[i].minor,
		       (uint64_t)r->files[i].ino);
	putchar('\n');
}

static int width_of_ids(const struct calls *calls)
{
	uint64_t most = 0;
	size_t i;

	for (i = 0; i < calls->nr; i++) {
		if (calls->record[i].call_id > most)
			most = calls->record[i].call_id;
	}
	return snprintf(NULL, 0, "%" PRIu64, most);
}

static void print_header(int width)
{
	printf("%*s %7s %-8s %-17s %-10s %-16s %s\n", width, "ID", "PID",
	       "USER", "METHOD", "STATE", "PROGRESS", "AGE");
}

static void print_row(const struct acall_list_record *r,
		      const struct acall_method_info *m, uint64_t now,
		      int width)
{
	char name[2 * ACALL_NAME_LEN + 2], progress[2 * TEXT_LEN + 8];
	char user[TEXT_LEN], pid[TEXT_LEN], age[TEXT_LEN];

	snprintf(name, sizeof(name), "%s.%s", r->interface, m->name);
	progress_of(progress, sizeof(progress), r, m->unit);
	/* A process of another pid namespace has no number here. */
	snprintf(pid, sizeof(pid), r->owner_tgid ? "%" PRId32 : "-",
		 r->owner_tgid);
	printf("%*" PRIu64 " %7s %-8s %-17s %-10s %-16s %s\n", width,
	       (uint64_t)r->call_id, pid, user_of(user, r->owner_uid), name,
	       state_of(r), progress, since(age, r->begin_ns, now));
	if (verbose)
		print_details(r, now);
}

static void json_files(struct json *j, const struct acall_list_record *r)
{
	char text[ACALL_MAX_FILES][3 * TEXT_LEN];
	const char *files[ACALL_MAX_FILES];
	uint32_t i;

	for (i = 0; i < r->nr_files && i < ACALL_MAX_FILES; i++) {
		snprintf(text[i], sizeof(text[i]),
			 "%" PRIu32 ":%" PRIu32 ":%" PRIu64, r->files[i].major,
			 r->files[i].minor, (uint64_t)r->files[i].ino);
		files[i] = text[i];
	}
	json_strings(j, "files", files, i);
}

static void json_time(struct json *j, const char *key, uint64_t ns)
{
	if (ns && ns != UINT64_MAX)
		json_number(j, key, ns);
}

static void print_json(const struct acall_list_record *r,
		       const struct acall_method_info *m, uint64_t now)
{
	char user[TEXT_LEN];
	struct json j;

	json_open(&j);
	json_number(&j, "call_id", r->call_id);
	json_signed(&j, "pid", r->owner_tgid);
	json_number(&j, "uid", r->owner_uid);
	json_string(&j, "user", user_of(user, r->owner_uid));
	json_string(&j, "interface", r->interface);
	json_string(&j, "method", m->name);
	json_string(&j, "state", acall_state_name(r->state));
	json_string(&j, "outcome", acall_outcome_name(r->outcome));
	json_signed(&j, "status", r->status);
	json_string(&j, "reason", acall_reason_name(r->reason));
	json_signed(&j, "cancel_pid", r->cancel_tgid);
	json_bool(&j, "abandoned", is_abandoned(r));
	json_bool(&j, "ended", r->flags & ACALL_LIST_ENDED);
	json_bool(&j, "consumed", r->flags & ACALL_LIST_CONSUMED);
	json_bool(&j, "cancellable", is_cancellable(r));
	json_bool(&j, "committed", r->result & ACALL_RESULT_COMMITTED);
	json_string(&j, "unit", acall_unit_name(m->unit));
	json_number(&j, "progress", r->progress);
	json_number(&j, "total", r->total);
	json_number(&j, "user_data", r->user_data);
	json_number(&j, "now_ns", now);
	json_time(&j, "begin_ns", r->begin_ns);
	json_time(&j, "start_ns", r->start_ns);
	json_time(&j, "cancel_ns", r->cancel_ns);
	json_time(&j, "look_ns", r->look_ns);
	json_time(&j, "end_ns", r->end_ns);
	json_time(&j, "deadline_ns", r->deadline);
	json_files(&j, r);
	json_close(&j);
}

static bool is_wanted(uint64_t id, const uint64_t *ids, bool *seen, int nr)
{
	bool wanted = !nr;

	for (; nr; nr--) {
		if (ids[nr - 1] == id) {
			seen[nr - 1] = true;
			wanted = true;
		}
	}
	return wanted;
}

static int print_calls(int device, const uint64_t *ids, bool *seen, int nr)
{
	uint64_t now = acall_after_ns(0);
	struct calls calls;
	int code, width;
	size_t i;

	code = calls_read(device, mine ? ACALL_LIST_OWN : 0, &calls);
	if (code)
		return code;
	width = width_of_ids(&calls);
	if (width < 2)
		width = 2;
	if (!options.json)
		print_header(width);
	for (i = 0; i < calls.nr; i++) {
		const struct acall_list_record *r = &calls.record[i];

		if (!is_wanted(r->call_id, ids, seen, nr))
			continue;
		if (options.json)
			print_json(r, calls_method(device, r), now);
		else
			print_row(r, calls_method(device, r), now, width);
	}
	free(calls.record);
	return EXIT_OK;
}

static int missing(uint64_t id)
{
	char buf[256];

	say_error(EXIT_FAILED, "%" PRIu64 ": %s", id,
		  acall_strerror(NULL, ACALL_OP_CANCEL_ID, -ESRCH, buf,
				 sizeof(buf)));
	return EXIT_FAILED;
}

int verb_ps(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "mine", no_argument, NULL, 'm' },
		{ "verbose", no_argument, NULL, 'v' },
		{ 0 }
	};
	int device, code, nr, c, i;
	uint64_t *ids;
	bool *seen;

	while ((c = next_option(argc, argv, "mv", longs, help)) != -1) {
		if (c == 'm')
			mine = true;
		else
			verbose = true;
	}
	nr = argc - optind;
	ids = xmalloc((size_t)nr * sizeof(*ids));
	seen = xmalloc((size_t)nr * sizeof(*seen));
	for (i = 0; i < nr; i++) {
		ids[i] = id_argument("the number of a call", argv[optind + i]);
		seen[i] = false;
	}
	device = acall_open_device();
	if (device < 0)
		return device_error(ACALL_OP_DEVICE, NULL, device);
	code = print_calls(device, ids, seen, nr);
	fflush(stdout);
	for (i = 0; i < nr && code != EXIT_NO_MODULE; i++) {
		if (!seen[i])
			code = exit_worse(code, missing(ids[i]));
	}
	close(device);
	free(ids);
	free(seen);
	return exit_worse(code, flush_output());
}
