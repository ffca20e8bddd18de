import { defined } from '../model/defined.js';
import { applyMode } from '../model/schema/file-mode.js';
import type { FileAttributes, FileStat } from '../ports/host-files.js';

/** The part of a file's state that attributes are compared with. */
type HasAttributes = Pick<FileStat, 'kind' | 'mode' | 'owner' | 'group' | 'uid' | 'gid'>;

/** `mode: 0644 → 0600`, for each attribute that is not as wanted. Links have no mode of their own. */
export function attributeChanges(
  stat: HasAttributes,
  { mode, owner, group }: FileAttributes,
): readonly string[] {
  const wantedMode =
    mode === undefined || stat.kind === 'link'
      ? stat.mode
      : applyMode(mode, stat.mode, stat.kind === 'directory');
  return [
    ...(wantedMode === stat.mode ? [] : [`mode: ${formatMode(stat.mode)} → ${formatMode(wantedMode)}`]),
    ...(owner === undefined || isNamed(owner, stat.owner, stat.uid)
      ? []
      : [`owner: ${stat.owner} → ${owner}`]),
    ...(group === undefined || isNamed(group, stat.group, stat.gid)
      ? []
      : [`group: ${stat.group} → ${group}`]),
  ];
}

const isNamed = (wanted: string, name: string, id: number): boolean =>
  wanted === name || wanted === String(id);

/** `0644`, as Ansible tells it. */
const formatMode = (mode: number): string => mode.toString(8).padStart(4, '0');

/** What `register` keeps of a file, in Ansible's words. */
export const fileValues = (path: string, stat: FileStat | undefined): Readonly<Record<string, unknown>> =>
  stat === undefined
    ? { dest: path, path, state: 'absent' }
    : {
        dest: path,
        path,
        state: stat.kind,
        mode: formatMode(stat.mode),
        owner: stat.owner,
        group: stat.group,
        uid: stat.uid,
        gid: stat.gid,
        size: stat.size,
        ...defined({ checksum: stat.sha256, src: stat.target }),
      };
