// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Finding what a library has that may not be there. By itself: in an archive nobody
 * refers to it but weakly, so a static program, which has no libraries, has none of it.
 */
#include <dlfcn.h>
#include "methods.h"

void *act_library(const char *name)
{
	return dlopen(name, RTLD_NOW);
}

void *act_symbol(void *library, const char *name)
{
	return dlsym(library, name);
}
