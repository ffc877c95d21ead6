-- The column holds the ground's elevation, not the car's altitude.

alter table positions rename altitude to elevation;
