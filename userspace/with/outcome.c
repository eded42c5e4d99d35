// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * How what became of a call becomes an errno.
 *
 *	the method's own word		its errno, which is the plain call's
 *	stopped, or never started:
 *	  by the deadline		ETIMEDOUT
 *	  by `acall cancel`		ECANCELED
 *	  since the module goes away	the plain call is made
 *	abandoned			ETIMEDOUT: nobody knows how it will end
 *
 * What was done by then is the caller's affair: of a copy that is not abandoned
 * progress is exact, and as good as a short count.
 */
#include "with.h"

int outcome_error(const struct acall_call_args *args)
{
	if (args->outcome == ACALL_OUTCOME_COMPLETED)
		return args->status;
	if (args->status == -ENODEV)
		return WITH_PLAIN;
	if (args->outcome == ACALL_OUTCOME_ABANDONED || args->status == -ETIME)
		return -ETIMEDOUT;
	return args->status;
}

bool is_given_up(int error)
{
	return error == -ETIMEDOUT || error == -ECANCELED;
}

int with_result(int error)
{
	if (!error)
		return 0;
	errno = -error;
	return -1;
}
