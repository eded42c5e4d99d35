// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A mount that hangs: does its server answer, which calls hold it, what will become
 * of them, and what to do next. Asks in a child that can be left behind, and
 * changes nothing.
 *
 * Only calls of this module are seen; others that wait for the same server are
 * fuser's business. No state.
 */
#include "cli.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define ANSWER_WITHIN	(2 * NSEC_PER_SEC)

static int ask_server(void *path)
{
	struct statvfs st;

	return statvfs(*(const char **)path, &st) ? -errno : 0;
}

/* Return: 0, an errno that it answers with, or -1: no answer in time. */
static int answer_of(const char *path)
{
	int error = guarded(ask_server, &path, sizeof(path),
			    options.timeout_ns == ACALL_FOREVER ?
			    ANSWER_WITHIN : options.timeout_ns);

	return file_timed_out(error) ? -1 : -error;
}

struct found {
	size_t running;		/* that can be cancelled */
	size_t stubborn;	/* and that cannot */
	size_t abandoned;
	char *cancel;		/* numbers of those for acall cancel */
	char *wait;		/* and of those for acall wait */
};

static void add_id(char **list, uint64_t id)
{
	char *old = *list;

	*list = xprintf("%s %" PRIu64, old ? old : "", id);
	free(old);
}

static void sort_in(struct found *f, const struct acall_list_record *r)
{
	if (r->state == ACALL_STATE_DONE) {
		f->abandoned++;
		add_id(&f->wait, r->call_id);
	} else if (r->state == ACALL_STATE_QUEUED || call_is_cancellable(r)) {
		f->running++;
		add_id(&f->cancel, r->call_id);
	} else {
		f->stubborn++;
		add_id(&f->wait, r->call_id);
	}
}

static void print_call(const struct acall_list_record *r,
		       const struct acall_method_info *m, uint64_t now)
{
	char name[CALL_NAME_LEN], user[TEXT_LEN];

	printf("  %" PRIu64 " %s of %s", (uint64_t)r->call_id,
	       call_name(name, r, m), call_user(user, r->owner_uid));
	if (r->owner_tgid)
		printf(" (pid %" PRId32 ")", r->owner_tgid);
	printf(": ");
	call_sentence(stdout, r, now);
	putchar('\n');
}

static void print_call_json(const struct acall_list_record *r,
			    const struct acall_method_info *m)
{
	struct json j;

	json_open(&j);
	json_number(&j, "call_id", r->call_id);
	json_signed(&j, "pid", r->owner_tgid);
	json_string(&j, "interface", r->interface);
	json_string(&j, "method", m->name);
	json_string(&j, "state", acall_state_name(r->state));
	json_bool(&j, "abandoned", call_is_abandoned(r));
	json_bool(&j, "cancellable", call_is_cancellable(r));
	json_close(&j);
}

/* What ends requests of a server that does not come back. */
static void advise_on_server(const struct place *place, const char *word)
{
	if (place->type && !strncmp(place->type, "fuse", 4))
		printf("  make its requests fail: echo 1 >%s/%u/abort\n",
		       "/sys/fs/fuse/connections", place->minor);
	else if (place->type && !strncmp(place->type, "nfs", 3))
		printf("  make its requests fail: umount -f %s\n", word);
	printf("  take it out of sight: umount -l %s (what holds it goes on holding it)\n",
	       word);
}

static void advise(const struct place *place, const struct found *f,
		   const char *word, int answer)
{
	if (!f->running && !f->stubborn && !f->abandoned && answer >= 0)
		return;
	printf("next:\n");
	if (f->running)
		printf("  stop what can be stopped: acall cancel%s\n",
		       f->cancel);
	if (answer < 0)
		advise_on_server(place, word);
	if (f->wait)
		printf("  the others end when it answers, or fails: acall wait --settled%s\n",
		       f->wait);
	if (!f->running && !f->wait)
		printf("  others than calls may hold it: fuser -vm %s\n", word);
}

static void print_answer(const struct place *place, const char *word,
			 int answer)
{
	char *source = place->source ? shell_word(place->source) : NULL;

	printf("%s", word);
	if (source)
		printf(" (%s, %s, %u:%u)", place->type, source, place->major,
		       place->minor);
	if (answer < 0)
		printf(": does not answer");
	else if (answer)
		printf(": answers with an error: %s", strerror(answer));
	else
		printf(": answers");
	putchar('\n');
	free(source);
}

static void print_summary(const struct place *place, const char *path,
			  const struct found *f, int answer, int code)
{
	struct json j;

	json_open(&j);
	json_string(&j, "path", path);
	json_signed(&j, "exit", code);
	json_bool(&j, "answers", answer >= 0);
	if (answer > 0)
		json_string(&j, "error", strerror(answer));
	if (place->type)
		json_string(&j, "type", place->type);
	json_number(&j, "running", f->running + f->stubborn);
	json_number(&j, "abandoned", f->abandoned);
	json_close(&j);
}

static int print_calls(int device, const struct place *place, struct found *f)
{
	uint64_t now = acall_after_ns(0);
	struct calls calls;
	int code;
	size_t i;

	code = calls_read(device, 0, &calls);
	for (i = 0; !code && i < calls.nr; i++) {
		const struct acall_list_record *r = &calls.record[i];

		if (!place_has(place, r))
			continue;
		sort_in(f, r);
		if (options.json)
			print_call_json(r, calls_method(device, r));
		else
			print_call(r, calls_method(device, r), now);
	}
	free(calls.record);
	return code;
}

int doctor_mount(const char *path)
{
	struct found f = { 0 };
	struct place place;
	int device, answer, code;
	char *word;

	device = acall_open_device();
	if (device < 0)
		return device_error(ACALL_OP_DEVICE, NULL, device);
	code = place_find(path, &place);
	if (code) {
		close(device);
		return code;
	}
	/* A path on it stands for the mount: that is what hangs. */
	place.whole = true;
	answer = answer_of(place.point ? place.point : path);
	word = shell_word(place.point ? place.point : path);
	if (!options.json)
		print_answer(&place, word, answer);
	code = print_calls(device, &place, &f);
	if (!code && (answer || f.running || f.stubborn || f.abandoned))
		code = EXIT_FAILED;
	if (options.json)
		print_summary(&place, path, &f, answer, code);
	else
		advise(&place, &f, word, answer);
	if (!options.json && !f.running && !f.stubborn && !f.abandoned)
		printf("no call holds it%s\n", geteuid() ?
		       ", of those that are yours; root sees everybody's" : "");
	free(f.cancel);
	free(f.wait);
	free(word);
	close(device);
	return exit_worse(code, flush_output());
}
