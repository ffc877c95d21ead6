using TeslaMate.Backups;

namespace TeslaMate.Tests.Backups;

public sealed class DumpStatementTests
{
    [Theory]
    [InlineData("CREATE ROLE evil SUPERUSER")]
    [InlineData("CREATE USER evil")]
    [InlineData("ALTER ROLE postgres PASSWORD 'x'")]
    [InlineData("ALTER USER teslamate SUPERUSER")]
    [InlineData("ALTER SYSTEM SET archive_command = 'id'")]
    [InlineData("GRANT postgres TO teslamate")]
    [InlineData("DO $$ begin execute 'x'; end $$")]
    [InlineData("SELECT lo_export(1, '/tmp/x')")]
    [InlineData("SELECT pg_catalog.lo_create('1')")]
    [InlineData("SELECT pg_catalog.setval('a', (select pg_sleep(1)), true)")]
    [InlineData("SELECT pg_catalog.setval('a', 1, true), pg_read_file('/etc/passwd')")]
    [InlineData("SELECT pg_catalog.set_config('search_path', '', false), 1")]
    [InlineData("SELECT pg_catalog.set_config('session_authorization', 'postgres', false)")]
    [InlineData("COPY public.cars FROM PROGRAM 'id'")]
    [InlineData("COPY public.cars TO PROGRAM 'id'")]
    [InlineData("COPY public.cars FROM '/etc/passwd'")]
    [InlineData("COPY (select 1) TO PROGRAM 'id'")]
    [InlineData("COPY public.cars (\"x'; id; echo '\") FROM PROGRAM 'id'")]
    [InlineData("COPY public.cars FROM stdin WHERE pg_read_file('/etc/passwd') is not null")]
    [InlineData("CREATE EVENT TRIGGER t ON ddl_command_start EXECUTE FUNCTION f()")]
    [InlineData("CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw")]
    [InlineData("CREATE FOREIGN TABLE t (a int) SERVER s")]
    [InlineData("CREATE USER MAPPING FOR public SERVER s")]
    [InlineData("CREATE LANGUAGE plpython3u")]
    [InlineData("CREATE TRUSTED LANGUAGE x")]
    [InlineData("CREATE TABLESPACE t LOCATION '/tmp'")]
    [InlineData("LOAD '/tmp/evil.so'")]
    [InlineData("EXECUTE x")]
    [InlineData("PREPARE x AS select 1")]
    [InlineData("LISTEN x")]
    [InlineData("VALUES (pg_read_file('/etc/passwd'))")]
    [InlineData("WITH x AS (select 1) select 1")]
    [InlineData("UPDATE public.cars SET name = 'x'")]
    [InlineData("TRUNCATE public.cars")]
    [InlineData("VACUUM")]
    [InlineData("CLUSTER public.cars")]
    [InlineData("SET client_encoding = 'LATIN1'")]
    [InlineData("SET standard_conforming_strings = off")]
    [InlineData("IMPORT FOREIGN SCHEMA x FROM SERVER s INTO public")]
    [InlineData("REASSIGN OWNED BY a TO b")]
    [InlineData("CALL public.f()")]
    public void What_no_backup_needs_is_refused(string sql) => DumpStatement.Of(sql).ShouldBeOfType<DumpStatement.Refused>();

    [Theory]
    [InlineData("SET statement_timeout = 0")]
    [InlineData("SET client_encoding = 'UTF8'")]
    [InlineData("SET client_encoding = 'SQL_ASCII'")]
    [InlineData("SET standard_conforming_strings = on")]
    [InlineData("SET SESSION AUTHORIZATION 'postgres'")]
    [InlineData("SELECT pg_catalog.set_config('search_path', '', false)")]
    [InlineData("CREATE EXTENSION IF NOT EXISTS cube WITH SCHEMA public")]
    [InlineData("COMMENT ON EXTENSION cube IS 'data type'")]
    [InlineData("CREATE SCHEMA public")]
    [InlineData("CREATE SCHEMA IF NOT EXISTS public")]
    [InlineData("COMMENT ON SCHEMA public IS 'standard public schema'")]
    [InlineData("ALTER SCHEMA public OWNER TO pg_database_owner")]
    [InlineData("ALTER TABLE public.cars OWNER TO \"tesla mate\"")]
    [InlineData("CREATE DATABASE teslamate WITH TEMPLATE = template0")]
    [InlineData("ALTER DATABASE teslamate OWNER TO teslamate")]
    [InlineData("DROP TABLE IF EXISTS public.cars")]
    [InlineData("ALTER TABLE IF EXISTS ONLY public.cars DROP CONSTRAINT IF EXISTS cars_pkey")]
    [InlineData("ALTER TABLE IF EXISTS public.cars ALTER COLUMN id DROP DEFAULT")]
    [InlineData("ALTER DEFAULT PRIVILEGES FOR ROLE teslamate IN SCHEMA public GRANT SELECT ON TABLES TO grafana")]
    [InlineData("ALTER TABLE public.cars DISABLE TRIGGER ALL")]
    [InlineData("CREATE PUBLICATION p FOR ALL TABLES")]
    public void What_the_new_database_has_or_needs_not_is_passed_over(string sql) => DumpStatement.Of(sql).ShouldBeOfType<DumpStatement.Ignored>();

