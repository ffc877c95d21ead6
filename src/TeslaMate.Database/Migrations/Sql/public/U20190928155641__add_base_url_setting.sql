-- Locks: access exclusive on settings
-- Loses: the address of this program's pages

alter table settings drop base_url;
