-- Name, VIN and trim of a car; filled in when the program next sees it.

alter table cars
    add vin text,
    add name text,
    add version text;
