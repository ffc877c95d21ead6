alter table cars alter display_priority drop not null;
