-- What an import has read and what it refused, so that an interrupted one goes on where it stopped.
-- Locks: share row exclusive on cars

create table import_runs (
    id bigserial constraint import_runs_pkey primary key,
    source_key varchar(255) not null,
    status varchar(255) not null,
    timezone varchar(255) not null,
    date_limit timestamp,
    date_limit_captured boolean not null default false,
    car_id bigint constraint import_runs_car_id_fkey references cars (id) on delete set null,
    inserted_at timestamp not null,
    updated_at timestamp not null
);

create unique index import_runs_one_running_per_source on import_runs (source_key) where status = 'running';

create table import_file_checkpoints (
    id bigserial constraint import_file_checkpoints_pkey primary key,
    run_id bigint not null constraint import_file_checkpoints_run_id_fkey references import_runs (id) on delete cascade,
    file_name varchar(255) not null,
    file_fingerprint varchar(255) not null,
    completed_at timestamp not null,
    inserted_at timestamp not null,
    updated_at timestamp not null
);

create unique index import_file_checkpoints_identity on import_file_checkpoints (run_id, file_name, file_fingerprint);

create table import_rejections (
    id bigserial constraint import_rejections_pkey primary key,
    run_id bigint not null constraint import_rejections_run_id_fkey references import_runs (id) on delete cascade,
    file_name varchar(255) not null,
    file_fingerprint varchar(255) not null,
    "row" int not null,
    reason varchar(255) not null,
    fields varchar(255)[] not null default array[]::varchar[],
    inserted_at timestamp not null,
    updated_at timestamp not null
);

create unique index import_rejections_row_identity on import_rejections (run_id, file_name, file_fingerprint, "row");
