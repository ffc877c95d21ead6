-- The next start takes what it finds for known, and tells nothing of it.
drop table teslamate.event_memories;
