import type Docker from 'dockerode';
import { buffer } from 'node:stream/consumers';

export interface ExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs an argv in a container, as root and without SSH: the tests look at hosts by a way that adfpush has no part in. */
export async function execIn(container: Docker.Container, argv: readonly string[]): Promise<ExecResult> {
  const exec = await container.exec({ Cmd: [...argv], AttachStdout: true, AttachStderr: true });
  const output = await buffer(await exec.start({}));
  const { ExitCode } = await exec.inspect();
  return { code: ExitCode ?? -1, stdout: streamOf(1, output), stderr: streamOf(2, output) };
}

/** As `execIn`, for what must succeed. Resolves to its standard output. */
export async function mustExecIn(container: Docker.Container, argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await execIn(container, argv);
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${String(code)}: ${stderr}${stdout}`);
  return stdout;
}

/**
 * One of the two streams that the Engine sends as frames: a byte for the stream, three of padding, four for the length.
 * Source: Docker Engine API, "Attach to a container", stream format.
 */
function streamOf(stream: 1 | 2, output: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= output.length;) {
    const end = at + 8 + output.readUInt32BE(at + 4);
    if (output[at] === stream) parts.push(output.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(parts).toString();
}
