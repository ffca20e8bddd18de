/**
 * The two streams of a program in a container. Without a terminal each piece comes in a frame: its stream (0, 1 or 2), three zeros, its
 * length in four bytes (Docker Engine API, ContainerAttach, "Stream format"); with one it comes bare, and all is stdout.
 */
export function readRawStream(body: Buffer): { readonly stdout: string; readonly stderr: string } {
  const pieces: { readonly stdout: Buffer[]; readonly stderr: Buffer[] } = { stdout: [], stderr: [] };
  let at = 0;
  while (at + 8 <= body.length) {
    const stream = body.readUInt8(at);
    if (stream > 2 || body.readUIntBE(at + 1, 3) !== 0) return { stdout: body.toString(), stderr: '' };
    const end = at + 8 + body.readUInt32BE(at + 4);
    pieces[stream === 2 ? 'stderr' : 'stdout'].push(body.subarray(at + 8, end));
    at = end;
  }
  if (at === 0) return { stdout: body.toString(), stderr: '' };
  return { stdout: Buffer.concat(pieces.stdout).toString(), stderr: Buffer.concat(pieces.stderr).toString() };
}
