#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check.sh: what users install, as they do: the tarball, `make install`, Debian's
# packages, DKMS, and by what README tells each of them to begin with, as it stands
# there. Then a guest loads, upgrades and removes (inside.sh).
#
# The machine itself stays as it is: what is installed goes into an overlay of its
# root, which is the guest's root later. There the modules are compiled once, by DKMS,
# which is given what that has made ever after.

. "$(dirname "$0")/../vm/common.sh"
here=$top/selftests/install
. "$here/run.sh"

# The mounts are gone with their namespace.
if [ "${1:-}" != mounted ]; then
	"$vm/setup.sh" install || exit
	if [ "$(id -u)" -ne 0 ]; then
		say "only root can install something into an overlay"
		say "0 passed, 0 failed, 1 skipped"
		exit 0
	fi
	exec unshare -m "$0" mounted
fi

use_kernel
unset MAKEFLAGS MFLAGS MAKELEVEL
logs=$out/install
mnt=$logs/mnt
root=$mnt/root
packages=$build/packages
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$top/dkms.conf")
next=${version%.*}.$((${version##*.} + 1))
updates=lib/modules/$krel/updates/dkms
rm -rf "$logs"
mkdir -p "$mnt" || exit 1

# A command there, for which the guest's kernel is the one that runs.
inside()
{
	chroot "$root" env -i LC_ALL=C HOME=/root DEBIAN_FRONTEND=noninteractive \
		PATH=/usr/lib/ccache:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		CCACHE_DIR="${CCACHE_DIR:-}" KERNEL="$krel" \
		${DEBIAN_KERNEL_USE_CCACHE+DEBIAN_KERNEL_USE_CCACHE=yes} "$@"
}

# Without /sys: nothing must be loaded into the kernel that runs here.
make_root()
{
	mount -t tmpfs none "$mnt"
	mkdir "$mnt"/{upper,work,root}
	mount -t overlay none "$root" \
		-o "lowerdir=/,upperdir=$mnt/upper,workdir=$mnt/work"
	mount -t proc none "$root/proc"
	mount --rbind /dev "$root/dev"
	mount --bind "$top" "$root/$top"
	mkdir -p "$store" "$root/$store"
	mount --bind "$store" "$root/$store"
	# To look at every page that this machine has takes long, and in the guest a
	# file descriptor for each.
	rm -f "$root/var/lib/man-db/auto-update"
	mv "$root/bin/uname" "$root/bin/uname.here"
	cat >"$root/bin/uname" <<-END
	#!/bin/sh
	[ "\$*" != -r ] || { echo $krel; exit; }
	exec uname.here "\$@"
	END
	chmod 755 "$root/bin/uname"
}

# What is there of ours; of old kernels the folder for others' modules.
ours()
{
	(cd "$root" && find usr etc lib/modules var/lib -xdev \
		\( -name '*acall*' -o -path '*/extra/module' \) | sort)
}

one_version()
{
	local page

	said "^VERSION.*:= $version\$" "$top/userspace/Makefile"
	said "ACALL_VERSION := $version\$" "$top/module/Kbuild"
	said "/acall/$version/build" "$top/dkms.conf"
	said "/acall/$version/\$kernelver" "$top/dkms.conf"
	said "__version__ = \"$version\"" "$top/userspace/python/acall/__init__.py"
	for page in "$top"/Documentation/man/*.[1-8]; do
		said "^\.TH .*acall $version\"" "$page"
	done
	head -n 1 "$top/debian/changelog" | said "(${version//./\\.}-[0-9]*)" -
}

tarball_is_reproducible()
{
	"$here/dist.sh" "$mnt/one"
	(umask 077 && TZ=Asia/Tokyo "$here/dist.sh" "$mnt/two")
	cmp "$mnt"/{one,two}/"acall-$version.tar.gz"
	tar -tvf "$mnt/one/acall-$version.tar.gz" >"$mnt/list"
	must_not grep -v ' root/root ' "$mnt/list"
	tar -xf "$mnt/one/acall-$version.tar.gz" -C "$mnt"
	must_not test -e "$mnt/acall-$version/.git"
}

tarball_builds()
{
	make -C "$mnt/acall-$version/userspace" -j"$jobs" CFLAGS=-O0
	"$mnt/acall-$version/build/userspace/acall" --version | said "$version" -
}

make_install_into_destdir()
{
	local stage=$mnt/stage file

	make -C "$top" install KERNEL="$krel" DESTDIR="$stage"
	for file in bin/acall lib/libacall.so.1 lib/acall/libacall-with.so \
		    include/libacall.h include/linux/acall.h \
		    lib/udev/rules.d/60-acall.rules lib/modules-load.d/acall.conf \
		    "src/acall-$version/include/acall/provider.h"; do
		must test -e "$stage/usr/local/$file"
	done
	must test "$(find "$stage/lib/modules" -name '*.ko' -printf '%f\n' |
		sort | paste -sd ' ')" = "acall.ko acall_file.ko acall_timer.ko"
	must_not test -e "$stage/lib/modules/$krel/modules.dep"
	export PKG_CONFIG_PATH=$stage/usr/local/lib/pkgconfig
	export PKG_CONFIG_SYSROOT_DIR=$stage
	# shellcheck disable=SC2046 # words
	gcc -o "$mnt/hello" "$top/userspace/examples/hello.c" \
		$(pkg-config --cflags --libs libacall)
	make -C "$top" uninstall KERNEL="$krel" DESTDIR="$stage"
	must test -z "$(find "$stage" ! -type d)"
}

# compile_hello: as pkg-config says; it runs, and finds no device.
compile_hello()
{
	inside sh -ec "gcc -o /root/hello $top/userspace/examples/hello.c \
		\$(pkg-config --cflags --libs libacall)"
	inside ldd /root/hello | said "libacall.so.1 => /" -
}

# compile_provider INCLUDE SYMVERS
compile_provider()
{
	rm -rf "$root/root/sample"
	cp -R "$top/selftests/sample" "$root/root"
	inside make -C "/lib/modules/$krel/build" M=/root/sample ACALL="$1" \
		KBUILD_EXTRA_SYMBOLS="$2" CONFIG_DEBUG_INFO_BTF_MODULES= modules
	modinfo -F depends "$root/root/sample/acall_sample.ko" | said acall -
}

make_install_and_uninstall()
{
	local src=/usr/local/src/acall-$version

	ours >"$mnt/before"
	inside make -C "$top" install KERNEL="$krel"
	inside modinfo -k "$krel" -F version acall | said "$version" -
	compile_hello
	compile_provider "$src" "$src/Module.symvers"
	inside make -C "$top" uninstall KERNEL="$krel"
	ours >"$mnt/after"
	diff "$mnt/before" "$mnt/after"
}

# What is asked for is an upload's business: to close a bug, and that the packaging
# is not in the source already.
packages_are_clean()
{
	local without=initial-upload-closes-no-bugs,no-debian-changes

	lintian --allow-root --fail-on error,warning \
		--suppress-tags "$without" "$packages"/*.changes
}

# first_steps WHO: README's lines for them, into root's folder there as WHO.here, what
# can be done without the module, and WHO.guest, what the guest does with it.
first_steps()
{
	local to=$root/root/first

	mkdir -p "$to"
	sed -n "/^$1/,/^[^ ]/ s/^    //p" "$top/README.md" >"$to/all"
	must test -s "$to/all"
	# Where they are both must know.
	grep -vE '^(acall|insmod|\./)' "$to/all" >"$to/${1##* }.here" || :
	grep -E '^(acall|insmod|cd|\./)' "$to/all" >"$to/${1##* }.guest" || :
	rm "$to/all"
}

# do_first_steps WHO FOLDER
do_first_steps()
{
	first_steps "$1"
	inside sh -c "cd $2 && exec sh -ex /root/first/${1##* }.here"
}

# Debian's apt asks where more is installed than was named; and it gives dpkg a PATH of
# its own.
administrator_installs()
{
	echo 'APT::Get::Assume-Yes "true";' >"$root/etc/apt/apt.conf.d/99-yes"
	[ -z "${CCACHE_DIR:-}" ] || export DEBIAN_KERNEL_USE_CCACHE=yes
	do_first_steps "An administrator" "$top" >"$mnt/said" 2>&1 || {
		cat "$mnt/said"
		return 1
	}
	must_not grep -qiE 'error:|failed' "$mnt/said"
}

developer_compiles()
{
	sed -n '/^```c$/,/^```$/ { /^```/!p }' "$top/README.md" >"$mnt/hello.c"
	install -D "$mnt/hello.c" "$root/root/hello.c"
	do_first_steps "An application developer" /root
}

author_compiles()
{
	do_first_steps "The author" "$top"
	modinfo -F depends "$root/root/primes/acall_primes.ko" | said acall -
}

packager_installs()
{
	do_first_steps "A packager" "$top"
	must test -e "$build/dist/acall-$version.tar.gz"
	must test -x "$root/root/stage/usr/bin/acall"
	must test -e "$root/root/stage/usr/share/man/man1/acall.1"
	rm -r "$root/root/stage"
}

packages_install()
{
	cp "$packages"/*.deb "$root/root"
	inside dkms status acall | said "$krel.*installed" -
	for name in acall acall_file acall_timer; do
		inside modinfo -k "$krel" "$name" >"$mnt/modinfo"
		said "$updates" "$mnt/modinfo"
		said "^version: *$version\$" "$mnt/modinfo"
		said '^signer: ' "$mnt/modinfo"
	done
	must_not test -e "$root/$updates/acall_test.ko"
	compile_hello
	compile_provider "/usr/src/acall-$version" \
		"/var/lib/dkms/acall/$version/$krel/$(uname -m)/Module.symvers"
}

# The modules of the next version are those of this one, but for what they say.
keep_modules()
{
	local to

	for to in "$version" "$next"; do
		mkdir -p "$root/root/built/$to"/module/{file,timer}
		to=$root/root/built/$to
		cp "$root/$updates/acall.ko" "$to/module"
		cp "$root/$updates/acall_file.ko" "$to/module/file"
		cp "$root/$updates/acall_timer.ko" "$to/module/timer"
	done
	find "$to" -name '*.ko' -exec strip -g {} +
	find "$to" -name '*.ko' -exec sed -i "s/\\bversion=$version/version=$next/
		s/\\bsrcversion=..../srcversion=NEXT/" {} +
	mkdir -p "$root/etc/dkms"
	# shellcheck disable=SC2016 # for dkms
	echo 'MAKE[0]="cp -R /root/built/$module_version/. ."' \
		>"$root/etc/dkms/acall.conf"
}

# Only the package with the source of the modules.
next_package()
(
	cd "$mnt/acall-$version"
	sed -i "s/$version/$next/" dkms.conf module/Kbuild debian/changelog
	dpkg-buildpackage -us -uc -A
	cp ../acall-dkms_"$next"-*.deb "$root/root/next.deb"
)

upgrade_and_purge()
{
	inside dpkg -i /root/next.deb
	must test "$(inside dkms status acall | grep -c .)" -eq 1
	inside dkms status acall | said "acall/$next, $krel.*installed" -
	inside modinfo -k "$krel" -F version acall_file | said "$next" -
	must_not test -e "$root/usr/src/acall-$version"
	inside dpkg --purge acall-dkms
	must_not test -e "$root/var/lib/dkms/acall"
	must_not test -e "$root/$updates/acall.ko"
	must_not test -e "$root/usr/src/acall-$next"
}

dkms_by_hand()
{
	tar -xf "$mnt/one/acall-$version.tar.gz" -C "$root/usr/src"
	inside dkms add -m acall -v "$version"
	inside dkms build -m acall -v "$version" -k "$krel"
	inside dkms install -m acall -v "$version" -k "$krel"
	inside modinfo -k "$krel" -F filename acall | said "$updates" -
	inside dkms remove -m acall -v "$version" --all
	must_not test -e "$root/$updates/acall.ko"
	rm -r "$root/usr/src/acall-$version"
}

# DKMS has shown what it does, and would take minutes there.
packages_for_the_guest()
{
	touch "$root/etc/dkms/no-autoinstall"
	inside dpkg -i /root/acall-dkms_"$version"-1_all.deb
	cp "$here"/{run,inside}.sh "$root/root"
}

# The guest's are lines as try()'s.
in_the_guest()
{
	umount -l "$root/proc" "$root/dev" "$root/$top" "$root/$store"
	GUEST=install "$vm/guest.sh" root "$root" \
		/bin/sh /root/inside.sh "$version" "$next" ||
		echo "the guest did not end well    FAILED"
}

count() { grep -cE "^[a-z_ ]+ $1( |\$)" "$logs/all.log"; }

{
	try make_root one_version tarball_is_reproducible tarball_builds \
		make_install_into_destdir make_install_and_uninstall \
		administrator_installs packages_are_clean packages_install \
		developer_compiles author_compiles packager_installs \
		keep_modules next_package upgrade_and_purge dkms_by_hand \
		packages_for_the_guest
	in_the_guest
} 2>&1 | tee "$logs/all.log"
passed=$(count passed) failed=$(count FAILED)
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
