// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall ps: which calls there are, whose, and how far they are; all, or some by
 * their number, or those that work on a file or a file system. Shows what LIST says
 * at one moment; changes nothing, and keeps no call alive.
 */
#include "cli.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
"Usage: acall ps [OPTION]... [ID | PATH]...\n"
"List calls, the oldest first: your own, and as root everybody's. Of a PATH those\n"
"that work on that file; of a mount point, or where a server does not answer,\n"
"those on its whole file system. A name like a number is ./NAME.\n"
"\n"
"  -m, --mine      only your own, also as root\n"
"  -v, --verbose   for each call a sentence: since when it runs and on what, who\n"
"                  has asked for a cancel, when the method last looked, its files\n"
"  --timeout=TIME  how long to wait for a PATH's server (2s)\n"
"  --json          one JSON object per call, times in ns of CLOCK_MONOTONIC\n"
"\n"
"STATE  queued      the method has not started\n"
"       running     it works\n"
"       cancelling  a cancel was asked for, and it has not stopped yet\n"
"       done        the result waits for the client to finish the call\n"
"       abandoned   the client has left, the method may still be working\n"
"       ending      nothing is left to do but to release its files\n"
"\n"
"Exit: 0 ok, 1 there is no such call, or it is not yours to see\n";

static bool mine, verbose;

/* What was asked for. */
struct wish {
	const char *text;
	uint64_t id;		/* 0 = those at a place */
	struct place place;
	bool met;
};

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
	char name[CALL_NAME_LEN], progress[CALL_NAME_LEN];
	char user[TEXT_LEN], pid[TEXT_LEN], age[TEXT_LEN];

	/* A process of another pid namespace has no number here. */
	snprintf(pid, sizeof(pid), r->owner_tgid ? "%" PRId32 : "-",
		 r->owner_tgid);
	printf("%*" PRIu64 " %7s %-8s %-17s %-10s %-16s %s\n", width,
	       (uint64_t)r->call_id, pid, call_user(user, r->owner_uid),
	       call_name(name, r, m), call_state(r),
	       call_progress(progress, r, m->unit),
	       since(age, r->begin_ns, now));
	if (!verbose)
		return;
	printf("        ");
	call_sentence(stdout, r, now);
	putchar('\n');
}

static void json_files(struct json *j, const struct acall_list_record *r)
{
	char text[ACALL_MAX_FILES][3 * TEXT_LEN];
	const char *files[ACALL_MAX_FILES];
	char place[3 * TEXT_LEN];
	uint32_t i;

	for (i = 0; i < r->nr_files && i < ACALL_MAX_FILES; i++) {
		snprintf(text[i], sizeof(text[i]),
			 "%" PRIu32 ":%" PRIu32 ":%" PRIu64, r->files[i].major,
			 r->files[i].minor, (uint64_t)r->files[i].ino);
		files[i] = text[i];
	}
	json_strings(j, "files", files, i);
	snprintf(place, sizeof(place), "%" PRIu32 ":%" PRIu32 ":%" PRIu64,
		 r->place.major, r->place.minor, (uint64_t)r->place.ino);
	if (r->place.major || r->place.minor)
		json_string(j, "place", place);
}

static void json_time(struct json *j, const char *key, uint64_t ns)
{
	if (ns && ns != UINT64_MAX)
		json_number(j, key, ns);
}

