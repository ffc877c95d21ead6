-- The pressure of each tyre in bar; unknown for older positions.
-- Locks: access exclusive on positions

alter table positions
    add tpms_pressure_fl numeric(4, 1),
    add tpms_pressure_fr numeric(4, 1),
    add tpms_pressure_rl numeric(4, 1),
    add tpms_pressure_rr numeric(4, 1);

create or replace function convert_tire_pressure(n numeric, varchar) returns numeric
language sql as $$
    select case $2 when 'bar' then $1
                   when 'psi' then $1 * 14.503773773
           end
$$;
