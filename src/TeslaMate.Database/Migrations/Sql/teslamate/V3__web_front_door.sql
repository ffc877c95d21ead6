-- Sessions say whose they are, how and where from they are used, so that the owner can look through them and end one. Those there are were opened by the password.
-- The keys of the pages' forms outlive a restart and are shared by all instances; each secret is encrypted with ENCRYPTION_KEY. Small tables; nothing is locked for long.
alter table teslamate.web_sessions
    add column subject text not null default 'owner',
    add column method text not null default 'password',
    add column address text,
    add column agent text,
    add column used_at timestamp,
    add column confirmed_at timestamp;
comment on column teslamate.web_sessions.method is 'password or oidc';
comment on column teslamate.web_sessions.confirmed_at is 'when the owner last proved to be the owner';
create table teslamate.web_keys (
    id uuid not null constraint web_keys_pkey primary key,
    created_at timestamp not null,
    activates_at timestamp not null,
    expires_at timestamp not null,
    secret bytea not null
);
