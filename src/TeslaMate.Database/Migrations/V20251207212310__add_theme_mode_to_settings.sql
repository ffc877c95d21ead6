-- Light pages, dark pages, or as the browser says.

alter table settings add theme_mode text not null default 'system';
