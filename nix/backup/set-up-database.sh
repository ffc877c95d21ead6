# Runs after PostgreSQL's set-up, as its administrator: owner, extensions, the dashboards' role and password, so that the service's role needs no special rights.

# Whatever others have put into the database, names here mean the server's own.
export PGOPTIONS='-c search_path=pg_catalog'
psql=(psql -Xq -v ON_ERROR_STOP=1)

if [ "$(psql -XqAt -d postgres -c 'select pg_is_in_recovery()')" = t ]; then
  say "The server is a standby: role and extensions are the primary's."
  exit 0
fi

"${psql[@]}" -d postgres -v database="$DATABASE_NAME" -v role="$DATABASE_USER" <<'EOF'
alter database :"database" owner to :"role";
-- A role that the reference's module made is a superuser; nothing here needs that.
select format('alter role %I nosuperuser', rolname)
from pg_roles
where rolname = :'role' and rolsuper and rolname <> 'postgres' \gexec
EOF

# cube is not trusted everywhere, earthdistance nowhere: only the administrator may create and update them.
"${psql[@]}" -d "$DATABASE_NAME" <<'EOF'
set client_min_messages = warning;
create extension if not exists cube with schema public;
create extension if not exists earthdistance with schema public;
alter extension cube update;
alter extension earthdistance update;
-- Before PostgreSQL 15, and in databases upgraded from there, every role may put functions here that are found before the server's own.
revoke create on schema public from public;
EOF

if [ -n "$reader" ]; then
  "${psql[@]}" -d postgres -v role="$reader" <<'EOF'
select format('create role %I login', :'role') where not exists (select from pg_roles where rolname = :'role') \gexec
EOF
  let_reader_read "$DATABASE_NAME"
  limit_reader_in "$DATABASE_NAME" | "${psql[@]}" -d postgres
fi

if [ -z "${DATABASE_PASS:-}" ] && [ -r "${CREDENTIALS_DIRECTORY:-/var/empty}/DATABASE_PASS" ]; then
  DATABASE_PASS=$(<"$CREDENTIALS_DIRECTORY/DATABASE_PASS")
  export DATABASE_PASS
fi

# Only needed over TCP. The password is read by psql itself: not an argument, and not in the server's log.
if [ -n "${DATABASE_PASS:-}" ]; then
  "${psql[@]}" -d postgres -v role="$DATABASE_USER" <<'EOF'
set log_statement = 'none';
set log_min_duration_statement = -1;
set log_min_error_statement = 'panic';
\getenv password DATABASE_PASS
alter role :"role" password :'password';
EOF
fi
