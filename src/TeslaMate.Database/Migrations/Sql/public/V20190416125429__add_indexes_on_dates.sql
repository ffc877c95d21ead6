-- Dashboards ask for a span of time.
-- Scans: charges, positions
-- Locks: share on charges, positions

create index positions_date_index on positions (date);
create index charges_date_index on charges (date);
