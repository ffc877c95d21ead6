-- Locks: access exclusive on drives
-- Loses: ascent and descent of drives (going forward again calculates them anew)

alter table drives
    drop descent,
    drop ascent;
