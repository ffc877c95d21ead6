-- A server that was upgraded in place keeps the extension's old functions until told otherwise; elsewhere there is nothing to do.

do $$
begin
    alter extension earthdistance update;
exception when insufficient_privilege then
    raise notice 'earthdistance stays as it is: %', sqlerrm;
end
$$;
