drop function convert_m;
