-- Locks: access exclusive on tokens
-- Loses: the account's tokens; a new sign-in follows

drop table tokens;
