// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_file: by acall, with BEGIN and FINISH, as one does it who may want to cancel.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include <linux/acall_file.h>

#include "file.h"

struct input {
	union {
		struct acall_file_copy copy;
		struct acall_file_hash hash;
		struct acall_file_sync sync;
		struct acall_file_allocate allocate;
		struct acall_file_advise advise;
		struct acall_file_dedupe dedupe;
		struct acall_file_discard discard;
		struct acall_file_trim trim;
		unsigned char path[sizeof(struct acall_file_path) + 300];
	};
	size_t len;
};

static void fill(const struct file_case *c, struct input *in)
{
	memset(in, 0, sizeof(*in));
	switch (c->method) {
	case ACALL_FILE_COPY:
		in->copy.reflink = c->mode;
		in->copy.flags = c->flags;
		in->len = sizeof(in->copy);
		break;
	case ACALL_FILE_HASH:
		strcpy(in->hash.algorithm, "sha256");
		in->len = sizeof(in->hash);
		break;
	case ACALL_FILE_SYNC:
		in->sync.scope = c->mode;
		in->len = sizeof(in->sync);
		break;
	case ACALL_FILE_ALLOCATE:
		in->allocate.length = c->bytes;
		in->allocate.mode = c->mode;
		in->len = sizeof(in->allocate);
		break;
	case ACALL_FILE_ADVISE:
		in->advise.advice = c->mode;
		in->len = sizeof(in->advise);
		break;
	case ACALL_FILE_DEDUPE:
		in->len = sizeof(in->dedupe);
		break;
	case ACALL_FILE_DISCARD:
		in->discard.mode = c->mode;
		in->len = sizeof(in->discard);
		break;
	case ACALL_FILE_TRIM:
		in->len = sizeof(in->trim);
		break;
	default:
		in->len = sizeof(struct acall_file_path);
		in->len += snprintf((char *)in->path + in->len, 300, "%s",
				    place_path(c->place));
	}
}

static void begin(struct work *work)
{
	int files[2] = { work->src, work->dst }, ret;
	const struct file_case *c = work->c;
	const int *first = c->source ? files : files + 1;
	struct input in;

	fill(c, &in);
	ret = acall_begin(work->call, c->method, &in, in.len, first,
			  (work->src >= 0) + (work->dst >= 0), NULL);
	if (ret)
		die("%s: BEGIN: %s", c->name, strerror(-ret));
}

static void finish(struct work *work, struct acall_result *result)
{
	/* Room for any method's output. */
	union {
		struct acall_file_stat_out stat;
		struct acall_file_trim_out trim;
		unsigned char digest[ACALL_FILE_DIGEST_MAX];
	} out;
	int ret = acall_finish(work->call, &out, sizeof(out), result);

	if (ret)
		die("%s: FINISH: %s", work->c->name, strerror(-ret));
	if (result->status)
		return;
	work->told = true;
	work->trimmed = out.trim.trimmed;
	memcpy(work->digest, out.digest, DIGEST_LEN);
}

static void must_be_done(const struct work *work,
			 const struct acall_result *result)
{
	if (result->outcome != ACALL_OUTCOME_COMPLETED || result->status)
		die("%s: %s, status %d", work->c->name,
		    acall_outcome_name(result->outcome), result->status);
	if (result->progress < work->c->bytes)
		die("%s: it ended at byte %llu", work->c->name,
		    (unsigned long long)result->progress);
}

void acall_run(struct work *work)
{
	struct acall_result result;

	begin(work);
	finish(work, &result);
	must_be_done(work, &result);
	await(work);
}

bool acall_stop(struct work *work, __u64 point, double *ns)
{
	struct acall_result result;
	__u64 start = now_ns();
	int ret;

	begin(work);
	while (now_ns() - start < point)
		sched_yield();
	ret = acall_cancel(work->call, ACALL_FOREVER);
	if (ret < 0)
		die("%s: CANCEL: %s", work->c->name, strerror(-ret));
	finish(work, &result);
	if (result.outcome == ACALL_OUTCOME_COMPLETED) {
		must_be_done(work, &result);
		return false;
	}
	if (result.outcome == ACALL_OUTCOME_NEVER_STARTED)
		return false;
	if (result.outcome != ACALL_OUTCOME_STOPPED ||
	    result.status != -ECANCELED)
		die("%s: %s, status %d", work->c->name,
		    acall_outcome_name(result.outcome), result.status);
	*ns = result.end_ns - result.cancel_ns;
	return true;
}
