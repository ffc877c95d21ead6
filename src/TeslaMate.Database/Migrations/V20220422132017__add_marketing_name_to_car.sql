-- How Tesla's shop calls the model.

alter table cars add marketing_name varchar(255);
