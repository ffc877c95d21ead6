-- A pause that was raised to 21 minutes stays.
-- Locks: access exclusive on settings
-- Loses: a pause of less than 21 minutes that was chosen since, when going forward again

alter table settings alter suspend_min set default 12;
