-- Small places are named by other keys of the geocoder's answer than city. The text is taken as it stands in the JSON, without the quotes around it:
-- escapes stay, and a null that is present counts.
-- Scans: addresses
-- Locks: row exclusive on addresses

update addresses
set city = trim(both '"' from place.city::text)
from (
    select id,
           coalesce(raw -> 'address' -> 'city', raw -> 'address' -> 'town', raw -> 'address' -> 'municipality', raw -> 'address' -> 'village',
                    raw -> 'address' -> 'hamlet', raw -> 'address' -> 'locality', raw -> 'address' -> 'croft') as city
    from addresses
    where jsonb_typeof(raw -> 'address') = 'object'
      and raw -> 'address' ?| array['village', 'hamlet', 'locality', 'croft']
) as place
where addresses.id = place.id;
