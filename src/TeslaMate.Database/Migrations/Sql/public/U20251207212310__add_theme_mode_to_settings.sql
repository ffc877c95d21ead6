-- Locks: access exclusive on settings
-- Loses: the theme of the pages

alter table settings drop theme_mode;
