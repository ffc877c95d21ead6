-- Dashboards read schema public; the tokens are none of their business.
-- Locks: access exclusive on tokens

create schema if not exists private;

alter table public.tokens set schema private;
