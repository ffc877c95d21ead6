-- A schema that holds anything else stays, and so does the step.
-- Locks: access exclusive on private.tokens

alter table private.tokens set schema public;

drop schema private;
