#include "config.h"

#include "ctl/command.h"

#include "base/mem.h"
#include "ctl/width.h"

static enum ctl_exit run_help(struct ctl *c);
static enum ctl_exit run_version(struct ctl *c);

/* clang-format off */
static const struct command commands[] = {
	{ "status", "", 0, 0, ARGS_BIT(ARGS_CHECK), N_("the overview (also without a command)"), cmd_status,
	  N_("With --check it exits 4 when an alarm stands."), NULL },
	{ "buses", "", 0, 0, 0, N_("serial lines and gateways, and how they answer"), cmd_lists_buses, NULL, NULL },
	{ "devices", "[GLOB]", 0, 1, ARGS_BIT(ARGS_DISCOVERED) | ARGS_BIT(ARGS_BATTERY),
	  N_("devices, where they are and how many of their points are good"), cmd_lists_devices,
	  N_("GLOB is a device's id with * ? and [a-z]: 'lift-*'; with --battery also a place, with --discovered an address, name,\n"
	     "model or plugin. --discovered lists what plugins have heard of since they were started: 'adopt' makes them yours."),
	  "@devices" },
	{ "points", "[GLOB]", 0, 1, 0, N_("points with value, quality and age"), cmd_lists_points,
	  N_("GLOB is a point's name ('lift-*.door_open') or a device's id ('lift-1': all its points)."), "@points" },
	{ "show", "POINT", 1, 1, 0, N_("all that is known of one point"), cmd_lists_show, NULL, "@points" },
	{ "why", "POINT", 1, 1, 0, N_("why a point is as it is: request, frames, round trips, errors, rules"), cmd_why,
	  N_("One page: in a sentence why the value is not good, then the request that carries it, the last frames in hex with its\n"
	     "registers marked, how the registers become the value, how its unit answers, and which rules read it."), "@points" },
	{ "bus record", "BUS", 1, 1, ARGS_BIT(ARGS_FOR) | ARGS_BIT(ARGS_OUT) | ARGS_BIT(ARGS_LAST),
	  N_("the frames of a bus with microseconds, to read and to replay"), cmd_record,
	  N_("Records for --for (default 60s), or with --last what estated still has of the past. Each line: time, seconds since\n"
	     "the first frame, > sent or < received, the bytes, what they mean. estate-sim --replay FILE answers as the bus did."),
	  "@buses" },
	{ "bus pause", "BUS", 1, 1, ARGS_BIT(ARGS_FOR), N_("hand the line of a bus to a laptop for a while"), cmd_bus_pause,
	  N_("Its port or connection is closed; its points are lost meanwhile, and their silence is no alarm. Where points on it\n"
	     "protect life an alarm says that they are not watched. It ends by itself after --for (10s to 12h, default 10m), and\n"
	     "with a restart of estated; a reload does not end it."),
	  "@buses" },
	{ "bus resume", "BUS", 1, 1, 0, N_("take the line of a bus back before its pause is over"), cmd_bus_resume, NULL, "@buses" },
	{ "scan", "BUS", 1, 1, ARGS_BIT(ARGS_UNITS), N_("look which units answer on a bus, and what they say they are"), cmd_scan,
	  N_("One unit after another is asked for holding:0; any answer is one, an exception too. Those that answer are asked who\n"
	     "they are (function 43). Alarms and polling go on; Ctrl-C ends it at once. Configured units that are silent are told\n"
	     "too."),
	  "@buses" },
	{ "read", "BUS UNIT TABLE:ADDRESS [COUNT]", 3, 4, ARGS_BIT(ARGS_TYPE) | ARGS_BIT(ARGS_ORDER) | ARGS_BIT(ARGS_GUESS),
	  N_("read any registers or bits of any unit, now"), cmd_bus_read,
	  N_("TABLE is holding, input, coil or discrete; addresses are counted from 0: the paper's 40031 is holding:30. COUNT is\n"
	     "1 where it is not said, or what --type takes; at most 125 registers or 2000 bits. With --guess 23.5 it lists which\n"
	     "type, order and scale would make 23.5 of them, the likeliest first."),
	  "@buses" },
	{ "write", "POINT VALUE", 2, 2, ARGS_BIT(ARGS_REASON), N_("write a point, and read it back"), cmd_bus_write,
	  N_("Only points that the profile calls writable, of devices with writes = true, and while only_when is true. VALUE is\n"
	     "true, false, on, off, a number or one of the point's texts. It is sent once: where no answer confirms it, what is\n"
	     "read back decides. Who wrote what and why goes to the log."),
	  "@points" },
	{ "command", "PLUGIN VERB [NAME=VALUE]...", 2, 18, ARGS_BIT(ARGS_REASON),
	  N_("have a plugin do something: a prompt in a home, a call back, a door release"), cmd_bid,
	  N_("What there is to do the plugin says; of the intercom: prompt station=… text=…, call station=…, unlock door=… for=5s.\n"
	     "It is asked once, and who asked what goes to the audit. Exit 1 where it was not done, or nobody knows."), NULL },
	{ "record", "", 0, 0, ARGS_BIT(ARGS_SINCE) | ARGS_BIT(ARGS_UNTIL) | ARGS_BIT(ARGS_OUT),
	  N_("what happened here, as a file for estated --replay: what would another rule have done?"), cmd_recording,
	  N_("--since is needed (30d, or a time). The history of all points, what people did to alarms and devices, restarts, and\n"
	     "where the clock was set forward, in order of time; one JSON object a line. A point begins with its first sample in\n"
	     "that time. It goes back as far as the history is kept. Then: estated --replay FILE -c CONFIGURATION (see estated(8))."), NULL },
	{ "history", "POINT", 1, 1, ARGS_BIT(ARGS_SINCE) | ARGS_BIT(ARGS_UNTIL) | ARGS_BIT(ARGS_EVERY),
	  N_("what a point was: the samples of the last hour, or --since"), cmd_history,
	  N_("Kept is every change, and every quarter of an hour that it is still so. Samples stay for 60 days, or as\n"
	     "history.keep says; with --every 1h or longer what is left of them for years: least, average (over the time that\n"
	     "each value held) and greatest. -f csv is for spreadsheets."),
	  "@points" },
	{ "summary", "", 0, 0, ARGS_BIT(ARGS_DAY) | ARGS_BIT(ARGS_HOUR),
	  N_("what a day or an hour came to: alarms and how soon somebody came, lifts, estated itself"), cmd_summary,
	  N_("Today so far, or --day; with --hour that hour of it. Computed from what is stored: what uplinks get on the hour and at\n"
	     "midnight is the same. -f json has all figures, with the revision that left last (null: none has)."), NULL },
	{ "sheet", "BUS", 1, 1, 0, N_("the commissioning sheet of a bus: every point with register, raw and value"), cmd_sheet,
	  N_("Text is for paper, with a place for the mark; -f csv opens in Excel with its Chinese right."), "@buses" },
	{ "watch", "[GLOB]", 0, 1, 0, N_("what changes, as it changes, until Ctrl-C"), cmd_watch,
	  N_("Points, alarms and health; GLOB fits points, devices, alarms and those whose reason is such a point.\n"
	     "When estated goes away it waits for it to come back, and catches up."), "@points" },
	{ "alarms show", "ID", 1, 1, 0, N_("one alarm, and what happened to it: who did what, when"), cmd_alarms_show,
	  N_("The last 200 things that happened to it, the oldest first."), "@alarms" },
	{ "alarms people", "ID", 1, 1, ARGS_BIT(ARGS_NAMES) | ARGS_BIT(ARGS_REASON),
	  N_("whom an alarm of a building is about, those first who are to be helped first"), cmd_helped,
	  N_("Of a fire: who is to be fetched; of lift-need, powered-care, door-lone: who needs a lift, power, or a look. --names needs\n"
	     "--reason; who got them and why is in the audit before they are shown."), "@alarms" },
	{ "alarms", "", 0, 0,
	  ARGS_BIT(ARGS_ALL) | ARGS_BIT(ARGS_STATE) | ARGS_BIT(ARGS_PRIORITY) | ARGS_BIT(ARGS_PLACE) | ARGS_BIT(ARGS_SINCE) |
		  ARGS_BIT(ARGS_HEALTH),
	  N_("alarms that are not normal; --health: how many people are told, against what they can bear"), cmd_alarms,
	  N_("--health measures the last seven days: alarms in ten minutes (at most 1), time in a flood (more than ten in ten\n"
	     "minutes; at most 1 %), standing for more than a day (fewer than 5), chattering (three in a minute; none), the\n"
	     "shares of the priorities (1: at most 5 %, 2: at most 15 %, 3 and 4: at least 80 %), and what told most."), NULL },
	{ "ack", "ID", 1, 1, ARGS_BIT(ARGS_NOTE), N_("acknowledge an alarm: somebody looks after it"), cmd_alarms_ack,
	  N_("ID is rule/asset, as 'alarms' shows it. It is on disk when this command is done."), "@alarms" },
	{ "close", "ID", 1, 1, ARGS_BIT(ARGS_OUTCOME) | ARGS_BIT(ARGS_NOTE), N_("close a latched alarm, and say what it was"),
	  cmd_alarms_close, N_("--outcome is needed: real, false, test or duplicate."), "@alarms" },
	{ "shelve", "ID", 1, 1, ARGS_BIT(ARGS_FOR) | ARGS_BIT(ARGS_UNTIL) | ARGS_BIT(ARGS_REASON),
	  N_("put an alarm on the shelf for a while: it goes on counting, nobody is told"), cmd_alarms_shelve,
	  N_("--for (1s to 7d) or --until, and --reason are needed. Then what is so counts: an alarm that holds is told again.\n"
	     "What protects life is never shelved."), "@alarms" },
	{ "unshelve", "ID", 1, 1, ARGS_BIT(ARGS_NOTE), N_("take an alarm off the shelf"), cmd_alarms_unshelve, NULL, "@alarms" },
	{ "comment", "ID", 1, 1, ARGS_BIT(ARGS_NOTE), N_("write something down about an alarm"), cmd_alarms_comment,
	  N_("--note is needed. 'alarms show' tells it."), "@alarms" },
	{ "arrive", "ID", 1, 1, ARGS_BIT(ARGS_NOTE) | ARGS_BIT(ARGS_BY), N_("somebody is there now"), cmd_alarms_arrive,
	  N_("The first arrival is kept with the alarm, with --by; it does not acknowledge it."), "@alarms" },
	{ "contacts", "", 0, 0, 0, N_("people who are told of alarms, what for, where and how"), cmd_people_contacts, NULL, NULL },
	{ "who-is-on", "[PLACE]", 0, 1, 0, N_("who is told now of what happens at a place, in order"), cmd_people_on_duty,
	  N_("By duties, rosters and holidays of this moment. Without PLACE: of what is of no place, as a bus that is down."), NULL },
	{ "handover", "", 0, 0, ARGS_BIT(ARGS_TO) | ARGS_BIT(ARGS_BY) | ARGS_BIT(ARGS_NOTE),
	  N_("what the next shift has to know; --to: hand it over, on the record"), cmd_people_handover,
	  N_("Without --to it shows all alarms that are not normal, what is out of service or in test, and who handed over last.\n"
	     "With --to NAME the audit gets who took over what, when, and --note."), NULL },
	{ "users add", "NAME", 1, 1, ARGS_BIT(ARGS_ROLE) | ARGS_BIT(ARGS_SCOPE),
	  N_("somebody may log in to the page; --role is needed"), cmd_users_add,
	  N_("The password (8 to 256 bytes) is asked for twice on a terminal, without showing it; else it is the first line of standard\n"
	     "input. Without --scope the whole estate is seen. viewer looks, and sees nothing of homes; operator is the desk; care has\n"
	     "the register of residents too; technician has devices and samples; admin everything. There is no first user until you\n"
	     "make one."), NULL },
	{ "users set", "NAME", 1, 1, ARGS_BIT(ARGS_ROLE) | ARGS_BIT(ARGS_SCOPE),
	  N_("another role or other places for a user, who has to log in again"), cmd_users_set, NULL, NULL },
	{ "users passwd", "NAME", 1, 1, ARGS_BIT(ARGS_OWN), N_("another password for a user; ends their sessions"),
	  cmd_users_password,
	  N_("It is asked for as by 'users add'. With --own the old one is asked for first, and nobody needs to be root for it."),
	  NULL },
	{ "users remove", "NAME", 1, 1, 0, N_("a user may not log in any more; ends their sessions"), cmd_users_remove, NULL, NULL },
	{ "users sessions", "[NAME]", 0, 1, ARGS_BIT(ARGS_SESSIONS), N_("who is logged in, from where; --end NAME's sessions"),
	  cmd_users_sessions, NULL, NULL },
	{ "residents list", "[GLOB]", 0, 1,
	  ARGS_BIT(ARGS_PLACE) | ARGS_BIT(ARGS_CATEGORY) | ARGS_BIT(ARGS_NAMES) | ARGS_BIT(ARGS_REASON),
	  N_("the register of residents; as 'residents'"), cmd_residents_list, NULL, NULL },
	{ "residents show", "ID", 1, 1, ARGS_BIT(ARGS_NAMES) | ARGS_BIT(ARGS_SHEET) | ARGS_BIT(ARGS_REASON),
	  N_("one resident; --sheet: with door code, illness, doctor"), cmd_residents_show,
	  N_("Name and telephone number are masked. --names and --sheet need --reason; who got what and why is in the audit before\n"
	     "it is shown. At the desk a sheet is shown while an alarm of priority 1 or 2 is open in the dwelling."), "@residents" },
	{ "residents add", "ID FIELD=VALUE...", 2, 20, ARGS_BIT(ARGS_REASON), N_("somebody new: place=b3/u1/1204 is needed"),
	  cmd_residents_add,
	  N_("Fields: name, place, categories (lives_alone aged disabled dementia empty_nest left_behind special_family\n"
	     "severe_disability, or their Chinese words), needs (mobility oxygen air_mattress care_bed dialysis),\n"
	     "dialysis_days (mon;wed;fri), floor, phone, contacts, grid_worker (ids of contacts), rules ('+night-exit;-drift'), limits\n"
	     "('welfare.buffer=3h'), absences, hospital_until, consent (a day, or refused), door_code, illness, doctor, note,\n"
	     "cards (numbers as readers say them; nobody else has them). Lists are joined by ';'. Whom no category asks for is not\n"
	     "watched, nor who refused it."), NULL },
	{ "residents set", "ID FIELD=VALUE...", 2, 20, ARGS_BIT(ARGS_REASON), N_("change fields of a resident: a new version"),
	  cmd_residents_set, N_("Fields as by 'residents add'; FIELD= empties one. The version before stays in 'residents history'."),
	  "@residents" },
	{ "residents away", "ID", 1, 1, ARGS_BIT(ARGS_FROM) | ARGS_BIT(ARGS_UNTIL) | ARGS_BIT(ARGS_REASON),
	  N_("a planned absence: nobody wonders where the resident is"), cmd_residents_away,
	  N_("--from and --until are days (both belong to it) or times. 'residents set ID absences=' forgets all of them."), "@residents" },
	{ "residents hospital", "ID", 1, 1, ARGS_BIT(ARGS_UNTIL) | ARGS_BIT(ARGS_REASON), N_("in hospital until that day"),
	  cmd_residents_hospital, N_("--until '' says that it is over."), "@residents" },
	{ "residents history", "ID", 1, 1, ARGS_BIT(ARGS_REASON), N_("who changed what of a resident, and when"),
	  cmd_residents_history, N_("--reason is needed: it shows names and sheets as they were."), "@residents" },
	{ "residents erase", "ID", 1, 1, ARGS_BIT(ARGS_REASON), N_("forget a resident, and what the sensors of the home have said"),
	  cmd_residents_erase,
	  N_("All versions go; where nobody else lives there, samples, last values and what was learned of the dwelling go too. That\n"
	     "it was done stays in the audit, without a name. --reason is needed. Older backups still have it all."), "@residents" },
	{ "residents import", "CSV", 1, 1, ARGS_BIT(ARGS_DRY_RUN) | ARGS_BIT(ARGS_REASON),
	  N_("add and change residents by a table: all of it, or nothing"), cmd_residents_import,
	  N_("CSV UTF-8 with a header in English or Chinese, of the fields that 'residents add' names; id, place and categories are\n"
	     "needed. Columns that are not there stay as they are, residents who are not in it too. Every bad cell is named."),
	  "@file" },
	{ "residents export", "", 0, 0, ARGS_BIT(ARGS_REASON) | ARGS_BIT(ARGS_OUT), N_("the whole register as CSV, with names and sheets"),
	  cmd_residents_export, N_("--reason is needed. 'residents import' reads it back. With --out only you may read the file."), NULL },
	{ "residents", "[GLOB]", 0, 1,
	  ARGS_BIT(ARGS_PLACE) | ARGS_BIT(ARGS_CATEGORY) | ARGS_BIT(ARGS_NAMES) | ARGS_BIT(ARGS_REASON),
	  N_("the register of residents: who lives where, and is watched for what"), cmd_residents_list,
	  N_("GLOB fits ids and places. Names are masked; --names shows them with --reason, which goes into the audit."), NULL },
	{ "homes show", "PLACE", 1, 1, 0, N_("one dwelling, and the quiet that is usual there by the hour"), cmd_homes_show, NULL, "@homes" },
	{ "homes", "[GLOB]", 0, 1, 0, N_("the watched dwellings: who is thought to be in, and the last sign of life"), cmd_homes,
	  N_("Who may need somebody comes first: open alarms, then how near the quiet is to what is usual there."), NULL },
	{ "users", "", 0, 0, 0, N_("who may log in to the page, with which role and for which places"), cmd_users_list, NULL, NULL },
	{ "visits due", "", 0, 0, 0, N_("which dwellings are to be visited, and by when"), cmd_visits_due,
	  N_("How often is said by the categories of who lives there, or by their own figure visit.every. Any contact in person\n"
	     "counts: a recorded visit, an arrival, a staff card at the dwelling's own door."), NULL },
	{ "visits done", "PLACE", 1, 1, ARGS_BIT(ARGS_BY) | ARGS_BIT(ARGS_NOTE) | ARGS_BIT(ARGS_AT) | ARGS_BIT(ARGS_PHONE),
	  N_("somebody visited those of a dwelling, or called them; on the record"), cmd_visits_done,
	  N_("PLACE is the dwelling (b3/u1/1204). A call is kept, but does not stand for a visit."), NULL },
	{ "visits list", "", 0, 0, ARGS_BIT(ARGS_SINCE) | ARGS_BIT(ARGS_BY), N_("visits and calls of the last 31 days, the newest first"),
	  cmd_visits_list, NULL, NULL },
	{ "visits figures", "", 0, 0, ARGS_BIT(ARGS_MONTH), N_("visits and calls of a month, by worker and building"),
	  cmd_visits_figures, NULL, NULL },
	{ "response", "", 0, 0, ARGS_BIT(ARGS_MONTH),
	  N_("how fast people acknowledged, arrived and closed, and how many alarms about homes were false"), cmd_visits_response,
	  N_("Of alarms of priority 1 and 2, by building and month, as they are stored. Arrival: the target is 5 minutes, more than\n"
	     "10 are a breach."), NULL },
	{ "out-of-service", "DEVICE", 1, 1, ARGS_BIT(ARGS_FOR) | ARGS_BIT(ARGS_REASON),
	  N_("a device is under maintenance: its alarms are listed, nobody is told"), cmd_modes_service,
	  N_("--for (1s to 90d) and --reason are needed. Alarms that protect life go on all the same."), "@devices" },
	{ "in-service", "DEVICE", 1, 1, 0, N_("maintenance of a device is over"), cmd_modes_in_service, NULL, "@devices" },
	{ "test", "DEVICE | PLACE", 1, 1, ARGS_BIT(ARGS_FOR) | ARGS_BIT(ARGS_REASON),
	  N_("try a device, or all that is at a place: everything runs, marked as test"), cmd_modes_test,
	  N_("For 30m, or --for (1s to 7d); --for 0s ends it. An alarm that still holds then is told again, as real."), "@devices" },
	{ "modes", "", 0, 0, 0, N_("what is out of service or in test, and when each way of help was last proven"), cmd_modes, NULL,
	  NULL },
	{ "rules", "[ID [ASSET]]", 0, 2, ARGS_BIT(ARGS_EXPLAIN), N_("the rules; with an ID, why it is active or why it is not"), cmd_rules,
	  N_("'rules --explain ID ASSET' shows the condition part by part with what each is now, the points it reads, how long\n"
	     "its delay still runs, when it rises, and whether suppressed_when and acked_when hold; without ASSET for all that\n"
	     "it watches, at most 100. Rules that are switched off are not listed."), "@rules @devices" },
	{ "plugins", "", 0, 0, 0, N_("plugins and how they do"), cmd_lists_plugins, NULL, NULL },
	{ "outbox", "", 0, 0, 0, N_("what waits to be delivered, for each uplink and lane"), cmd_lists_outbox, NULL, NULL },
	{ "audit show", "", 0, 0, ARGS_BIT(ARGS_SINCE) | ARGS_BIT(ARGS_KIND) | ARGS_BIT(ARGS_WHO),
	  N_("what was done, by whom, when and why: the last hundred that fit"), cmd_audit_show,
	  N_("With --since up to a thousand. 'audit export' takes all of it along."), NULL },
	{ "audit verify", "[FILE]", 0, 1, ARGS_BIT(ARGS_HEAD),
	  N_("is the record of what was done whole? says which rows are missing, changed or moved"), cmd_audit_verify,
	  N_("Recomputes the chain of hashes, of the running estated or of a FILE that 'audit export' wrote (estated need not run;\n"
	     "'-' reads the standard input). --head is a head that left the box earlier: with a health message, or noted by hand.\n"
	     "Exits 1 when something is wrong."), "@file" },
	{ "audit export", "", 0, 0, ARGS_BIT(ARGS_OUT), N_("the record of what was done, one JSON object a line"),
	  cmd_audit_export, N_("Every line ends with the hash of the line before it and its own: who has the file can verify it alone."),
	  NULL },
	{ "config check", "[FILE]", 0, 1, 0, N_("check a configuration (estated need not run)"), cmd_config_check,
	  N_("Runs 'estated --check'; exits 0 when it can be used, else 1."), "@file" },
	{ "config keys", "[GROUP[.KEY]]", 0, 1, 0, N_("what can be configured, with range and default (estated need not run)"),
	  cmd_config_keys,
	  N_("GROUP is a list or group of the configuration, as 'buses' or 'profiles.points'; one key, as 'buses.baud',\n"
	     "is told in full. RELOAD: live, a change is taken over as estated runs; restarts, what it belongs to is\n"
	     "started anew; identity, another value is another thing."),
	  "@groups" },
	{ "config diff", "", 0, 0, 0, N_("what a reload would change"), cmd_reload_diff, NULL, NULL },
	{ "config reload", "", 0, 0, ARGS_BIT(ARGS_CONFIRM), N_("take over the changed configuration"), cmd_reload,
	  N_("Checked first: with any error the old one stays. An unchanged bus keeps its connection, an unchanged plugin its\n"
	     "process, an open alarm stays. With --confirm-within the old one returns unless 'config confirm' comes in time."),
	  NULL },
	{ "config confirm", "", 0, 0, 0, N_("keep the configuration that was reloaded"), cmd_reload_confirm, NULL, NULL },
	{ "clock set", "TIME", 1, 2, 0, N_("set the clock of this box, where no time service does (root only)"), cmd_clock_set,
	  N_("TIME is \"2026-11-22 03:00\" in the estate's own time, or has an offset: 2026-11-22T03:00:00+08:00."), NULL },
	{ "clock", "", 0, 0, 0, N_("the clock: the time, how far it can be trusted, its last step"), cmd_clock, NULL, NULL },
	{ "log-level", "[ROOM] [LEVEL]", 0, 2, ARGS_BIT(ARGS_FOR), N_("what the log gets; another level for a while"), cmd_log,
	  N_("ROOM is api, app, field, plugin or store; without it all of them. LEVEL is error, warning, notice, info or debug;\n"
	     "'configured' goes back at once. It goes back by itself after --for (1s to 7d, default 1h), and with a restart."),
	  "api|app|field|plugin|store|error|warning|notice|info|debug|configured error|warning|notice|info|debug|configured" },
	{ "import", "CSV", 1, 1, ARGS_BIT(ARGS_CLASS) | ARGS_BIT(ARGS_ID) | ARGS_BIT(ARGS_BASE),
	  N_("make a profile of a maker's register table (estated need not run)"), cmd_import,
	  N_("CSV is a table as a spreadsheet saves it (UTF-8, UTF-16 or GB18030); '-' reads the standard input. Its first row\n"
	     "names the columns, in English or Chinese: address is needed; name, table or function code, bit, type, order, count,\n"
	     "scale, offset, unit, min, max, values (0=off; 1=on), period, access and note are read where they are there. Every\n"
	     "wrong cell is named by row and column. The profile goes to the standard output: save it under profiles/ beside\n"
	     "estated.conf."),
	  "@file" },
	{ "adopt", "ADDRESS", 1, 1,
	  ARGS_BIT(ARGS_PROFILE) | ARGS_BIT(ARGS_CLASS) | ARGS_BIT(ARGS_PLACE) | ARGS_BIT(ARGS_ROOM) | ARGS_BIT(ARGS_ENTRANCE) |
		  ARGS_BIT(ARGS_ID) | ARGS_BIT(ARGS_NAME) | ARGS_BIT(ARGS_PLUGIN) | ARGS_BIT(ARGS_CONFIRM),
	  N_("configure a device that was discovered, and take it over at once"), cmd_adopt,
	  N_("ADDRESS as 'devices --discovered' shows it, or its name there. --place is needed, and --profile where not just one\n"
	     "profile names its model; --class instead of it for a device whose fields have the class's own names. The row goes to\n"
	     "conf.d/adopted.conf beside estated.conf, is checked, and is in force at once; with any error nothing is changed. With\n"
	     "--confirm-within the configuration before returns unless 'config confirm' comes in time. Its id is made of class, place\n"
	     "and room unless --id says another one. A device that nobody has heard of yet needs --plugin."),
	  "@discovered" },
	{ "backup", "FILE", 1, 1, ARGS_BIT(ARGS_CREDENTIALS), N_("all that this box knows, in one file (root only)"), cmd_backup,
	  N_("Alarms, history, outbox, audit and configuration, while estated goes on. FILE is there whole or not at all, and\n"
	     "only for root to read: it has data of residents. Secrets beside the configuration stay here without\n"
	     "--with-credentials. 'tar --zstd -tvf FILE' shows what is in it."),
	  "@file" },
	{ "restore", "FILE", 1, 1, ARGS_BIT(ARGS_STATE_DIR) | ARGS_BIT(ARGS_CONFIG),
	  N_("a backup back in place, here or on a new box (estated stopped; root only)"), cmd_restore,
	  N_("Every file is compared with the backup's list first. What is there now goes into folders before-restore-DATE.\n"
	     "Receivers are not given a number twice: each lane goes on behind all that can have been given, with a gap\n"
	     "record. Then: systemctl start estated."),
	  "@file" },
	{ "doctor", "[FILE]", 0, 1, 0, N_("look the whole box over: what is wrong, and what to do (estated need not run)"),
	  cmd_doctor,
	  N_("Runs 'estated --doctor' and, where estated runs, adds what it knows: silent units and devices, plugins, what\n"
	     "is not delivered. FILE is a configuration other than the one in use. Exits 1 when something is at fault."),
	  "@file" },
	{ "wait", "[ready | alarm ID [STATE] | no-alarm [ID]]", 0, 3, ARGS_BIT(ARGS_FOR),
	  N_("wait until estated is ready, or an alarm comes or goes"), cmd_wait,
	  N_("Exits 0 when it is so, 1 when it is not within --for (default 30s). 'alarm ID' waits until it is\n"
	     "not normal, or in STATE (unacked, acked, …); 'no-alarm' until none stands, or the one of that ID is normal."),
	  "ready|alarm|no-alarm @alarms unacked|acked|rtn_unacked|latched|shelved|suppressed|out_of_service" },
	{ "version", "", 0, 0, 0, N_("say which version this is"), run_version, NULL, NULL },
	{ "help", "[COMMAND]", 0, 2, 0, N_("say what there is, or how one command is used"), run_help, NULL, "@commands" },
	{ "print", "commands | options | completion", 1, 1, 0, NULL, cmd_print, NULL, NULL },
	{ 0 }
};
/* clang-format on */

