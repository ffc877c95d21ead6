-- Loses: whether a car's positions are streamed

alter table car_settings drop use_streaming_api;
