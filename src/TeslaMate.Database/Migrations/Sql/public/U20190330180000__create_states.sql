-- Locks: access exclusive on cars, states
-- Loses: all states of the cars

drop table states;
drop type states_status;
