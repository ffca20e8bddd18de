/** What a program in a container wrote, as text. */
export interface Written {
  readonly stdout: string;
  readonly stderr: string;
}

/** The two streams of a program, each for itself. Of one with a terminal all is stdout. */
export function readRawStream(body: Buffer): Written {
  const frames = framesOf(body);
  if (frames === undefined) return { stdout: body.toString(), stderr: '' };
  const of = (wanted: boolean): string =>
    Buffer.concat(frames.filter(({ isError }) => isError === wanted).map(({ bytes }) => bytes)).toString();
  return { stdout: of(false), stderr: of(true) };
}

/** The text of a container's log, in the order in which it was written. */
export function logText(body: Buffer): string {
  return Buffer.concat(framesOf(body)?.map(({ bytes }) => bytes) ?? [body]).toString();
}

interface Frame {
  readonly isError: boolean;
  readonly bytes: Buffer;
}

/**
 * Without a terminal each piece comes in a frame: its stream (0, 1 or 2), three zeros, its length in four bytes (Docker Engine API,
 * ContainerAttach, "Stream format"). Undefined for what comes without frames.
 */
function framesOf(body: Buffer): readonly Frame[] | undefined {
  const frames: Frame[] = [];
  let at = 0;
  while (at + 8 <= body.length) {
    const stream = body.readUInt8(at);
    if (stream > 2 || body.readUIntBE(at + 1, 3) !== 0) return undefined;
    const end = at + 8 + body.readUInt32BE(at + 4);
    frames.push({ isError: stream === 2, bytes: body.subarray(at + 8, end) });
    at = end;
  }
  return at === 0 ? undefined : frames;
}
