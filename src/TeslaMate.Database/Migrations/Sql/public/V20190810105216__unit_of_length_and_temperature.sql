-- One flag becomes two units: imperial is miles and Fahrenheit.
-- Locks: access exclusive on settings

do $$
begin
    if (select count(*) from settings) <> 1 then
        raise exception 'settings must hold exactly one row, it holds %', (select count(*) from settings)
            using hint = 'Keep the row that you use, or insert one: insert into settings (inserted_at, updated_at) values (now(), now())';
    end if;
end
$$;

create type length as enum ('km', 'mi');
create type temperature as enum ('C', 'F');

alter table settings
    add unit_of_length length not null default 'km',
    add unit_of_temperature temperature not null default 'C';

update settings set unit_of_length = 'mi', unit_of_temperature = 'F' where use_imperial_units;

alter table settings drop use_imperial_units;
