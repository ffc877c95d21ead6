-- Locks: access exclusive on cars, import_file_checkpoints, import_rejections, import_runs
-- Loses: the history of imports and what they refused

drop table import_rejections;
drop table import_file_checkpoints;
drop table import_runs;
