# web/: the page of the control room, where node and its libraries are there (./run build sees to it)
EXTRA_DIST += web/README.md web/.npmrc web/package.json web/package-lock.json web/tsconfig.json web/build.mjs $(web_sources)
web_sources = \
	web/src/icon.svg \
	web/src/index.html \
	web/src/frame.tsx \
	web/src/login.html \
	web/src/lib/api.ts \
	web/src/lib/csv.ts \
	web/src/lib/floors.ts \
	web/src/lib/helped.ts \
	web/src/lib/i18n.ts \
	web/src/lib/in_sight.ts \
	web/src/lib/keys.ts \
	web/src/lib/lang.ts \
	web/src/lib/late.ts \
	web/src/lib/limits.ts \
	web/src/lib/load.ts \
	web/src/lib/more.ts \
	web/src/lib/names.ts \
	web/src/lib/narrow.ts \
	web/src/lib/newest.ts \
	web/src/lib/people.ts \
	web/src/lib/router.ts \
	web/src/lib/sound.ts \
	web/src/lib/spans.ts \
	web/src/lib/spell.ts \
	web/src/lib/stream.ts \
	web/src/lib/subject.ts \
	web/src/lib/tick.ts \
	web/src/lib/time.ts \
	web/src/lib/types.ts \
	web/src/lib/wake.ts \
	web/src/lib/way.ts \
	web/src/lib/words_estate.ts \
	web/src/lib/words_helped.ts \
	web/src/lib/words_login.ts \
	web/src/lib/words_now.ts \
	web/src/lib/words_people.ts \
	web/src/main.css \
	web/src/main.tsx \
	web/src/page/care.tsx \
	web/src/page/contacts.tsx \
	web/src/page/device.tsx \
	web/src/page/estate.tsx \
	web/src/page/health.tsx \
	web/src/page/helped.tsx \
	web/src/page/history.tsx \
	web/src/page/lift.tsx \
	web/src/page/login.tsx \
	web/src/page/now.tsx \
	web/src/page/of_people.tsx \
	web/src/page/of_records.tsx \
	web/src/page/of_things.tsx \
	web/src/page/of_trend.tsx \
	web/src/page/of_wall.tsx \
	web/src/page/point.tsx \
	web/src/page/report.tsx \
	web/src/page/resident.tsx \
	web/src/page/setup.tsx \
	web/src/page/wall.tsx \
	web/src/page/users.tsx \
	web/src/page/visits.tsx \
	web/src/part/actogram.tsx \
	web/src/part/alarm_acts.tsx \
	web/src/part/alarm_card.tsx \
	web/src/part/arrival.tsx \
	web/src/part/dialog.tsx \
	web/src/part/dots.tsx \
	web/src/part/estate_map.tsx \
	web/src/part/next_line.tsx \
	web/src/part/ring.tsx \
	web/src/part/search.tsx \
	web/src/part/health_line.tsx \
	web/src/part/helped.tsx \
	web/src/part/keys_help.tsx \
	web/src/part/late.tsx \
	web/src/part/lift_day.tsx \
	web/src/part/lift_shaft.tsx \
	web/src/part/mark.tsx \
	web/src/part/month_strip.tsx \
	web/src/part/place_name.ts \
	web/src/part/reveal.tsx \
	web/src/part/rhythm.tsx \
	web/src/part/rows.tsx \
	web/src/part/shown_of.tsx \
	web/src/part/state.tsx \
	web/src/part/strips.tsx \
	web/src/part/subnav.tsx \
	web/src/part/thing.tsx \
	web/src/part/trend.tsx \
	web/src/part/value.tsx \
	web/src/part/values.tsx \
	web/src/state/alarms.ts \
	web/src/state/hush.ts \
	web/src/state/live.ts \
	web/src/state/month.ts \
	web/src/state/places.ts \
	web/src/state/points.ts \
	web/src/state/session.ts \
	web/src/state/theme.ts \
	web/src/style/base.css \
	web/src/style/figures.css \
	web/src/style/helped.css \
	web/src/style/map.css \
	web/src/style/now.css \
	web/src/style/people.css \
	web/src/style/page.css \
	web/src/style/print.css \
	web/src/style/tokens.css \
	web/src/style/wall.css \
	web/src/style/views.css
web_kinds = html svg js gz
webdatadir = $(pkgdatadir)/web
if WEB
all-local: web/dist/page.stamp
web/dist/page.stamp: $(addprefix $(top_srcdir)/,$(web_sources)) $(top_srcdir)/web/build.mjs $(top_srcdir)/web/package-lock.json
	$(AM_V_GEN)$(MKDIR_P) web && here=`pwd` && cd $(top_srcdir)/web && $(NODE) build.mjs $$here/web/dist >$$here/web/size && touch $$here/$@
# Scripts are named by what is in them: those of the page before go when this one comes.
install-data-local: web/dist/page.stamp
	$(MKDIR_P) $(DESTDIR)$(webdatadir)
	for kind in $(web_kinds); do \
		rm -f $(DESTDIR)$(webdatadir)/*.$$kind; \
		$(INSTALL_DATA) web/dist/*.$$kind $(DESTDIR)$(webdatadir) || exit 1; \
	done
uninstall-local:
	for kind in $(web_kinds); do rm -f $(DESTDIR)$(webdatadir)/*.$$kind; done
clean-local:
	rm -rf web/dist web/size
endif
