drop index charges_date_index;
-- Locks: access exclusive on charges, positions

drop index positions_date_index;
