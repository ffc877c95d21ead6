-- Light pages, dark pages, or as the browser says.
-- Locks: access exclusive on settings

alter table settings add theme_mode text not null default 'system';
