-- Rewrites: geofences
-- Locks: access exclusive on geofences
-- Loses: fractions of a cent of the prices of geofences; they are rounded to whole cents

alter table geofences alter cost_per_kwh type numeric(6, 2);
