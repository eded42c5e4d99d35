// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A verb that makes one call, shows its progress, and says what became of it.
 */
#include "cli.h"

int single_run(acall_t *call, const struct single *s, void *data)
{
	struct verdict v = {
		.what = s->what,
		.done = s->done,
		.unit = ACALL_UNIT_BYTES,
	};
	struct job job = {
		.call = call,
		.title = s->title,
		.unit = v.unit,
	};
	struct acall_result result;
	struct jobs one;
	struct json j;
	int err;

	signals_hold();
	err = s->begin(call, data);
	if (err) {
		signals_release();
		return call_error(v.what, call, ACALL_OP_BEGIN, err);
	}
	job_run(&job, &one);
	err = job_left(&job, &result) ? 0 : s->finish(call, data, &result);
	if (err)
		return call_error(v.what, call, ACALL_OP_FINISH, err);
	if (options.json) {
		json_open(&j);
		s->json(&j, data, &result);
		verdict_json(&j, &job, v.unit, &result);
		json_close(&j);
	}
	v.why = s->why ? s->why(-result.status) : NULL;
	verdict_say(&v, &job, &result);
	signals_release();
	return result_exit(&job, &result);
}

int range_option(int c, const char *text, __u64 *offset, __u64 *length)
{
	if (c == 'o') {
		*offset = size_argument("--offset", text);
	} else if (c == 'l') {
		*length = size_argument("--length", text);
		/* In the ABI 0 means to the end of the file. */
		if (!*length)
			usage_error("--length: a range has at least one byte");
	} else {
		return 0;
	}
	return 1;
}
