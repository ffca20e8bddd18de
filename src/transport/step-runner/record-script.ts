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
adf_f=
for adf_b do if [ -s "$adf_b/$adf_n/$adf_i" ] && ours; then adf_f=$adf_b/$adf_n/$adf_i; break; fi; done
if [ -z "$adf_f" ]; then
  for adf_b do if [ -e "$adf_b/$adf_n/$adf_i" ] && ours; then echo 'interrupted torn'; exit; fi; done
  adf_up=; { read -r adf_up adf_rest </proc/uptime; } 2>/dev/null
  echo "absent $adf_up"
  exit
fi
look() {
  began "$2"
  case $1 in
    [=+]???[=+]) adf_state="ended $1" ;;
    *) if [ "$5" != . ]; then adf_state='interrupted torn'
      elif [ "$4" != "$adf_k" ]; then adf_state='interrupted restarted'
      elif [ "$3" = 0 ] && kill -0 "$2" 2>/dev/null || [ -n "$adf_t" ] && [ "$3" = "$adf_t" ]; then adf_state="running $2"
      else adf_state='interrupted gone'; fi ;;
  esac
}
read -r adf_y <"$adf_f"
look $adf_y
# It may have ended between the two looks.
if [ "$adf_state" = 'interrupted gone' ]; then read -r adf_y <"$adf_f"; look $adf_y; fi
echo "$adf_state"
case $adf_state in ended*) ;; *) exit ;; esac
if [ -e "$adf_f.lost" ]; then
  # What it said last is still being written down; but a child of it may talk on for ever.
  adf_w=0
  while [ $adf_w -lt 20 ] && [ ! -e "$adf_f.told" ]; do sleep 0.1; adf_w=$((adf_w + 1)); done
fi
[ -s "$adf_f.out" ] && cat "$adf_f.out"
[ -s "$adf_f.err" ] && cat "$adf_f.err" >&2
exit 0
`;
