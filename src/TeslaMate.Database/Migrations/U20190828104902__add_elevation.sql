alter table positions rename elevation to altitude;
