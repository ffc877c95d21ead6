-- Rows without power no longer say whether a charge was AC or DC (M6): what was kept of charges that have no others is made anew.
delete from teslamate.charge_samples where power_max <= 0;
