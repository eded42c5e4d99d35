// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Errors: what an operation was refused with, and how a call has ended.
 */
#include <errno.h>
#include "internal.h"

GLIB_PUBLIC GQuark acall_glib_error_quark(void)
{
	return g_quark_from_static_string("acall-glib-error-quark");
}

void acall_glib_set_refused(GError **error, const acall_t *call,
			    enum acall_op op, int ret)
{
	char text[256];

	g_set_error_literal(error, ACALL_GLIB_ERROR, -ret,
			    acall_strerror(call, op, ret, text, sizeof(text)));
}

GLIB_PUBLIC gboolean acall_glib_set_error(GError **error,
					  const struct acall_result *result)
{
	gboolean cancelled = result->status == -ECANCELED &&
			     result->outcome != ACALL_OUTCOME_COMPLETED;
	char text[256];

	if (!result->status)
		return TRUE;
	acall_strerror(NULL, ACALL_OP_RESULT, result->status, text,
		       sizeof(text));
	g_set_error(error, cancelled ? G_IO_ERROR : ACALL_GLIB_ERROR,
		    cancelled ? G_IO_ERROR_CANCELLED : -result->status,
		    "%s (%s at %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT ")",
		    text, acall_outcome_name(result->outcome),
		    (guint64)result->progress, (guint64)result->total);
	return FALSE;
}
