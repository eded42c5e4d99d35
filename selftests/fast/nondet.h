/* SPDX-License-Identifier: GPL-2.0-only */
/* CBMC: any value; functions that have no body return one. */
#ifndef _NONDET_H
#define _NONDET_H

unsigned int nondet_uint(void);
int nondet_int(void);

#endif /* _NONDET_H */