    [Theory]
    [InlineData("CREATE TABLE public.cars (id smallint NOT NULL)")]
    [InlineData("CREATE UNLOGGED TABLE public.x (id int)")]
    [InlineData("CREATE TYPE public.range AS ENUM ('ideal', 'rated')")]
    [InlineData("CREATE SCHEMA private")]
    [InlineData("CREATE MATERIALIZED VIEW public.v AS select 1 WITH NO DATA")]
    [InlineData("REFRESH MATERIALIZED VIEW public.v")]
    [InlineData("ALTER TABLE ONLY public.cars ALTER COLUMN id SET DEFAULT nextval('public.cars_id_seq'::regclass)")]
    [InlineData("ALTER SEQUENCE public.cars_id_seq OWNED BY public.cars.id")]
    [InlineData("COMMENT ON COLUMN teslamate.car_leases.session IS 'one run; of one'")]
    public void Definitions_go_to_the_server(string sql) => DumpStatement.Of(sql).ShouldBe(new DumpStatement.Definition(sql));

    [Fact]
    public void Rows_sequences_indexes_and_rights_are_told_apart()
    {
        DumpStatement.Of("COPY public.cars (id, \"x'; id > /tmp/pwned; echo '\") FROM stdin")
            .ShouldBe(new DumpStatement.Rows("COPY public.cars (id, \"x'; id > /tmp/pwned; echo '\") FROM STDIN"));
        DumpStatement.Of("SELECT pg_catalog.setval('public.\"it''s\"', 12, false)")
            .ShouldBe(new DumpStatement.SequenceValue("public.\"it's\"", 12, false));
        DumpStatement.Of("INSERT INTO public.cars VALUES (1, 'a;b')").ShouldBeOfType<DumpStatement.Insert>();
        DumpStatement.Of("GRANT SELECT ON TABLE public.cars TO grafana").ShouldBeOfType<DumpStatement.Grant>();

        var index = DumpStatement.Of("CREATE UNIQUE INDEX i ON public.cars USING btree (id)").ShouldBeOfType<DumpStatement.Index>();
        (index.Tables.ShouldHaveSingleItem(), index.IsShared, index.IsForeignKey).ShouldBe(("public.cars", true, false));
        var key = DumpStatement.Of("ALTER TABLE ONLY public.cars\n    ADD CONSTRAINT cars_pkey PRIMARY KEY (id)")
            .ShouldBeOfType<DumpStatement.Index>();
        (key.Tables.ShouldHaveSingleItem(), key.IsShared, key.IsForeignKey).ShouldBe(("public.cars", false, false));
        var foreign = DumpStatement.Of("ALTER TABLE ONLY public.drives\n    ADD CONSTRAINT f FOREIGN KEY (car_id) REFERENCES public.cars(id) ON "
            + "DELETE CASCADE").ShouldBeOfType<DumpStatement.Index>();
        foreign.Tables.ShouldBe(["public.drives", "public.cars"]);
        foreign.IsForeignKey.ShouldBeTrue();
    }

    [Theory]
    [InlineData("CREATE FUNCTION public.f() RETURNS int\n    LANGUAGE sql\n    AS $_$ select '$$' $_$", "select '$$'")]
    [InlineData("CREATE OR REPLACE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'select ''x'' '", "select 'x'")]
    [InlineData("CREATE PROCEDURE public.f() LANGUAGE sql AS ''", "")]
    // Not as pg_dump writes them: what is its body is not for us to guess.
    [InlineData("CREATE FUNCTION public.f() RETURNS int AS $$ select 1 $$ LANGUAGE sql", null)]
    [InlineData("CREATE FUNCTION public.f() RETURNS int LANGUAGE sql RETURN 1", null)]
    [InlineData("CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS E'select 1'", null)]
    [InlineData("CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS E'x AS $$a$$ '", null)]
    [InlineData("CREATE FUNCTION public.f() RETURNS int LANGUAGE c AS 'lib', 'symbol'", null)]
    public void A_functions_body_is_what_stands_at_its_end(string sql, string? body)
        => (DumpStatement.Of(sql).ShouldBeOfType<DumpStatement.Function>().Body?.Trim()).ShouldBe(body);

    [Theory]
    [InlineData("CREATE TRIGGER t AFTER INSERT ON public.x FOR EACH ROW EXECUTE FUNCTION public.f()", "trigger")]
    [InlineData("CREATE CONSTRAINT TRIGGER t AFTER INSERT ON public.x FOR EACH ROW EXECUTE FUNCTION public.f()", "trigger")]
    [InlineData("CREATE OR REPLACE RULE r AS ON INSERT TO public.x DO ALSO SELECT 1", "rule")]
    [InlineData("CREATE POLICY p ON public.x", "policy")]
    [InlineData("CREATE OPERATOR CLASS public.o FOR TYPE int USING btree AS OPERATOR 1 <", "operator")]
    [InlineData("CREATE CAST (text AS int) WITH INOUT", "cast")]
    [InlineData("CREATE AGGREGATE public.a (int) (SFUNC = f, STYPE = int)", "aggregate")]
    public void What_runs_by_itself_is_told_apart(string sql, string kind) => DumpStatement.Of(sql).ShouldBe(new DumpStatement.Hook(sql, kind));

    [Fact]
    public void What_is_shown_of_a_dump_cannot_write_over_the_terminal()
        => DumpStatement.Printable("DO\n\u001b[2J\u202ex" + new string('a', 1000)).ShouldSatisfyAllConditions(
            text => text.ShouldStartWith("DO  [2J x"), text => text.Length.ShouldBeLessThan(120));
}
