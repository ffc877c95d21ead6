-- Locks: access exclusive on settings
-- Loses: the preferred range

alter table settings drop preferred_range;

drop type range;
