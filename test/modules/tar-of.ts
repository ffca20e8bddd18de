/** A member of a tar archive: a folder when its name ends in `/`, a link when it has a target, else a file. */
export interface TarMember {
  readonly name: string;
  readonly mode?: number;
  readonly content?: string;
  readonly target?: string;
}

/** An archive with any names, also those that tar itself would not write. It belongs to who runs the test. */
export function tarOf(members: readonly TarMember[]): Uint8Array {
  const blocks = members.flatMap(({ name, mode = 0o644, content = '', target }) => {
    const kind = target !== undefined ? '2' : name.endsWith('/') ? '5' : '0';
    const bytes = Buffer.from(kind === '0' ? content : '');
    return [header({ name, mode, size: bytes.length, kind, target: target ?? '' }), padded(bytes)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1_024)]);
}

interface Header {
  readonly name: string;
  readonly mode: number;
  readonly size: number;
  readonly kind: string;
  readonly target: string;
}

/** POSIX.1-1988's ustar. */
function header({ name, mode, size, kind, target }: Header): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, at: number, length: number): void =>
    void block.write(value.toString(8).padStart(length - 1, '0'), at);
  block.write(name, 0);
  octal(mode, 100, 8);
  octal(process.getuid?.() ?? 0, 108, 8);
  octal(process.getgid?.() ?? 0, 116, 8);
  octal(size, 124, 12);
  octal(1_000_000_000, 136, 12);
  block.write(' '.repeat(8), 148);
  block.write(kind, 156);
  block.write(target, 157);
  block.write('ustar\x0000', 257);
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    8,
  );
  return block;
}

const padded = (bytes: Buffer): Buffer =>
  Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
