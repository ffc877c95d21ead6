-- Loses: the history of imports and what they refused

drop table import_rejections;
drop table import_file_checkpoints;
drop table import_runs;
