-- The language in which addresses are looked up.

alter table settings add language text not null default 'en';
