-- Tesla's tokens outgrew 255 characters.
-- Locks: access exclusive on tokens

alter table tokens
    alter access type text,
    alter refresh type text;
