namespace TeslaMate.CommandLine.Shell;

/// <summary>
/// The scripts that complete the program's command line in bash, zsh and fish. They ask the program itself, by the directive
/// <c>[suggest:position]</c> that System.CommandLine answers, so that they never lag behind its verbs and options.
/// </summary>
static class CompletionScript
{
    public static IReadOnlyList<string> Shells { get; } = ["bash", "zsh", "fish"];

    /// <summary>The script for one of <see cref="Shells"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The shell is none of them.</exception>
    public static string For(string shell) => shell switch
    {
        "bash" =>
            """
            # bash completion for teslamate; made by: teslamate completion bash
            _teslamate() {
                local candidates
                candidates=$(teslamate "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null) || return
                mapfile -t COMPREPLY < <(compgen -W "${candidates}" -- "${COMP_WORDS[COMP_CWORD]}")
            }
            complete -o default -F _teslamate teslamate

            """,
        "zsh" =>
            """
            #compdef teslamate
            # zsh completion for teslamate; made by: teslamate completion zsh
            _teslamate() {
                local -a candidates
                candidates=("${(@f)$(teslamate "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
                compadd -- "${candidates[@]}"
            }
            if [ "${funcstack[1]}" = "_teslamate" ]; then
                _teslamate "$@"
            else
                compdef _teslamate teslamate
            fi

            """,
        "fish" =>
            """
            # fish completion for teslamate; made by: teslamate completion fish
            function __teslamate_candidates
                set -l line (commandline -cp)
                teslamate "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
            end
            complete -c teslamate -a '(__teslamate_candidates)'

            """,
        _ => throw new ArgumentOutOfRangeException(nameof(shell), shell, "no script for this shell"),
    };
}
