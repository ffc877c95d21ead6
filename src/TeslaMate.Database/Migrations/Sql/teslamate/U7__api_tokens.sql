-- Loses: the tokens for programs.
drop table teslamate.api_tokens;