const struct command *command_all(void)
{
	return commands;
}

static bool is_called(const struct command *command, const struct args *args, size_t *ret_words)
{
	const char *space = strchr(command->name, ' ');
	size_t len = space ? (size_t)(space - command->name) : strlen(command->name);

	if (args->count == 0 || strlen(args->words[0]) != len || memcmp(args->words[0], command->name, len) != 0)
		return false;
	if (space && (args->count < 2 || !str_equal(args->words[1], space + 1)))
		return false;
	*ret_words = space ? 2 : 1;
	return true;
}

static void drop_words(struct args *args, size_t count)
{
	for (size_t i = count; i < args->count; i++)
		args->words[i - count] = args->words[i];
	args->count -= count;
}

static bool first_is(const struct command *c, const char *word)
{
	size_t len = strlen(word);

	return strncmp(c->name, word, len) == 0 && c->name[len] == ' ';
}

/* Of two words: "conifg check", "config chekc". */
static const char *nearest_pair(const char *called)
{
	struct str_nearest nearest = { .word = called };

	for (const struct command *c = commands; c->name; c++)
		if (strchr(c->name, ' '))
			str_nearest_try(&nearest, c->name);
	return nearest.best;
}

/* By the first word: "conifg" is config check and others. */
static const char *nearest_first(const char *called)
{
	const char *best = NULL;
	unsigned distance = 0;

	for (const struct command *c = commands; c->name; c++) {
		struct str_buf first _cleanup_str_buf_ = { 0 };
		struct str_nearest one = { .word = called };

		str_buf_add_len(&first, c->name, strcspn(c->name, " "));
		if (c->help)
			str_nearest_try(&one, str_buf_text(&first));
		if (!one.best || (best && one.distance >= distance))
			continue;
		best = c->name;
		distance = one.distance;
	}
	return best;
}

