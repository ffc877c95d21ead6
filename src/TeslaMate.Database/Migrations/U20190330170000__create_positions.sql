-- Loses: all positions

drop table positions;
