/** A flag, as a shell completes it. */
interface CompletedFlag {
  readonly name: string;
  readonly char?: string;
  readonly description: string;
  readonly takesValue: boolean;
}

/** A verb, as a shell completes it. */
export interface CompletedCommand {
  /** `inventory list`. */
  readonly words: string;
  readonly summary: string;
  readonly flags: readonly CompletedFlag[];
}

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** Flags whose value is a file or a folder. */
const ofFiles = ['project', 'events', 'junit', 'write', 'script'];

/** A script that completes the verbs and flags of the program in this shell. */
export function completionScript(shell: Shell, commands: readonly CompletedCommand[]): string {
  switch (shell) {
    case 'bash':
      return `# In ~/.bashrc: source <(adfpush completion bash)\n${bash(commands)}`;
    case 'zsh':
      return `#compdef adfpush\n# In ~/.zshrc, after compinit: source <(adfpush completion zsh)\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`;
    case 'fish':
      return `# In ~/.config/fish/config.fish: adfpush completion fish | source\n${fish(commands)}`;
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const flagWords = ({ flags }: CompletedCommand): string =>
  flags.flatMap(({ name, char }) => [`--${name}`, ...(char === undefined ? [] : [`-${char}`])]).join(' ');

const firstWords = (commands: readonly CompletedCommand[]): readonly string[] => [
  ...new Set(commands.map(({ words }) => words.split(' ')[0] ?? words)),
];

/** The second words of a topic: none for a verb of one word. */
const secondWords = (topic: string, commands: readonly CompletedCommand[]): readonly string[] =>
  commands.flatMap(({ words }) => (words.startsWith(`${topic} `) ? [words.slice(topic.length + 1)] : []));

function bash(commands: readonly CompletedCommand[]): string {
  const topics = firstWords(commands).flatMap((topic) => {
    const seconds = secondWords(topic, commands);
    return seconds.length === 0
      ? []
      : [`    ${quoted(`${topic} `)}*) choices=${quoted(seconds.join(' '))} ;;`];
  });
  const verbs = commands.map((command) => {
    const pattern = command.words.includes(' ') ? quoted(command.words) : `${quoted(`${command.words} `)}*`;
    return `    ${pattern}) choices=${quoted(flagWords(command))} ;;`;
  });
  return `_adfpush() {
  local current=\${COMP_WORDS[COMP_CWORD]} before='' choices='' file
  if [ "$COMP_CWORD" -gt 0 ]; then before=\${COMP_WORDS[COMP_CWORD - 1]}; fi
  case "$before" in
    --env)
      for file in inventory/*.yml inventory/*.yaml; do
        [ -f "$file" ] || continue
        file=\${file##*/}
        choices="$choices \${file%.y*ml}"
      done
      COMPREPLY=($(compgen -W "$choices" -- "$current"))
      return ;;
    ${ofFiles.map((name) => `--${name}`).join('|')})
      COMPREPLY=($(compgen -f -- "$current"))
      return ;;
  esac
  if [ "$COMP_CWORD" -le 1 ]; then
    COMPREPLY=($(compgen -W ${quoted(firstWords(commands).join(' '))} -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
${[...verbs, ...topics].join('\n')}
  esac
  COMPREPLY=($(compgen -W "$choices" -- "$current"))
}
complete -o default -F _adfpush adfpush
`;
}

function fish(commands: readonly CompletedCommand[]): string {
  const line = (...words: readonly string[]): string => `complete -c adfpush ${words.join(' ')}`;
  const topLevel = firstWords(commands).map((word) => {
    const { summary = '' } = commands.find(({ words }) => words === word) ?? {};
    return line('-f', '-n', '__fish_use_subcommand', '-a', word, '-d', quoted(summary));
  });
  const below = commands.flatMap((command) => {
    const [first = '', second] = command.words.split(' ');
    const seen = `__fish_seen_subcommand_from ${first}`;
    const condition = second === undefined ? seen : `${seen}; and __fish_seen_subcommand_from ${second}`;
    return [
      ...(second === undefined
        ? []
        : [line('-f', '-n', quoted(seen), '-a', second, '-d', quoted(command.summary))]),
      ...command.flags.map(({ name, char, description, takesValue }) =>
        line(
          '-n',
          quoted(condition),
          '-l',
          name,
          ...(char === undefined ? [] : ['-s', char]),
          ...(takesValue ? [ofFiles.includes(name) ? '-rF' : '-x'] : []),
          ...(name === 'env'
            ? ['-a', quoted("(string replace -r '.*/(.*)\\.ya?ml' '$1' inventory/*.y*ml)")]
            : []),
          '-d',
          quoted(description),
        ),
      ),
    ];
  });
  return `${[...topLevel, ...below].join('\n')}\n`;
}
