-- The columns were required: a car whose model or efficiency is unknown gets an empty model and the efficiency 0.
-- Locks: access exclusive on cars
-- Loses: that the model or the efficiency of a car is unknown

alter table cars rename trim_badging to version;

update cars
set model = coalesce(model, ''), efficiency = coalesce(efficiency, 0)
where model is null or efficiency is null;

alter table cars
    alter model set not null,
    alter efficiency set not null;
