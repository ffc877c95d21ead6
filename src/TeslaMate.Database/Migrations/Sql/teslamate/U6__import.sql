-- Loses: which rows came from imports; the same files would be imported once more afterwards.
drop table teslamate.import_files;
drop table teslamate.import_coverage;
drop table teslamate.imported_entries;
