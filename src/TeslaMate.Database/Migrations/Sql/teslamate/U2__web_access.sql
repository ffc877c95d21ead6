-- Loses: the password and token of the pages, and all sessions.
drop table teslamate.web_sessions;
drop table teslamate.web_access;
