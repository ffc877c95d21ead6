-- Loses: the history of software updates

drop table updates;
