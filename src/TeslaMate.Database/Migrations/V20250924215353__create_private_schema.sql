-- Dashboards read schema public; the tokens are none of their business.

create schema if not exists private;

alter table public.tokens set schema private;
