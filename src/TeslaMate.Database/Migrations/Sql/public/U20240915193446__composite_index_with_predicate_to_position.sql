-- Locks: access exclusive on positions

drop index "positions_car_id_date__ideal_battery_range_km_IS_NOT_NULL_index";
