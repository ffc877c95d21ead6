-- The version before took the kind of such charges from rows without power, and makes it anew.
delete from teslamate.charge_samples where power_max <= 0;
