-- 21 minutes without polling is what newer cars need to fall asleep; whoever chose more keeps it.
-- Locks: access exclusive on settings

alter table settings alter suspend_min set default 21;

update settings set suspend_min = 21 where suspend_min < 21;
