// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Words for the numbers of the ABI. Constant strings, no state, no lock; a
 * number that a newer module may have is "unknown", never out of bounds.
 */
#include "internal.h"

#define COUNT(words)	(sizeof(words) / sizeof(*(words)))

static const char *word(const char *const *words, size_t count, size_t i)
{
	return i < count ? words[i] : "unknown";
}

ACALL_PUBLIC const char *acall_state_name(uint32_t state)
{
	static const char *const words[] = {
		[ACALL_STATE_IDLE]		= "idle",
		[ACALL_STATE_QUEUED]		= "queued",
		[ACALL_STATE_RUNNING]		= "running",
		[ACALL_STATE_CANCELLING]	= "cancelling",
		[ACALL_STATE_DONE]		= "done",
	};

	return word(words, COUNT(words), state);
}

ACALL_PUBLIC const char *acall_outcome_name(uint32_t outcome)
{
	static const char *const words[] = {
		[ACALL_OUTCOME_NONE]		= "none",
		[ACALL_OUTCOME_COMPLETED]	= "completed",
		[ACALL_OUTCOME_STOPPED]		= "stopped",
		[ACALL_OUTCOME_NEVER_STARTED]	= "never started",
		[ACALL_OUTCOME_ABANDONED]	= "abandoned",
	};

	return word(words, COUNT(words), outcome);
}

ACALL_PUBLIC const char *acall_reason_name(uint32_t reason)
{
	static const char *const words[] = {
		[ACALL_REASON_NONE]	= "none",
		[ACALL_REASON_CLIENT]	= "client",
		[ACALL_REASON_DEADLINE]	= "deadline",
		[ACALL_REASON_CLOSE]	= "close",
		[ACALL_REASON_ADMIN]	= "administrator",
		[ACALL_REASON_PROVIDER]	= "provider",
		[ACALL_REASON_REBOOT]	= "reboot",
	};

	return word(words, COUNT(words), reason);
}

ACALL_PUBLIC const char *acall_verdict_name(int verdict)
{
	static const char *const words[] = {
		[ACALL_CANCELLED]	= "cancelled",
		[ACALL_TOO_LATE]	= "too late",
		[ACALL_ALREADY]		= "already cancelled",
		[ACALL_REQUESTED]	= "requested",
	};

	if (verdict < 0)
		return "failed";
	return word(words, COUNT(words), (size_t)verdict);
}

ACALL_PUBLIC const char *acall_unit_name(uint32_t unit)
{
	static const char *const words[] = {
		[ACALL_UNIT_NONE]	= "none",
		[ACALL_UNIT_BYTES]	= "bytes",
		[ACALL_UNIT_ITEMS]	= "items",
	};

	return word(words, COUNT(words), unit);
}

/* The word for the only bit that is set. */
static const char *bit_word(const char *const *words, size_t count,
			    uint64_t bit)
{
	if (!bit || bit & (bit - 1))
		return "unknown";
	return word(words, count, (size_t)__builtin_ctzll(bit));
}

ACALL_PUBLIC const char *acall_cap_name(uint32_t cap)
{
	/* In the order of their bits. */
	static const char *const words[] = {
		"cancel", "killable", "chunked", "commits", "inline", "short",
		"custom", "may refuse",
	};

	return bit_word(words, COUNT(words), cap);
}

ACALL_PUBLIC const char *acall_feature_name(uint64_t feature)
{
	static const char *const words[] = {
		"run", "stop", "custom", "inline", "deadline", "no cancel",
		"detach", "escalate", "settled", "commit", "result files",
		"call", "list", "instances", "queue",
		"wait by id",
	};

	return bit_word(words, COUNT(words), feature);
}

ACALL_PUBLIC const char *acall_engine_name(enum acall_engine_kind kind)
{
	static const char *const words[] = {
		[ACALL_ENGINE_DEFAULT]	= "default",
		[ACALL_ENGINE_KERNEL]	= "kernel",
		[ACALL_ENGINE_THREADS]	= "threads",
		[ACALL_ENGINE_AUTO]	= "auto",
	};

	return word(words, COUNT(words), (size_t)kind);
}
