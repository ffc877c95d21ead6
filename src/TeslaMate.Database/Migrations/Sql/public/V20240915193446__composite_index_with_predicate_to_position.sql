-- Dashboards look for the last position with a range, which only polled positions have.
-- Scans: positions
-- Locks: share on positions

create index "positions_car_id_date__ideal_battery_range_km_IS_NOT_NULL_index"
    on positions (car_id, date, (ideal_battery_range_km is not null)) where ideal_battery_range_km is not null;
