/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KCOV follows the task that asked for coverage. What a worker does for a call is
 * credited to whoever began it: BEGIN takes its caller's handle, the worker
 * brackets what it does with it. In debug builds for a kernel that has KCOV.
 *
 * Owns the handle, which is constant from BEGIN on; no lock. A handle that
 * nobody listens to any more is no error.
 */
#ifndef _ACALL_DEBUG_COV_H
#define _ACALL_DEBUG_COV_H

#if defined(ACALL_DEBUG) && defined(CONFIG_KCOV)

#include <linux/kcov.h>

struct acall_cov {
	u64 handle;
};

static inline void acall_cov_take(struct acall_cov *cov)
{
	cov->handle = kcov_common_handle();
}

static inline void acall_cov_begin(const struct acall_cov *cov)
{
	kcov_remote_start_common(cov->handle);
}

static inline void acall_cov_end(void)
{
	kcov_remote_stop();
}

#else

struct acall_cov {};

static inline void acall_cov_take(struct acall_cov *cov) {}
static inline void acall_cov_begin(const struct acall_cov *cov) {}
static inline void acall_cov_end(void) {}

#endif

#endif /* _ACALL_DEBUG_COV_H */
