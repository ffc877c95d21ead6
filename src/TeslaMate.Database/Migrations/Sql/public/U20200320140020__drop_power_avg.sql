-- The column comes back empty.
-- Locks: access exclusive on drives

alter table drives add power_avg double precision;
