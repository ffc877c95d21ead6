-- Loses: the keys of the pages' forms, whose and how old sessions are, and the sessions that no password opened.
drop table teslamate.web_keys;
delete from teslamate.web_sessions where method <> 'password';
alter table teslamate.web_sessions
    drop column subject,
    drop column method,
    drop column address,
    drop column agent,
    drop column used_at,
    drop column confirmed_at;
