-- Between the two halves of this file the program decrypts what it can; a row that it leaves empty is deleted.
-- Locks: access exclusive on tokens
-- Loses: tokens whose encryption key is not at hand; a new sign-in follows

alter table tokens rename access to encrypted_access;
alter table tokens rename refresh to encrypted_refresh;
alter table tokens
    add access text,
    add refresh text;

-- step: decrypt tokens

delete from tokens where access is null or refresh is null;

alter table tokens
    alter access set not null,
    alter refresh set not null,
    drop encrypted_access,
    drop encrypted_refresh;
