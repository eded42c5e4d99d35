// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * One call that LIST shows, in words, for the verbs that look at calls: columns of
 * a table, and a sentence that says what is going on with it.
 *
 * A call is a picture of a moment, and its worker may have gone on to other things
 * when its name is read: then the name is a wrong one, or none. Owns the table of
 * mounts, read once, of which nothing but names are taken.
 */
#include "cli.h"
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool call_is_abandoned(const struct acall_list_record *r)
{
	return r->outcome == ACALL_OUTCOME_ABANDONED &&
	       !(r->flags & ACALL_LIST_ENDED);
}

bool call_is_cancellable(const struct acall_list_record *r)
{
	return r->caps & ACALL_CAP_CANCEL &&
	       !(r->flags & ACALL_LIST_NO_CANCEL);
}

const char *call_state(const struct acall_list_record *r)
{
	if (call_is_abandoned(r))
		return "abandoned";
	if (r->state == ACALL_STATE_DONE && r->flags & ACALL_LIST_CONSUMED)
		return "ending";
	return acall_state_name(r->state);
}

const char *call_name(char *buf, const struct acall_list_record *r,
		      const struct acall_method_info *m)
{
	snprintf(buf, CALL_NAME_LEN, "%s.%s", r->interface, m->name);
	return buf;
}

const char *call_progress(char *buf, const struct acall_list_record *r,
			  uint32_t unit)
{
	char done[TEXT_LEN], total[TEXT_LEN];

	if (unit == ACALL_UNIT_NONE)
		strcpy(buf, "-");
	else if (!r->total)
		format_amount(buf, r->progress, unit);
	else if (unit == ACALL_UNIT_BYTES)
		snprintf(buf, CALL_NAME_LEN, "%u%% of %s",
			 (unsigned int)((double)r->progress * 100 /
					(double)r->total),
			 format_amount(total, r->total, unit));
	else
		snprintf(buf, CALL_NAME_LEN, "%s of %s",
			 format_amount(done, r->progress, unit),
			 format_amount(total, r->total, unit));
	return buf;
}

const char *call_user(char *buf, uint32_t uid)
{
	const struct passwd *user = getpwuid(uid);

	snprintf(buf, TEXT_LEN, "%.24s", user ? user->pw_name : "");
	if (!user)
		snprintf(buf, TEXT_LEN, "%" PRIu32, uid);
	return buf;
}

const char *call_worker(char *buf, const struct acall_list_record *r)
{
	char path[64];
	ssize_t n = -1;
	int fd;

	*buf = '\0';
	if (r->worker_pid <= 0)
		return buf;
	snprintf(path, sizeof(path), "/proc/%" PRId32 "/comm", r->worker_pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, buf, CALL_NAME_LEN - 1);
		close(fd);
	}
	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return buf;
}

/* From @then to @now, which may be a little older. */
const char *since(char *buf, uint64_t then, uint64_t now)
{
	return format_duration(buf, now > then ? now - then : 0);
}

static void say_worker(FILE *to, const struct acall_list_record *r)
{
	char name[CALL_NAME_LEN];

	if (r->worker_pid <= 0)
		return;
	call_worker(name, r);
	if (*name)
		fprintf(to, " on %s", name);
	fprintf(to, "%s(pid %" PRId32 ")", *name ? " " : " on a worker ",
		r->worker_pid);
}

static void say_cancel(FILE *to, const struct acall_list_record *r,
		       uint64_t now)
{
	char buf[TEXT_LEN];

	if (!r->cancel_ns)
		return;
	fprintf(to, ", cancel asked %s ago by %s", since(buf, r->cancel_ns, now),
		acall_reason_name(r->reason));
	if (r->cancel_tgid)
		fprintf(to, " (pid %" PRId32 ")", r->cancel_tgid);
}

/* A method that looks now and then is well; one that has not for long is stuck. */
static void say_look(FILE *to, const struct acall_list_record *r, uint64_t now)
{
	bool late;
	char buf[TEXT_LEN];

	if (!r->start_ns || r->flags & ACALL_LIST_ENDED)
		return;
	late = r->look_ns < r->cancel_ns || r->look_ns + NSEC_PER_SEC < now;
	if (r->look_ns && late)
		fprintf(to, ", method has not looked for a cancel for %s",
			since(buf, r->look_ns, now));
	else if (r->look_ns)
		fprintf(to, ", method has looked for a cancel %s ago",
			since(buf, r->look_ns, now));
	else if (r->caps & ACALL_CAP_CHUNKED)
		fprintf(to, ", method has not looked for a cancel yet");
}

static void say_deadline(FILE *to, const struct acall_list_record *r,
			 uint64_t now)
{
	char buf[TEXT_LEN];

	if (r->state == ACALL_STATE_DONE || r->deadline == UINT64_MAX)
		return;
	if (r->deadline > now)
		fprintf(to, ", deadline in %s", since(buf, now, r->deadline));
	else
		fprintf(to, ", deadline passed %s ago",
			since(buf, r->deadline, now));
}

/* Where one of the file system's mounts is, or NULL. */
static const char *mount_point(const struct acall_list_file *file)
{
	static struct mounts mounts;
	static bool read;
	size_t i;

	if (!read)
		mounts_read(&mounts);
	read = true;
	for (i = 0; i < mounts.nr; i++) {
		const struct mount *m = &mounts.mount[i];

		if (m->major == file->major && m->minor == file->minor &&
		    mount_is_visible(&mounts, m))
			return m->point;
	}
	return NULL;
}

static void say_file(FILE *to, const char *what,
		     const struct acall_list_file *file)
{
	const char *point = mount_point(file);
	char *word;

	fprintf(to, ", %s %" PRIu32 ":%" PRIu32 " inode %" PRIu64, what,
		file->major, file->minor, (uint64_t)file->ino);
	if (!point)
		return;
	word = shell_word(point);
	fprintf(to, " on %s", word);
	free(word);
}

void call_sentence(FILE *to, const struct acall_list_record *r, uint64_t now)
{
	bool done = r->state == ACALL_STATE_DONE;
	char buf[TEXT_LEN];
	uint32_t i;

	fprintf(to, "%s for %s", done ? acall_outcome_name(r->outcome) :
					acall_state_name(r->state),
		since(buf, done ? r->end_ns : r->start_ns ? r->start_ns :
				  r->begin_ns, now));
	say_worker(to, r);
	if (r->start_ns)
		fprintf(to, ", queued %s", since(buf, r->begin_ns, r->start_ns));
	say_cancel(to, r, now);
	say_look(to, r, now);
	say_deadline(to, r, now);
	if (r->result & ACALL_RESULT_COMMITTED)
		fprintf(to, ", committed");
	if (r->flags & ACALL_LIST_NO_CANCEL)
		fprintf(to, ", not cancellable");
	if (!done && r->flags & ACALL_LIST_CONSUMED)
		fprintf(to, ", its object is closed");
	for (i = 0; i < r->nr_files && i < ACALL_MAX_FILES; i++)
		say_file(to, "file", &r->files[i]);
	if (r->place.major || r->place.minor)
		say_file(to, "at", &r->place);
}
