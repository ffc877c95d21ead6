alter table charging_processes alter start_date drop not null;
