-- An average over unevenly spaced positions says nothing.

alter table drives drop power_avg;
