-- Locks: access exclusive on positions

alter table positions rename elevation to altitude;
