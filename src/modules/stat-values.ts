/** What stat(1) is asked with `-c`, both of GNU and of busybox, so that `statValues` can read its answer. */
export const statFormat = '%f %s %u %g %h %i %d %X %Y %Z %U/%G';

/** What the kernel's st_mode says of the kind, in Ansible's words. */
const kinds = {
  isreg: 0o10,
  isdir: 0o04,
  islnk: 0o12,
  isblk: 0o06,
  ischr: 0o02,
  isfifo: 0o01,
  issock: 0o14,
} as const;

/** Who may do what, by the letters that Ansible names them with. */
const permissions = { usr: 6, grp: 3, oth: 0 } as const;

/** One answer to `statFormat`. */
export interface StatLine {
  /** All of the kernel's st_mode: the kind, and the permissions. */
  readonly bits: number;
  /** Bytes. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly atime: number;
  readonly mtime: number;
  readonly ctime: number;
  /** In the words of Ansible's module stat. */
  readonly values: Readonly<Record<string, unknown>>;
}

export function readStatLine(line: string): StatLine {
  const [hex = '0', ...rest] = line.split(' ');
  const [size = 0, uid, gid, nlink, inode, dev, atime = 0, mtime = 0, ctime = 0] = rest
    .slice(0, 9)
    .map(Number);
  const [owner = '', group = ''] = rest.slice(9).join(' ').split('/');
  const bits = Number.parseInt(hex, 16);
  const flags = Object.entries(permissions).flatMap(([who, shift]) =>
    ['r', 'w', 'x'].map((what, index) => [what + who, ((bits >> shift) & (0o4 >> index)) !== 0] as const),
  );
  const values = {
    mode: (bits & 0o7777).toString(8).padStart(4, '0'),
    ...Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, bits >> 12 === kind])),
    ...{ size, uid, gid, nlink, inode, dev, atime, mtime, ctime },
    ...(owner === 'UNKNOWN' ? {} : { pw_name: owner }),
    ...(group === 'UNKNOWN' ? {} : { gr_name: group }),
    ...Object.fromEntries(flags),
    isuid: (bits & 0o4000) !== 0,
    isgid: (bits & 0o2000) !== 0,
  };
  return { bits, size, atime, mtime, ctime, values };
}
