-- Where a charging process took place; unknown for those recorded before.
-- Locks: access exclusive on charging_processes, share row exclusive on addresses

alter table charging_processes
    add address_id bigint constraint charging_processes_address_id_fkey references addresses (id);
