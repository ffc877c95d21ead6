-- An unlocked car falls asleep as well; rows that exist stay.
-- Locks: access exclusive on car_settings

alter table car_settings
    alter req_not_unlocked set default false,
    alter req_not_unlocked set not null;
