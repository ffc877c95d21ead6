-- Prices have fractions of a cent. One of 100 and above stops the step.

alter table geofences alter cost_per_kwh type numeric(6, 4);
