-- The language in which addresses are looked up.
-- Locks: access exclusive on settings

alter table settings add language text not null default 'en';
