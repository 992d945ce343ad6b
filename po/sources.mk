# po/: translations of what estatectl says. The rules are our own and short: nothing of gettext is copied into the tree.
#
#   make update-po   takes new and changed messages of daemon/ctl/ and daemon/doctor/ over into the catalogs of the source tree
#
# Without msgfmt the catalogs are left out, and estatectl speaks English.
PO_LANGUAGES = zh_CN
EXTRA_DIST += po/README.md po/zh_CN.po
CLEANFILES += po/zh_CN/LC_MESSAGES/estated.mo po/estated.pot

if HAVE_MSGFMT
zh_CNcatalogdir = $(localedir)/zh_CN/LC_MESSAGES
nodist_zh_CNcatalog_DATA = po/zh_CN/LC_MESSAGES/estated.mo
endif
po/zh_CN/LC_MESSAGES/estated.mo: $(srcdir)/po/zh_CN.po
	$(AM_V_GEN)$(MKDIR_P) po/zh_CN/LC_MESSAGES && $(MSGFMT) --check -o $@ $(srcdir)/po/zh_CN.po

# In the folder of the sources, so that messages are found under the same names wherever the build is.
po/estated.pot: $(libctl_a_SOURCES) $(estatectl_SOURCES) $(doctor_files)
	$(AM_V_GEN)$(MKDIR_P) po && out=`pwd`/$@ && cd $(srcdir) && xgettext --from-code=UTF-8 --language=C --keyword=_ \
		--keyword=N_ --keyword=ngettext:1,2 --keyword=NC_:1c,2 --add-comments=po: --sort-by-file --no-location --no-wrap --package-name=estated \
		-o "$$out" daemon/ctl/*.c daemon/doctor/*.c
update-po: po/estated.pot
	for language in $(PO_LANGUAGES); do \
		msgmerge --quiet --update --backup=none --no-wrap --no-fuzzy-matching $(srcdir)/po/$$language.po po/estated.pot || exit 1; \
	done
.PHONY: update-po
