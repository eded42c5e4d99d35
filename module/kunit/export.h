/* SPDX-License-Identifier: GPL-2.0-only */
/* What a build of acall.ko with ACALL_KUNIT=1 offers to its tests. */
#ifndef _ACALL_KUNIT_EXPORT_H
#define _ACALL_KUNIT_EXPORT_H

#include <linux/types.h>

void acall_kunit_expect_warnings(void);
unsigned int acall_kunit_warnings(void);

int acall_kunit_param_get(const char *name, char *value);
int acall_kunit_param_set(const char *name, const char *value);

#endif /* _ACALL_KUNIT_EXPORT_H */
