-- Streaming proved itself: it is switched on for every car.
-- Locks: row exclusive on car_settings

update car_settings set use_streaming_api = true where not use_streaming_api;
