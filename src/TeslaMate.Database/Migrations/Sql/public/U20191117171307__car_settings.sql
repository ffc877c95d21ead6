-- All cars share one setting again: that of the first car.
-- Locks: access exclusive on car_settings, cars, settings
-- Loses: the sleep settings of every car but the first

alter table settings
    add suspend_min int not null default 21,
    add suspend_after_idle_min int not null default 15,
    add req_no_shift_state_reading boolean not null default false,
    add req_no_temp_reading boolean not null default false,
    add req_not_unlocked boolean not null default true;

update settings
set suspend_min = first_car.suspend_min,
    suspend_after_idle_min = first_car.suspend_after_idle_min,
    req_no_shift_state_reading = first_car.req_no_shift_state_reading,
    req_no_temp_reading = first_car.req_no_temp_reading,
    req_not_unlocked = first_car.req_not_unlocked
from (
    select car_settings.*
    from cars
    join car_settings on car_settings.id = cars.settings_id
    order by cars.id
    limit 1
) as first_car;

alter table cars drop settings_id;

drop table car_settings;
