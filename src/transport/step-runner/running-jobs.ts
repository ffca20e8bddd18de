import type { RunningJobs } from '../../ports/host-holds.js';
import { ours, places, processIdentity } from './runner-script.js';

/** Before each line that tells of a job. */
const mark = 'adfpush-job ';

/** For sh, in a shell of its own. */
const script = `(
set +u
${places}
${ours}
${processIdentity}
runs() {
  began "$2"
  [ "$1" = ----- ] && [ "$5" = . ] && [ "$4" = "$adf_k" ] || return 1
  [ "$3" = 0 ] && kill -0 "$2" 2>/dev/null || { [ -n "$adf_t" ] && [ "$3" = "$adf_t" ]; }
}
for adf_b do
  ours || continue
  for adf_j in "$adf_b"/*/*.job; do
    adf_f=\${adf_j%.job} adf_y= adf_a=
    { read -r adf_y <"$adf_f" && read -r adf_a <"$adf_j"; } 2>/dev/null || continue
    runs $adf_y || continue
    adf_r=\${adf_f%/*}
    echo "${mark}\${adf_r##*/} \${adf_f##*/} $(date +%s) $adf_a"
  done
done
)
`;

/** How a host is asked which jobs of the login user run on it: each is a line for `readJob`, after the mark. */
export const runningJobs: RunningJobs = { script, mark };
