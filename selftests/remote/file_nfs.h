/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NFS, with client and server in this kernel: the server exports a directory, and
 * between it and the client there is a child of the test that passes on what they
 * say. Stopped, it is a server that has frozen: connected, and silent.
 *
 * All of it is in namespaces of the test's own, so it goes with the process. What
 * mountd and exportfs would tell the server is written to its caches, for that is
 * three lines.
 */
#ifndef _SELFTESTS_FILE_NFS_H
#define _SELFTESTS_FILE_NFS_H

#include "file/file_util.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define FT_NFS_SERVER	2049
#define FT_NFS_CLIENT	2050	/* where the client thinks it is */
#define FT_NFS_PAIRS	8	/* connections at a time */

struct ft_nfs {
	char dir[200];		/* exported */
	char mnt[200];
	pid_t test;
	pid_t between;
	int listener;
};

static inline int ft_nfs_socket(unsigned int port, bool listens)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int one = 1;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (listens ? bind(fd, (void *)&at, sizeof(at)) || listen(fd, 8) :
		      connect(fd, (void *)&at, sizeof(at))) {
		one = -errno;
		close(fd);
		return one;
	}
	return fd;
}

/* What can be read of one is written to the other; false at its end. */
static inline bool ft_nfs_pass(int from, int to)
{
	static char buf[65536];
	ssize_t n = read(from, buf, sizeof(buf)), sent = 0, ret;

	while (sent < n) {
		ret = write(to, buf + sent, n - sent);
		if (ret <= 0)
			return false;
		sent += ret;
	}
	return n > 0;
}

/* The child's, until the test is gone. */
static inline int ft_nfs_between(void *arg)
{
	struct pollfd p[1 + 2 * FT_NFS_PAIRS] = { 0 };
	struct ft_nfs *nfs = arg;
	unsigned int i;
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	if (getppid() != nfs->test)
		return 1;
	for (i = 0; i < ARRAY_SIZE(p); i++) {
		p[i].fd = i ? -1 : nfs->listener;
		p[i].events = POLLIN;
	}
	for (;;) {
		if (poll(p, ARRAY_SIZE(p), -1) < 0)
			return 1;
		for (i = 1; i < ARRAY_SIZE(p); i++) {
			/* Those at 1 and 2 belong together, and so on. */
			unsigned int other = ((i - 1) ^ 1) + 1;

			if (p[i].fd < 0 || !p[i].revents ||
			    ft_nfs_pass(p[i].fd, p[other].fd))
				continue;
			close(p[i].fd);
			close(p[other].fd);
			p[i].fd = -1;
			p[other].fd = -1;
		}
		if (!p[0].revents)
			continue;
		fd = accept4(p[0].fd, NULL, NULL, SOCK_CLOEXEC);
		for (i = 1; i < ARRAY_SIZE(p) && p[i].fd >= 0; i += 2)
			;
		if (fd < 0 || i > ARRAY_SIZE(p) - 2) {
			close(fd);
			continue;
		}
		p[i].fd = fd;
		p[i + 1].fd = ft_nfs_socket(FT_NFS_SERVER, false);
		p[i].revents = 0;
		p[i + 1].revents = 0;
		if (p[i + 1].fd < 0) {
			close(fd);
			p[i].fd = -1;
		}
	}
}

static inline bool ft_nfs_loopback_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool up = fd >= 0 && !ioctl(fd, SIOCSIFFLAGS, &lo);

	close(fd);
	return up;
}

/* Everybody on this machine may write there, as root too. */
static inline int ft_nfs_export(const char *dir)
{
	/* Any port, asynchronous, all of it, known by a number: 0. */
	const unsigned int flags = 0x2 | 0x10 | 0x400 | 0x2000;
	const unsigned int never = 0x7fffffff;
	char line[400];
	int ret;

	snprintf(line, sizeof(line), "nfsd 127.0.0.1 %u *\n", never);
	ret = write_file("/proc/net/rpc/auth.unix.ip/channel", line);
	if (ret)
		return ret;
	snprintf(line, sizeof(line), "* %s %u %u 65534 65534 0\n", dir, never,
		 flags);
	ret = write_file("/proc/net/rpc/nfsd.export/channel", line);
	if (ret)
		return ret;
	/* 1: a number; in bytes. */
	snprintf(line, sizeof(line), "* 1 \\x00000000 %u %s\n", never, dir);
	return write_file("/proc/net/rpc/nfsd.fh/channel", line);
}

