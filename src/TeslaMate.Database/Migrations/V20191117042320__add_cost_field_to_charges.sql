-- What a charging process cost, entered by the user.

alter table charging_processes add cost numeric(6, 2);
