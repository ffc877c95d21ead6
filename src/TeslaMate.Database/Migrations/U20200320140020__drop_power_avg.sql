-- The column comes back empty.

alter table drives add power_avg double precision;
