-- Whoever reads miles gets imperial units, whatever they read temperatures in.
-- Locks: access exclusive on settings
-- Loses: the unit of temperature where it differs from that of length

alter table settings add use_imperial_units boolean not null default false;

update settings set use_imperial_units = true where unit_of_length = 'mi';

alter table settings
    drop unit_of_temperature,
    drop unit_of_length;

drop type temperature;
drop type length;