static void say_unknown(const struct args *args)
{
	struct str_buf called _cleanup_str_buf_ = { 0 };
	const char *family = NULL, *nearest = NULL;

	for (const struct command *c = commands; c->name && !family; c++)
		if (first_is(c, args->words[0]))
			family = c->name;
	str_buf_printf(&called, "%s%s%s", args->words[0], args->count > 1 ? " " : "",
		       args->count > 1 ? args->words[1] : "");
	if (args->count > 1)
		nearest = nearest_pair(str_buf_text(&called));
	if (!nearest) {
		str_buf_clear(&called);
		str_buf_add(&called, args->words[0]);
		nearest = family ? NULL : nearest_first(args->words[0]);
	}
	if (nearest)
		fprintf(stderr, _("estatectl: unknown command '%s'; did you mean '%s'?\n"), str_buf_text(&called),
			nearest);
	else if (family)
		fprintf(stderr, _("estatectl: '%s': expected '%s'; see 'estatectl help'\n"), args->words[0], family);
	else
		fprintf(stderr, _("estatectl: unknown command '%s'; see 'estatectl help'\n"), args->words[0]);
}

const struct command *command_find(struct args *args)
{
	size_t words = 0;

	if (args->count == 0)
		return &commands[0];
	for (const struct command *c = commands; c->name; c++)
		if (is_called(c, args, &words)) {
			drop_words(args, words);
			return c;
		}
	say_unknown(args);
	return NULL;
}

