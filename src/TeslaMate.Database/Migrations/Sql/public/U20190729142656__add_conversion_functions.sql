drop function convert_celsius;
drop function convert_km;
