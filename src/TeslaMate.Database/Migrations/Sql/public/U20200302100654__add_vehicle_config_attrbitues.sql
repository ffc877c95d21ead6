-- Locks: access exclusive on cars
-- Loses: colour, spoiler and wheels of the cars

alter table cars
    drop wheel_type,
    drop spoiler_type,
    drop exterior_color;
