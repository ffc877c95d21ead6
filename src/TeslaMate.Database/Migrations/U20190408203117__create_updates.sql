-- Loses: the history of software updates
-- Locks: access exclusive on cars, updates

drop table updates;
