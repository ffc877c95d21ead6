-- The charger's readings during a charging process.
-- Locks: share row exclusive on charging_processes

create table charges (
    id bigserial constraint charges_pkey primary key,
    date timestamp(0) not null,
    battery_heater_on boolean,
    battery_level int,
    charge_energy_added double precision not null,
    charger_actual_current int,
    charger_phases int,
    charger_pilot_current int,
    charger_power double precision not null,
    charger_voltage int,
    fast_charger_present boolean,
    conn_charge_cable varchar(255),
    fast_charger_brand varchar(255),
    fast_charger_type varchar(255),
    ideal_battery_range_km double precision not null,
    not_enough_power_to_heat boolean,
    outside_temp double precision,
    charging_process_id bigint not null
        constraint charges_charging_process_id_fkey references charging_processes (id)
);
