-- Which instance logs which car, and how far that car's log is written. Both are small tables of one row a car; no existing row is touched.
-- A writer proves with claim_batches, in the transaction of its rows, that the car is still its own and that its batches are new: that makes a batch count
-- once, however often it is sent. The open drive and charging process are kept here because the tables of the reference have no index to find them by.
create table teslamate.car_leases (
    car_id smallint not null
        constraint car_leases_pkey primary key
        constraint car_leases_car_id_fkey references public.cars (id) on delete cascade,
    session uuid not null,
    instance uuid not null,
    host text not null,
    expires_at timestamp with time zone not null
);
comment on column teslamate.car_leases.session is 'one run of one instance';
comment on column teslamate.car_leases.instance is 'the state folder of an instance; its next run takes over at once';

create table teslamate.car_logs (
    car_id smallint not null
        constraint car_logs_pkey primary key
        constraint car_logs_car_id_fkey references public.cars (id) on delete cascade,
    session uuid not null,
    instance uuid not null,
    epoch uuid not null,
    last_batch bigint not null default 0,
    drive_id integer,
    charging_process_id integer
) with (fillfactor = 50);
comment on column teslamate.car_logs.epoch is 'changes when another instance takes the car over: what the former one still has on its disk is void then';
comment on column teslamate.car_logs.last_batch is 'the number of the newest batch of entries that is written';

create function teslamate.claim_batches(writer uuid, cars smallint[], firsts bigint[], lasts bigint[]) returns void
    language plpgsql
    as $$
declare
    claimed integer;
begin
    -- In one order, so that two writers never wait for each other.
    perform from teslamate.car_logs log where log.car_id = any (cars) order by log.car_id for update;
    update teslamate.car_logs log
    set last_batch = batch.last
    from unnest(cars, firsts, lasts) as batch (car_id, first, last)
    where log.car_id = batch.car_id and log.session = writer and log.last_batch < batch.first;
    get diagnostics claimed = row_count;
    if claimed = cardinality(cars) then
        return;
    end if;
    if (select count(*) from teslamate.car_logs log where log.car_id = any (cars) and log.session = writer) < cardinality(cars) then
        raise exception 'another instance logs this car' using errcode = 'TM001';
    end if;
    raise exception 'this batch is written already' using errcode = 'TM002';
end
$$;
