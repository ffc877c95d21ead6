-- What concerns falling asleep is set per car. Every car starts with what was set for all; numbers that the program never offered stop the step.
-- Locks: access exclusive on cars, settings

do $$
declare
    shared settings;
begin
    if (select count(*) from settings) <> 1 then
        raise exception 'settings must hold exactly one row, it holds %', (select count(*) from settings)
            using hint = 'Keep the row that you use, or insert one: insert into settings (inserted_at, updated_at) values (now(), now())';
    end if;

    select * into shared from settings;
    if exists (select from cars) and (shared.suspend_min not between 1 and 90 or shared.suspend_after_idle_min not between 1 and 60) then
        raise exception 'settings.suspend_min is % and must be 1 to 90; settings.suspend_after_idle_min is % and must be 1 to 60',
            shared.suspend_min, shared.suspend_after_idle_min
            using hint = 'update settings set suspend_min = 21, suspend_after_idle_min = 15';
    end if;
end
$$;

create table car_settings (
    id bigserial constraint car_settings_pkey primary key,
    suspend_min int not null default 21,
    suspend_after_idle_min int not null default 15,
    req_no_shift_state_reading boolean not null default false,
    req_no_temp_reading boolean not null default false,
    req_not_unlocked boolean not null default true
);

alter table cars add settings_id bigint;

-- Ids follow the order in which the cars are stored.
insert into car_settings (suspend_min, suspend_after_idle_min, req_no_shift_state_reading, req_no_temp_reading, req_not_unlocked)
select settings.suspend_min, settings.suspend_after_idle_min,
       settings.req_no_shift_state_reading, settings.req_no_temp_reading, settings.req_not_unlocked
from cars
cross join settings
order by cars.ctid;

update cars
set settings_id = numbered.settings_id
from (select id, row_number() over (order by ctid) as settings_id from cars) as numbered
where cars.id = numbered.id;

alter table cars
    add constraint cars_settings_id_fkey foreign key (settings_id) references car_settings (id),
    alter settings_id set not null;

create unique index cars_settings_id_index on cars (settings_id);

alter table settings
    drop suspend_min,
    drop suspend_after_idle_min,
    drop req_no_shift_state_reading,
    drop req_no_temp_reading,
    drop req_not_unlocked;
