-- Databases of older releases prefer the ideal range by default; new rows prefer the rated one. The existing row stays.
-- Locks: access exclusive on settings

alter table settings
    alter preferred_range set default 'rated',
    alter preferred_range set not null;
