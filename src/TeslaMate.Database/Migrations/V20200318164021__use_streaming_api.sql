-- Whether a car's positions are streamed.

alter table car_settings add use_streaming_api boolean not null default true;
