-- Locks: access exclusive on cars, updates
-- Loses: the history of software updates

drop table updates;
