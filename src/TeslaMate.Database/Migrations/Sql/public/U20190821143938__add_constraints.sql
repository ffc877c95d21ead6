-- Locks: access exclusive on states, updates

alter table updates drop constraint positive_duration;
alter table states drop constraint positive_duration;

drop index "states_car_id__end_date_IS_NULL_index";
