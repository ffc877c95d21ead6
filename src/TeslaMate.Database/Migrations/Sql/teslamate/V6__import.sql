-- What imports have read: which rows are theirs, which periods they cover, and how each file went. Nothing exists before.
create table teslamate.imported_entries (
    kind text not null,
    entry_id integer not null,
    car_id smallint not null constraint imported_entries_car_id_fkey references public.cars (id) on delete cascade,
    run_id bigint not null,
    constraint imported_entries_pkey primary key (kind, entry_id)
);
comment on table teslamate.imported_entries is 'rows that an import wrote: states, drives, charging processes, updates, and positions outside of drives';

create table teslamate.import_coverage (
    id bigint generated always as identity constraint import_coverage_pkey primary key,
    car_id smallint not null constraint import_coverage_car_id_fkey references public.cars (id) on delete cascade,
    run_id bigint not null,
    from_date timestamp not null,
    to_date timestamp not null,
    constraint import_coverage_order check (to_date >= from_date)
);
create index import_coverage_car_id_index on teslamate.import_coverage (car_id);
comment on table teslamate.import_coverage is 'periods of which imports have read all rows; both ends belong to them';

create table teslamate.import_files (
    id bigint generated always as identity constraint import_files_pkey primary key,
    run_id bigint not null,
    car_id smallint constraint import_files_car_id_fkey references public.cars (id) on delete cascade,
    file_name text not null,
    fingerprint text not null,
    rows integer not null,
    imported integer not null,
    rejected integer not null,
    completed_at timestamp not null
);
create unique index import_files_identity on teslamate.import_files (fingerprint, file_name, car_id);
comment on table teslamate.import_files is 'files that were read to their end; the same file of the same car is not read again';
