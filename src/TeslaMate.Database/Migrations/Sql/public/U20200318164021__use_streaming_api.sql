-- Locks: access exclusive on car_settings
-- Loses: whether a car's positions are streamed

alter table car_settings drop use_streaming_api;
