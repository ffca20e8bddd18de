import type Docker from 'dockerode';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';

export interface ExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs an argv in a container, as root and without SSH: the tests look at hosts by a way that adfpush has no part in. */
export async function execIn(container: Docker.Container, argv: readonly string[]): Promise<ExecResult> {
  const exec = await container.exec({ Cmd: [...argv], AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({});
  const [out, err] = [new PassThrough(), new PassThrough()];
  container.modem.demuxStream(stream, out, err);
  stream.on('end', () => {
    out.end();
    err.end();
  });
  const [stdout, stderr] = await Promise.all([text(out), text(err)]);
  const { ExitCode } = await exec.inspect();
  return { code: ExitCode ?? -1, stdout, stderr };
}

/** As `execIn`, for what must succeed. Resolves to its standard output. */
export async function mustExecIn(container: Docker.Container, argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await execIn(container, argv);
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${stderr}${stdout}`);
  return stdout;
}
