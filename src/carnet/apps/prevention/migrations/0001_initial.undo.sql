DROP FUNCTION prevention_feed_of(bytea, date);
DROP FUNCTION prevention_to_look(date, int);
DROP FUNCTION prevention_due_reminders(date, date, int);
DROP TABLE prevention_said, prevention_event, prevention_feed, prevention_choice, prevention_edition CASCADE;
DROP FUNCTION prevention_edition_kept();
