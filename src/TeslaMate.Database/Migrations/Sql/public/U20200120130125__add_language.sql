-- Locks: access exclusive on settings
-- Loses: the language of addresses

alter table settings drop language;
