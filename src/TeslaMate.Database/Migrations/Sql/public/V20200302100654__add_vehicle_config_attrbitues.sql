-- How a car looks, for its picture.
-- Locks: access exclusive on cars

alter table cars
    add exterior_color text,
    add spoiler_type text,
    add wheel_type text;
