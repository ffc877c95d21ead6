-- Prices have fractions of a cent. One of 100 and above stops the step.
-- Rewrites: geofences
-- Locks: access exclusive on geofences

alter table geofences alter cost_per_kwh type numeric(6, 4);
