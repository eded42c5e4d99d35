# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# What wraps libacall for those who have other habits, each a package of its own:
# com/ (libacall-com), glib/ (libacall-glib, where GLib is) and python/ (the module
# acall, where Python is). Included by the Makefile.

PKG_CONFIG	?= pkg-config
PYTHON		?= python3

com_o	:= $(patsubst $(src)/%.c,$(out)/%.o,$(sort $(wildcard $(src)/com/*.c)))
glib	:= gio-unix-2.0 >= 2.70
have_glib := $(shell $(PKG_CONFIG) --exists '$(glib)' 2>/dev/null && echo yes)
glib_o	:= $(if $(have_glib),$(patsubst $(src)/%.c,$(out)/%.o,\
	     $(sort $(wildcard $(src)/glib/*.c))))
wrappers := acall-com $(if $(have_glib),acall-glib)
wrapper_files := $(foreach name,$(wrappers),$(out)/lib$(name).so.1 \
	$(out)/lib$(name).so $(out)/lib$(name).a $(out)/lib$(name).pc)

# Where this Python looks for what is installed below prefix.
have_python := $(shell $(PYTHON) -c 'import ctypes' 2>/dev/null && echo yes)
ifneq ($(have_python),)
pythondir ?= $(shell $(PYTHON) -c 'import site, sys; \
	lib = sys.argv[1] + "/lib/python"; \
	own = lib + "%d.%d/site-packages" % sys.version_info[:2]; \
	print(next((path for path in site.getsitepackages() \
		    if path.startswith(lib)), own))' $(prefix))
endif

$(com_o): ours += -fPIC -fvisibility=hidden -I$(src)/com/include
$(glib_o): ours += -fPIC -fvisibility=hidden -I$(src)/glib/include \
	-DG_LOG_DOMAIN='"acall"' $(shell $(PKG_CONFIG) --cflags '$(glib)')
$(out)/libacall-com.so.1 $(out)/libacall-com.a: $(com_o)
$(out)/libacall-glib.so.1 $(out)/libacall-glib.a: $(glib_o)
# Its destructors of threads stay, whoever unloads it.
$(out)/libacall-com.so.1: wrap := -Wl,-z,nodelete
$(out)/libacall-glib.so.1: wrap := $(if $(have_glib),\
	$(shell $(PKG_CONFIG) --libs '$(glib)'))
$(out)/libacall-com.so.1: $(src)/com/libacall-com.map
$(out)/libacall-glib.so.1: $(src)/glib/libacall-glib.map
$(out)/libacall-com.pc: $(src)/com/libacall-com.pc.in
$(out)/libacall-glib.pc: $(src)/glib/libacall-glib.pc.in

$(out)/libacall-%.so.1: $(out)/libacall.so
	$(CC) -pthread $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(@F) \
		-Wl,--version-script=$(filter %.map,$^) -Wl,-z,defs \
		-o $@ $(filter %.o,$^) $(out)/libacall.so $(wrap)

$(out)/libacall-%.so: $(out)/libacall-%.so.1
	ln -sf $(<F) $@

$(out)/libacall-%.a:
	rm -f $@
	$(AR) rcs $@ $(filter %.o,$^)

$(out)/libacall-%.pc: FORCE
	@mkdir -p $(@D)
	@$(pc) $(filter %.in,$^) >$@

all: $(wrapper_files)

install: install-wrappers $(if $(have_python),install-python)

install-wrappers: $(wrapper_files)
	$(INSTALL) -d $(DESTDIR)$(includedir) $(DESTDIR)$(libdir) \
		$(DESTDIR)$(pkgconfigdir)
	for name in $(wrappers:acall-%=%); do \
		$(INSTALL) -m 644 $(src)/$$name/include/*.h \
			$(DESTDIR)$(includedir) && \
		$(INSTALL) -m 755 $(out)/libacall-$$name.so.1 \
			$(DESTDIR)$(libdir) && \
		ln -sf libacall-$$name.so.1 \
			$(DESTDIR)$(libdir)/libacall-$$name.so && \
		$(INSTALL) -m 644 $(out)/libacall-$$name.a \
			$(DESTDIR)$(libdir) && \
		$(INSTALL) -m 644 $(out)/libacall-$$name.pc \
			$(DESTDIR)$(pkgconfigdir) || exit 1; \
	done

install-python:
	$(INSTALL) -d $(DESTDIR)$(pythondir)/acall
	$(INSTALL) -m 644 $(src)/python/acall/*.py \
		$(src)/python/acall/py.typed $(DESTDIR)$(pythondir)/acall

clean: clean-wrappers

clean-wrappers:
	rm -rf $(out)/com $(out)/glib $(out)/libacall-*.so.1 \
		$(wrappers:%=$(out)/lib%.so) $(out)/libacall-*.a \
		$(out)/libacall-*.pc

-include $(com_o:.o=.d) $(glib_o:.o=.d)

.PHONY: install-wrappers install-python clean-wrappers
