-- Costs that do not fit stop the way back: they were entered by the user, and nobody but the user can say what to do with them.
-- Rewrites: charging_processes, geofences
-- Locks: access exclusive on charging_processes, geofences

do $$
begin
    if exists (select from geofences where abs(cost_per_unit) > 99.9999) then
        raise exception 'cannot restore geofences.cost_per_unit to numeric(6,4): values exceed 99.9999'
            using hint = 'select id, name, cost_per_unit from geofences where abs(cost_per_unit) > 99.9999';
    end if;
    if exists (select from geofences where abs(session_fee) > 9999.99) then
        raise exception 'cannot restore geofences.session_fee to numeric(6,2): values exceed 9999.99'
            using hint = 'select id, name, session_fee from geofences where abs(session_fee) > 9999.99';
    end if;
    if exists (select from charging_processes where abs(cost) > 9999.99) then
        raise exception 'cannot restore charging_processes.cost to numeric(6,2): values exceed 9999.99'
            using hint = 'select id, start_date, cost from charging_processes where abs(cost) > 9999.99';
    end if;
end
$$;

alter table geofences
    alter cost_per_unit type numeric(6, 4),
    alter session_fee type numeric(6, 2);

alter table charging_processes alter cost type numeric(6, 2);
