/**
 * What both scripts of git share. User and password come from the environment, by a helper for the one server that they are for: in a URL they would
 * be in the arguments of git's own children, and in its configuration on the host's disk.
 */
const asking = `command -v git >/dev/null || { echo 'there is no git on the host' >&2; fail no_program; }
export GIT_TERMINAL_PROMPT=0 GIT_SSH_COMMAND="ssh -o BatchMode=yes$accept" ADFPUSH_GIT_USER="$user" ADFPUSH_GIT_PASSWORD="$password" ADFPUSH_GIT_KEY="$key"
[ -z "$key" ] || GIT_SSH_COMMAND="$GIT_SSH_COMMAND -o IdentitiesOnly=yes -i \\"\\$ADFPUSH_GIT_KEY\\""
ask() {
  if [ -z "$server" ]; then git "$@" </dev/null; return; fi
  git -c "credential.$server.helper=" -c "credential.$server.helper=!f() { printf 'username=%s\\\\npassword=%s\\\\n' \\"\\$ADFPUSH_GIT_USER\\" \\"\\$ADFPUSH_GIT_PASSWORD\\"; }; f" "$@" </dev/null
}
`;

/**
 * Tells of what is in \`$dest\`, and of what the repository has: lines \`is none\`, \`is empty\`, \`is repository\` or \`is other\`; \`before SHA\`, \`url URL\`, \`changed FILE\`,
 * \`remote SHA REF\` and \`symref REF\`.
 */
export const lookScript = `${asking}if [ -e "$dest/.git" ]; then
  echo 'is repository'
  said=$(git -C "$dest" rev-parse --git-dir 2>&1) || { printf '%s\\n' "$said" | head -n 1 >&2; fail not_readable; }
  before=$(git -C "$dest" rev-parse -q --verify HEAD 2>/dev/null) && echo "before $before"
  url=$(git -C "$dest" config --get "remote.$remote.url") && printf 'url %s\\n' "$url"
  git -C "$dest" status --porcelain --untracked-files=no | sed -n 's/^/changed /p' | head -n 20
elif [ ! -e "$dest" ]; then echo 'is none'
elif [ -d "$dest" ] && [ -z "$(ls -A "$dest")" ]; then echo 'is empty'
else echo 'is other'; fi
if [ -n "$asks" ]; then
  told=$(ask ls-remote --symref -- "$repo" HEAD "$version" "refs/heads/$version" "refs/tags/$version" "refs/tags/$version^{}" 2>&1) || { printf '%s\\n' "$told" | grep -v '^$' | head -n 1 >&2; fail no_remote; }
  printf '%s\\n' "$told" | sed -n -e 's/^ref: \\([^	]*\\)	HEAD$/symref \\1/p' -e 's/^\\([0-9a-f]\\{40,64\\}\\)	\\(.*\\)$/remote \\1 \\2/p'
fi
`;

/**
 * Brings the repository to the version, and prints its commit. A new one is made beside \`$dest\` under a name of its own, and renamed when it is whole:
 * what an interrupted run left there is made anew.
 */
export const bringScript = `${asking}work=$dest
step() { said=$("$@" 2>&1) || { printf '%s\\n' "$said" | grep -v '^$' | tail -n 1 >&2; fail failed; }; }
in_work() { git -C "$work" "$@" </dev/null; }
if [ -n "$new" ]; then
  case $dest in */*) folder=\${dest%/*}/ ;; *) folder=./ ;; esac
  work=$folder.\${dest##*/}.adfpush-git
  step mkdir -p "$folder"
  step rm -rf "$work"
  step git init -q "$work"
fi
if [ "$(in_work config --get "remote.$remote.url")" != "$repo" ]; then
  in_work config --unset-all "remote.$remote.url" 2>/dev/null
  step in_work config "remote.$remote.url" "$repo"
  step in_work config "remote.$remote.fetch" "+refs/heads/*:refs/remotes/$remote/*"
fi
[ -z "$dirty" ] || step in_work reset -q --hard
case $ref in
  refs/heads/*) branch=\${ref#refs/heads/}; target=refs/remotes/$remote/$branch; spec=+$ref:$target ;;
  refs/tags/*) branch=; target=$ref; spec=+$ref:$ref ;;
  HEAD | refs/*) branch=; target=FETCH_HEAD; spec=$ref ;;
  *) branch=; target=$version; spec=$version ;;
esac
if [ -n "$depth" ]; then
  step ask -C "$work" fetch -q --force --depth "$depth" "$remote" "$spec"
  [ -n "$ref" ] || target=FETCH_HEAD
else
  if [ "$(in_work rev-parse --is-shallow-repository 2>/dev/null)" = true ]; then whole=--unshallow; else whole=; fi
  step ask -C "$work" fetch -q --force --tags $whole "$remote" "+refs/heads/*:refs/remotes/$remote/*"
  case $ref in
    refs/heads/* | refs/tags/*) ;;
    HEAD | refs/*) step ask -C "$work" fetch -q --force "$remote" "$spec" ;;
    # A commit that no branch has any more.
    *) in_work cat-file -e "$version^{commit}" 2>/dev/null || { step ask -C "$work" fetch -q --force "$remote" "$spec"; target=FETCH_HEAD; } ;;
  esac
fi
if [ -n "$branch" ]; then
  step in_work checkout -q --force -B "$branch" "$target"
  in_work branch -q --set-upstream-to="$remote/$branch" "$branch" >/dev/null 2>&1
else step in_work checkout -q --force --detach "$target"; fi
if [ -n "$recursive" ] && [ -f "$work/.gitmodules" ]; then
  step in_work submodule -q sync --recursive
  step ask -C "$work" submodule -q update --init --recursive --force
fi
if [ -n "$new" ]; then
  [ ! -d "$dest" ] || step rmdir "$dest"
  step mv "$work" "$dest"
fi
git -C "$dest" rev-parse HEAD
`;
