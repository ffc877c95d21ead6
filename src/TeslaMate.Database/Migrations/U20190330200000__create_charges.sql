-- Loses: all charges

drop table charges;