bool command_takes(const struct command *command, const struct args *args)
{
	for (size_t i = 0; i < ARGS_OPTIONS; i++)
		if (args->values[i] && !(ARGS_BIT(i) & (ARGS_GLOBAL | command->options))) {
			fprintf(stderr, _("estatectl: '%s' does not take %s; see 'estatectl help %s'\n"), command->name,
				args_rows[i].name, command->name);
			return false;
		}
	if (args->count >= command->min_words && args->count <= command->max_words)
		return true;
	fprintf(stderr, _("estatectl: usage: estatectl %s %s\n"), command->name, command->words);
	return false;
}

/* "  left   help", aligned by what is seen. */
static void print_row(const struct str_buf *left, size_t width, const char *help, FILE *to)
{
	struct str_buf line _cleanup_str_buf_ = { 0 };

	width_pad(&line, str_buf_text(left), width);
	fprintf(to, "  %s  %s\n", str_buf_text(&line), words_tr(help));
}

static void print_options(uint64_t options, FILE *to)
{
	for (size_t i = 0; i < ARGS_OPTIONS; i++) {
		struct str_buf left _cleanup_str_buf_ = { 0 };
		const struct args_row *row = &args_rows[i];

		if (!(options & ARGS_BIT(i)))
			continue;
		str_buf_printf(&left, "%s%s%s%s%s", row->short_name ? row->short_name : "", row->short_name ? ", " : "",
			       row->name, row->value ? " " : "", row->value ? row->value : "");
		print_row(&left, 26, row->help, to);
	}
}

