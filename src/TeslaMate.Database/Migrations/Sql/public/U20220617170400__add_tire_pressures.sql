-- Locks: access exclusive on positions
-- Loses: tyre pressures of positions

drop function convert_tire_pressure(numeric, varchar);

alter table positions
    drop tpms_pressure_rr,
    drop tpms_pressure_rl,
    drop tpms_pressure_fr,
    drop tpms_pressure_fl;
