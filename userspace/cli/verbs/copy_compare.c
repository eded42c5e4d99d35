// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall copy --continue: is the target the beginning of the source?
 *
 * Told by their digests, so that it has progress, a deadline and an end by
 * Ctrl-C like all else here. Changes nothing. Whoever writes to one of the files
 * meanwhile is not seen, as in a copy.
 */
#include "cli.h"
#include <string.h>

static void report(const struct copy_files *f, const struct job *job,
		   const struct acall_result *r)
{
	const struct verdict v = {
		.what = shell_word(job->title),
		.which = shell_word(job->title),
		.done = "compared",
		.unit = ACALL_UNIT_BYTES,
	};
	struct json j;

	if (options.json && result_exit(job, r)) {
		json_open(&j);
		json_string(&j, "source", f->from);
		json_string(&j, "target", f->to);
		json_string(&j, "comparing", job->title);
		verdict_json(&j, job, v.unit, r);
		json_close(&j);
	}
	verdict_say(&v, job, r);
}

static int digest(acall_t *call, const struct copy_files *f, const char *name,
		  int fd, unsigned char *out, bool *stop)
{
	const struct acall_file_hash args = {
		.algorithm = "sha256",
		.length = f->target_size,
	};
	struct job job = {
		.call = call,
		.title = name,
		.unit = ACALL_UNIT_BYTES,
	};
	struct acall_result result;
	struct jobs one;
	int err, code;

	signals_hold();
	err = acall_begin_hash(call, fd, &args, begin_options());
	if (err) {
		*stop = signals_release();
		return call_error(shell_word(name), call, ACALL_OP_BEGIN, err);
	}
	job_run(&job, &one);
	err = job_left(&job, &result) ? 0 :
	      acall_finish_hash(call, out, &result);
	if (err) {
		code = call_error(shell_word(name), call, ACALL_OP_FINISH, err);
	} else {
		report(f, &job, &result);
		code = result_exit(&job, &result);
	}
	*stop = signals_release() || one.interrupted;
	if (!code && *stop) {
		say_error(EXIT_INTERRUPTED, "cancelled: nothing was copied to %s",
			  shell_word(f->to));
		code = EXIT_INTERRUPTED;
	}
	return code;
}

int copy_compare(acall_t *call, const struct copy_files *f, bool *stop)
{
	unsigned char source[ACALL_FILE_DIGEST_MAX] = { 0 };
	unsigned char target[ACALL_FILE_DIGEST_MAX] = { 0 };
	bool same = f->target_size <= f->source_size;
	int code = EXIT_OK;

	/* A length of 0 would be all. */
	if (same && f->target_size) {
		code = digest(call, f, f->to, f->target, target, stop);
		if (!code)
			code = digest(call, f, f->from, f->source, source,
				      stop);
		same = !memcmp(source, target, sizeof(source));
	}
	if (!code && !same) {
		say_error(EXIT_FAILED,
			  "%s is not the beginning of %s: it was left as it is; without --continue it is overwritten",
			  shell_word(f->to), shell_word(f->from));
		code = EXIT_FAILED;
	}
	return code;
}
