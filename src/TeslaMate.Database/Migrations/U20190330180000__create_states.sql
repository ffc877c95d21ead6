-- Loses: all states of the cars
-- Locks: access exclusive on cars, states

drop table states;
drop type states_status;
