-- The types are named for what they are.

alter type length rename to unit_of_length;
alter type temperature rename to unit_of_temperature;
