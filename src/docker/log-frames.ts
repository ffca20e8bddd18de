/**
 * The text of a container's log. Without a terminal each piece comes in a frame: its stream (0, 1 or 2), three zeros, its length
 * in four bytes (Docker Engine API, ContainerAttach, "Stream format"); with one it comes bare.
 */
export function logText(body: Buffer): string {
  const pieces: Buffer[] = [];
  let at = 0;
  while (at + 8 <= body.length) {
    if (body.readUInt8(at) > 2 || body.readUIntBE(at + 1, 3) !== 0) return body.toString();
    const end = at + 8 + body.readUInt32BE(at + 4);
    pieces.push(body.subarray(at + 8, end));
    at = end;
  }
  return at === 0 ? body.toString() : Buffer.concat(pieces).toString();
}
