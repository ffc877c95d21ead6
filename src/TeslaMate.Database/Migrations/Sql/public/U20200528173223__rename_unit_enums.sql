alter type unit_of_temperature rename to temperature;
alter type unit_of_length rename to length;
