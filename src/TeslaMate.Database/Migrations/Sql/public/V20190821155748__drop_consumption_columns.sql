-- Consumption follows from range and efficiency; the stored one was wrong whenever the efficiency changed.
-- Locks: access exclusive on drives

alter table drives
    drop "consumption_kWh",
    drop "consumption_kWh_100km";
