-- Model and efficiency of a new car are not known at once. What was called version is Tesla's trim badging.
-- Locks: access exclusive on cars

alter table cars
    alter efficiency drop not null,
    alter model drop not null;

alter table cars rename version to trim_badging;
