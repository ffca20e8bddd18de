import type { Duplex } from 'node:stream';
import { commandEnded, type ErrorHost } from '../errors/ssh.js';
import type { AdfError } from '../errors/adf-error.js';
import { AfterNoise } from './after-noise.js';
import { PipeSocket } from './pipe-socket.js';
import { refusalIn } from './refusal.js';
import { describeExit, type Exit, type RunningProcess } from './running-process.js';

/**
 * Stdin and stdout of a program that `streamLine` began, as one stream. It fails with `lost` when that is known, and else with `command.ended` and the end of
 * its stderr, unless the program ends with exit code 0.
 */
export function processStream(
  host: ErrorHost,
  argv: readonly string[],
  process: RunningProcess,
  lost: () => AdfError | undefined,
): Duplex {
  let stderr = '';
  let exit: Exit | undefined;
  const stdout = process.stdout.pipe(new AfterNoise());
  process.stdout.once('error', (error) => stdout.destroy(error));
  process.stdout.on('data', () => {
    const refusal = refusalIn(host, stdout.noise);
    if (refusal !== undefined) stdout.destroy(refusal);
  });
  process.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-4_096)));
  void process.exited.then((how) => (exit = how));
  return new PipeSocket({
    input: stdout,
    output: process.stdin,
    endsWhenClosed: true,
    onClose: (listener) => {
      const tell = (): void => {
        if (exit?.kind === 'exited' && exit.code === 0) {
          listener(undefined);
          return;
        }
        // A login shell that refuses all logins says so on either.
        const said = stderr.trim() || stdout.noise;
        listener(
          lost() ?? commandEnded(host, argv, exit === undefined ? 'untold' : describeExit(exit), said),
        );
      };
      void process.closed.then(() => {
        if (lost() !== undefined || stdout.readableEnded) {
          tell();
          return;
        }
        stdout.once('end', tell);
        stdout.end();
      });
    },
    close: () => process.close(),
  });
}
