using System.Text;
using TeslaMate.Backups;

namespace TeslaMate.Tests.Backups;

public sealed class SqlScannerTests
{
    [Theory]
    [InlineData("select 1;")]
    [InlineData("select 'a;b';")]
    [InlineData("select 'it''s; one';")]
    [InlineData("select E'it\\'s; one';")]
    [InlineData("select e'\\\\';")]
    // A word that ends in E has nothing to do with the quote after it.
    [InlineData("select type'\\';")]
    [InlineData("select \"a;\"\"b\";")]
    [InlineData("select 1 -- a; b\n;")]
    [InlineData("select 1 /* a; /* b; */ c; */;")]
    [InlineData("create function f() returns int as $$ select 1; select 2; $$ language sql;")]
    [InlineData("create function f() returns int as $body$ a; $$ b; $ c; $body$ language sql;")]
    [InlineData("select a$b$c;")]
    [InlineData("create function f() returns int begin atomic; select case when true then 1; else 2 end; end;")]
    [InlineData("insert into t values ('$$;'), ('a\nb;');")]
    [InlineData(";")]
    public void A_command_ends_where_it_ends_for_the_server(string command)
        => Length(command + "select 2; '").ShouldBe(command.Length);

    [Theory]
    [InlineData("select 1")]
    [InlineData("select 'a;b'")]
    [InlineData("select 'a;")]
    [InlineData("select $x$ a; $y$;")]
    [InlineData("select /* a;")]
    [InlineData("select 1 -")]
    [InlineData("")]
    public void What_has_no_end_yet_is_incomplete(string text) => Length(text).ShouldBe(SqlScanner.Incomplete);

    [Theory]
    [InlineData("select 1 \\gexec\n;")]
    [InlineData("select 1 \\g |id\n;")]
    [InlineData("\\! id;")]
    // To a server a backslash in plain quotes is a letter; what follows is outside.
    [InlineData("select 'a\\' \\! id ';")]
    public void A_backslash_outside_of_quotes_is_a_command_for_psql(string text) => Length(text).ShouldBe(SqlScanner.PsqlCommand);

    static int Length(string text) => SqlScanner.LengthOfStatement(Encoding.UTF8.GetBytes(text), []);
}