static void print_json(const struct acall_list_record *r,
		       const struct acall_method_info *m, uint64_t now)
{
	char user[TEXT_LEN], worker[CALL_NAME_LEN];
	struct json j;

	json_open(&j);
	json_number(&j, "call_id", r->call_id);
	json_signed(&j, "pid", r->owner_tgid);
	json_number(&j, "uid", r->owner_uid);
	json_string(&j, "user", call_user(user, r->owner_uid));
	json_string(&j, "interface", r->interface);
	json_string(&j, "method", m->name);
	json_string(&j, "state", acall_state_name(r->state));
	json_string(&j, "outcome", acall_outcome_name(r->outcome));
	json_signed(&j, "status", r->status);
	json_string(&j, "reason", acall_reason_name(r->reason));
	json_signed(&j, "cancel_pid", r->cancel_tgid);
	json_bool(&j, "abandoned", call_is_abandoned(r));
	json_bool(&j, "ended", r->flags & ACALL_LIST_ENDED);
	json_bool(&j, "consumed", r->flags & ACALL_LIST_CONSUMED);
	json_bool(&j, "cancellable", call_is_cancellable(r));
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
	if (r->worker_pid > 0) {
		json_signed(&j, "worker_pid", r->worker_pid);
		json_string(&j, "worker", call_worker(worker, r));
	}
	json_files(&j, r);
	json_close(&j);
}

static bool is_wanted(const struct acall_list_record *r, struct wish *wishes,
		      int nr)
{
	bool wanted = !nr;

	for (; nr; nr--) {
		struct wish *w = &wishes[nr - 1];

		if (w->id ? w->id != r->call_id : !place_has(&w->place, r))
			continue;
		w->met = true;
		wanted = true;
	}
	return wanted;
}

static int print_calls(int device, struct wish *wishes, int nr)
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

		if (!is_wanted(r, wishes, nr))
			continue;
		if (options.json)
			print_json(r, calls_method(device, r), now);
		else
			print_row(r, calls_method(device, r), now, width);
	}
	free(calls.record);
	return EXIT_OK;
}

static int missing(const struct wish *w)
{
	char buf[256];
	char *word;

	if (w->id) {
		say_error(EXIT_FAILED, "%" PRIu64 ": %s", w->id,
			  acall_strerror(NULL, ACALL_OP_CANCEL_ID, -ESRCH, buf,
					 sizeof(buf)));
		return EXIT_FAILED;
	}
	word = shell_word(w->text);
	say_error(EXIT_FAILED, "%s: no call works on it%s", word,
		  geteuid() || mine ? ", or none that is yours" : "");
	free(word);
	return EXIT_FAILED;
}

/* What begins with a digit is a number: no file system is asked about it. */
static void parse(struct wish *w, const char *text)
{
	*w = (struct wish) { .text = text };
	if (!*text || (*text >= '0' && *text <= '9'))
		w->id = id_argument("the number of a call, nor a path (then ./NAME)",
				    text);
}

int verb_ps(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "mine", no_argument, NULL, 'm' },
		{ "verbose", no_argument, NULL, 'v' },
		{ 0 }
	};
	int device, code = EXIT_OK, nr, c, i;
	struct wish *wishes;

	while ((c = next_option(argc, argv, "mv", longs, help)) != -1) {
		if (c == 'm')
			mine = true;
		else
			verbose = true;
	}
	nr = argc - optind;
	wishes = xmalloc((size_t)nr * sizeof(*wishes));
	for (i = 0; i < nr; i++)
		parse(&wishes[i], argv[optind + i]);
	device = acall_open_device();
	if (device < 0)
		return device_error(ACALL_OP_DEVICE, NULL, device);
	if (acall_device_engine(device) == ACALL_ENGINE_THREADS)
		say("the engine is threads: it knows this process's own calls and no others");
	for (i = 0; i < nr; i++) {
		if (wishes[i].id || !place_find(wishes[i].text, &wishes[i].place))
			continue;
		/* It has been said what is wrong with it. */
		wishes[i].met = true;
		code = EXIT_FAILED;
	}
	code = exit_worse(code, print_calls(device, wishes, nr));
	fflush(stdout);
	for (i = 0; i < nr && code != EXIT_NO_MODULE; i++) {
		if (!wishes[i].met)
			code = exit_worse(code, missing(&wishes[i]));
	}
	close(device);
	free(wishes);
	return exit_worse(code, flush_output());
}
