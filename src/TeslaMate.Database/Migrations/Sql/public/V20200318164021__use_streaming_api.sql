-- Whether a car's positions are streamed.
-- Locks: access exclusive on car_settings

alter table car_settings add use_streaming_api boolean not null default true;
