import type { FileKind, FileLook, FilePlace, FileStat } from '../../ports/host-files.js';

/** What the look script printed about these places. */
export function parseLooks(places: readonly FilePlace[], output: string): readonly FileLook[] {
  const parts = output.split(/^@ /m).slice(1);
  return places.flatMap((place, index) => {
    const [first = '', ...below] = (parts[index] ?? '').trimEnd().split('\n');
    const { path, into, recurse = false } = place;
    const [inside, inFolder, litter, ...stat] = first.split(' ');
    return [
      {
        path: inside === '1' && into !== undefined ? `${path.replace(/\/$/, '')}/${into}` : path,
        inFolder: inFolder === '1',
        litter: litter === '1',
        ...(stat.length === 0 ? {} : { stat: parseStat(stat) }),
        ...(recurse ? { below: below.map(parseBelow) } : {}),
      },
    ];
  });
}

function parseStat([mode = '', size, uid, gid, sha256, target = '-', ...names]: readonly string[]): FileStat {
  return {
    ...kindAndMode(mode),
    size: Number(size),
    ...ownerAndGroup(uid, gid, names),
    ...(sha256 === undefined || sha256 === '-' ? {} : { sha256 }),
    ...(target === '-' ? {} : { target: Buffer.from(target, 'hex').toString() }),
  };
}

function parseBelow(line: string): NonNullable<FileLook['below']>[number] {
  const [, mode = '', uid, gid, ...names] = line.split(' ');
  return { ...kindAndMode(mode), ...ownerAndGroup(uid, gid, names) };
}

const kinds: Readonly<Record<number, FileKind>> = { 0o10: 'file', 0o04: 'directory', 0o12: 'link' };

/** The kernel's st_mode: four bits of kind, twelve of permissions. */
function kindAndMode(hex: string): Pick<FileStat, 'kind' | 'mode'> {
  const bits = Number.parseInt(hex, 16);
  return { kind: kinds[bits >> 12] ?? 'other', mode: bits & 0o7777 };
}

/** stat(1) says UNKNOWN for a number that has no name. Names may hold blanks, where they come from a directory service. */
function ownerAndGroup(
  uid = '',
  gid = '',
  names: readonly string[],
): Pick<FileStat, 'owner' | 'group' | 'uid' | 'gid'> {
  const [owner = '', group = ''] = names.join(' ').split('/');
  return {
    owner: owner === 'UNKNOWN' ? uid : owner,
    group: group === 'UNKNOWN' ? gid : group,
    uid: Number(uid),
    gid: Number(gid),
  };
}
