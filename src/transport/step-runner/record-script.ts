import type { StepId } from '../../ports/transport.js';
import { ours, places, processIdentity, stepVariables } from './places.js';

/**
 * Tells what the record of a step says: a line for `parseRecord`; after that, and on stderr, the end of what the command wrote when
 * nobody was connected any more. Runs on the host that ran the step, as the user who did.
 */
export const recordScript = (step: StepId): string =>
  `${stepVariables(step)}
${places}
${ours}
${processIdentity}
f=
for b do if [ -s "$b/$n/$i" ] && ours; then f=$b/$n/$i; break; fi; done
if [ -z "$f" ]; then
  for b do if [ -e "$b/$n/$i" ] && ours; then echo 'interrupted torn'; exit; fi; done
  up=; { read -r up rest </proc/uptime; } 2>/dev/null
  echo "absent $up"
  exit
fi
look() {
  began "$2"
  case $1 in
    [=+]???[=+]) state="ended $1" ;;
    *) if [ "$5" != . ]; then state='interrupted torn'
      elif [ "$4" != "$k" ]; then state='interrupted restarted'
      elif [ "$3" = 0 ] && kill -0 "$2" 2>/dev/null || [ -n "$t" ] && [ "$3" = "$t" ]; then state="running $2"
      else state='interrupted gone'; fi ;;
  esac
}
read -r y <"$f"
look $y
# It may have ended between the two looks.
if [ "$state" = 'interrupted gone' ]; then read -r y <"$f"; look $y; fi
echo "$state"
case $state in ended*) ;; *) exit ;; esac
if [ -e "$f.lost" ]; then
  # What it said last is still being written down; but a child of it may talk on for ever.
  w=0
  while [ $w -lt 20 ] && [ ! -e "$f.told" ]; do sleep 0.1; w=$((w + 1)); done
fi
[ -s "$f.out" ] && cat "$f.out"
[ -s "$f.err" ] && cat "$f.err" >&2
exit 0
`;
