// SPDX-License-Identifier: GPL-2.0-only
/*
 * cli_server REQUEST FATE DIR CMD...: runs a command while DIR is a file system of
 * a server, with the files "source", which has 1 MiB of zeros, and "target", which
 * is empty. It does what it is asked, but for requests of one kind, which are
 *
 *	held		read, and not answered
 *	unread		answered once, and then no request is even read
 *	ERRNO		answered with that
 *
 * The command has to end by itself: its server goes away afterwards.
 */
#include "remote/file_fuse.h"

static const struct {
	const char *name;
	unsigned int opcode;
} requests[] = {
	{ "lookup", FUSE_LOOKUP },
	{ "read", FUSE_READ },
	{ "fallocate", FUSE_FALLOCATE },
	{ "setattr", FUSE_SETATTR },
	{ "write", FUSE_WRITE },
	{ "fsync", FUSE_FSYNC },
	{ "flush", FUSE_FLUSH },
};

static int fail(const char *what)
{
	fprintf(stderr, "cli_server: %s: %s\n", what, strerror(errno));
	return 1;
}

static bool set_fate(struct ft_fuse *f, const char *request, const char *fate)
{
	const bool unread = !strcmp(fate, "unread");
	const struct ft_fuse_op op = {
		.hold = !strcmp(fate, "held"),
		.spare = unread,
		.deaf = unread,
		.error = -atoi(fate),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		if (!strcmp(request, requests[i].name)) {
			ft_fuse_set(f, requests[i].opcode, op);
			return true;
		}
	}
	return false;
}

static int run(char **argv)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		execvp(argv[0], argv);
		_exit(fail(argv[0]));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return fail(argv[0]);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	struct ft_fuse fs = { 0 };
	const char *why;
	int code;

	if (argc < 5)
		return 2;
	why = ft_fuse_start(&fs);
	if (why) {
		fprintf(stderr, "cli_server: %s\n", why);
		return 2;
	}
	fs.shared->size[FT_SOURCE] = FT_MIB;
	if (!set_fate(&fs, argv[1], argv[2]))
		return 2;
	code = mount(fs.mnt, argv[3], NULL, MS_BIND, NULL) ? fail(argv[3]) :
	       run(argv + 4);
	ft_fuse_open_gate(&fs);
	umount2(argv[3], MNT_DETACH);
	ft_fuse_stop(&fs);
	return code;
}
