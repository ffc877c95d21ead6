-- A schema that holds anything else stays, and so does the step.

alter table private.tokens set schema public;

drop schema private;
