-- Tokens that do not fit are deleted rather than stopping the way back.
-- Rewrites: tokens
-- Locks: access exclusive on tokens
-- Loses: tokens of more than 255 characters; a new sign-in follows

delete from tokens where greatest(length(access), length(refresh)) > 255;

alter table tokens
    alter refresh type varchar(255),
    alter access type varchar(255);
