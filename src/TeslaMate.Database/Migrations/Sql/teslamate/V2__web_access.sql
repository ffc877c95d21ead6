-- Who may see the pages: a password and a token for the PUT routes (as hashes), and the sessions that the password opened. Nothing exists before.
create table teslamate.web_access (
    only_row boolean not null default true constraint web_access_pkey primary key constraint web_access_only_row check (only_row),
    password text,
    api_token bytea,
    changed_at timestamp not null
);
create table teslamate.web_sessions (
    id bytea not null constraint web_sessions_pkey primary key,
    started_at timestamp not null,
    expires_at timestamp not null
);
create index web_sessions_expires_at_index on teslamate.web_sessions (expires_at);