static inline int ft_nfs_serve(void)
{
	int fd = ft_nfs_socket(FT_NFS_SERVER, true), ret;
	char line[16];

	if (fd < 0)
		return fd;
	/* Nobody has anything to reclaim. */
	write_file("/proc/fs/nfsd/nfsv4gracetime", "10\n");
	write_file("/proc/fs/nfsd/nfsv4leasetime", "10\n");
	/* These want a portmapper. */
	write_file("/proc/fs/nfsd/versions", "-2 -3 +4\n");
	snprintf(line, sizeof(line), "%d\n", fd);
	ret = write_file("/proc/fs/nfsd/portlist", line);
	if (!ret)
		ret = write_file("/proc/fs/nfsd/threads", "2\n");
	close(fd);
	if (!ret)
		write_file("/proc/fs/nfsd/v4_end_grace", "Y\n");
	return ret;
}

static inline const char *ft_nfs_connect(struct ft_nfs *nfs)
{
	char options[200];

	nfs->listener = ft_nfs_socket(FT_NFS_CLIENT, true);
	if (nfs->listener < 0)
		return "no socket";
	nfs->test = getpid();
	nfs->between = child_start(ft_nfs_between, nfs);
	close(nfs->listener);
	snprintf(options, sizeof(options),
		 "vers=4.2,proto=tcp,port=%u,addr=127.0.0.1,clientaddr=127.0.0.1,hard,actimeo=0",
		 FT_NFS_CLIENT);
	if (!mount("127.0.0.1:/", nfs->mnt, "nfs4", 0, options))
		return NULL;
	kill(nfs->between, SIGKILL);
	child_join(nfs->between);
	return "cannot mount NFS";
}

/* Returns NULL or why it can not be had here. */
static inline const char *ft_nfs_start(struct ft_nfs *nfs)
{
	static char why[80];
	const char *missing;
	int ret;

	if (geteuid())
		return "only root may mount";
	if (access("/proc/fs/nfsd", F_OK) &&
	    system("modprobe nfsd >/dev/null 2>&1"))
		return "no NFS server";
	if (system("modprobe nfsv4 >/dev/null 2>&1"))
		return "no NFS client";
	ret = ft_mount_point(nfs->mnt, sizeof(nfs->mnt));
	if (ret || unshare(CLONE_NEWNET) || !ft_nfs_loopback_up())
		return "no namespaces";
	snprintf(nfs->dir, sizeof(nfs->dir), "%s/nfs-XXXXXX",
		 getenv("ACALL_DIR_EXT4"));
	if (!mkdtemp(nfs->dir) ||
	    mount("nfsd", "/proc/fs/nfsd", "nfsd", 0, NULL))
		return "no NFS server's file system";
	ret = ft_nfs_export(nfs->dir) ?: ft_nfs_serve();
	if (ret) {
		snprintf(why, sizeof(why), "no NFS server: errno %d", -ret);
		return why;
	}
	missing = ft_nfs_connect(nfs);
	if (missing)
		write_file("/proc/fs/nfsd/threads", "0\n");
	return missing;
}

/* That it can be unmounted is a result (F8). Returns 0 or -errno. */
static inline int ft_nfs_stop(struct ft_nfs *nfs)
{
	int ret = umount(nfs->mnt) ? -errno : 0;

	if (ret)
		umount2(nfs->mnt, MNT_FORCE | MNT_DETACH);
	kill(nfs->between, SIGKILL);
	child_join(nfs->between);
	write_file("/proc/fs/nfsd/threads", "0\n");
	rmdir(nfs->mnt);
	return ret;
}

#endif /* _SELFTESTS_FILE_NFS_H */
