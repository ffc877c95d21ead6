-- Locks: access exclusive on charges, positions

drop index charges_date_index;
drop index positions_date_index;
