-- Tokens are stored encrypted, by a cipher that PostgreSQL does not have: between the two halves of this file the program fills the new columns of each
-- row, generating a key if none is given. An installation without tokens needs no key. Run by another tool, the file refuses to lose tokens.
-- Locks: access exclusive on tokens

alter table tokens
    add encrypted_refresh bytea,
    add encrypted_access bytea;

-- step: encrypt tokens

do $$
begin
    if exists (select from tokens where encrypted_refresh is null or encrypted_access is null) then
        raise exception 'tokens must be encrypted before their plain texts are dropped'
            using hint = 'Run this step by teslamate migrate, or delete the tokens and sign in again afterwards.';
    end if;
end
$$;

alter table tokens
    drop access,
    drop refresh;

alter table tokens rename encrypted_refresh to refresh;
alter table tokens rename encrypted_access to access;
