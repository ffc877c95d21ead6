-- A pause that was raised to 21 minutes stays.
-- Locks: access exclusive on settings

alter table settings alter suspend_min set default 12;
