-- Tesla's tokens outgrew 255 characters.

alter table tokens
    alter access type text,
    alter refresh type text;