static void print_command(const struct command *c, FILE *to)
{
	struct str_buf left _cleanup_str_buf_ = { 0 };

	str_buf_printf(&left, "%s %s", c->name, strlen(c->words) > 12 ? "…" : c->words);
	if (c->help)
		print_row(&left, 20, c->help, to);
}

/* All commands that begin with this word; false: there is none, or it is a command itself. */
static bool help_family(const char *word, FILE *to)
{
	size_t len = strlen(word), count = 0;

	for (const struct command *c = commands; c->name; c++)
		if (str_equal(c->name, word))
			return false;
	for (const struct command *c = commands; c->name; c++)
		if (str_starts(c->name, word) && c->name[len] == ' ' && ++count)
			print_command(c, to);
	return count > 0;
}

void command_help_all(FILE *to)
{
	fprintf(to, "%s\n\n", _("usage: estatectl [OPTIONS] [COMMAND] …"));
	for (const struct command *c = commands; c->name; c++)
		print_command(c, to);
	fprintf(to, "\n%s\n", _("options, before or after the command:"));
	print_options(ARGS_GLOBAL, to);
	fprintf(to, "\n%s\n",
		_("exit: 0 done, 1 failed, 2 usage, 3 estated does not run, 4 something is in alarm (status "
		  "--check)"));
}

void command_help(const struct command *command, FILE *to)
{
	fprintf(to, _("usage: estatectl %s %s\n"), command->name, command->words);
	if (command->help)
		fprintf(to, "%s\n", _(command->help));
	if (command->details)
		fprintf(to, "\n%s\n", _(command->details));
	if (command->options) {
		fprintf(to, "\n");
		print_options(command->options, to);
	}
}

static enum ctl_exit run_help(struct ctl *c)
{
	const struct command *command;

	if (c->args.count == 0) {
		command_help_all(c->out.to);
		return CTL_DONE;
	}
	if (c->args.count == 1 && help_family(c->args.words[0], c->out.to))
		return CTL_DONE;
	command = command_find(&c->args);
	if (!command)
		return CTL_USAGE;
	command_help(command, c->out.to);
	return CTL_DONE;
}

static enum ctl_exit run_version(struct ctl *c)
{
	fprintf(c->out.to, "estatectl %s\n", PACKAGE_VERSION);
	return CTL_DONE;
}
