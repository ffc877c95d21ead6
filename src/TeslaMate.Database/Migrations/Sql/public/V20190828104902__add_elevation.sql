-- The column holds the ground's elevation, not the car's altitude.
-- Locks: access exclusive on positions

alter table positions rename altitude to elevation;
