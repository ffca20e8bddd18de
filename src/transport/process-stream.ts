import type { Duplex } from 'node:stream';
import { commandEnded, type NamedHost } from '../errors/ssh.js';
import type { AdfError } from '../errors/adf-error.js';
import { PipeSocket } from './pipe-socket.js';
import { describeExit, type Exit, type RunningProcess } from './running-process.js';

/**
 * Stdin and stdout of a program as one stream. It fails with `lost` when that is known, and else with `command.ended` and the end of
 * its stderr, unless the program ends with exit code 0.
 */
export function processStream(
  host: NamedHost,
  argv: readonly string[],
  process: RunningProcess,
  lost: () => AdfError | undefined,
): Duplex {
  let stderr = '';
  let exit: Exit | undefined;
  process.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-4_096)));
  void process.exited.then((how) => (exit = how));
  return new PipeSocket({
    input: process.stdout,
    output: process.stdin,
    endsWhenClosed: true,
    onClose: (listener) => {
      void process.closed.then(() => {
        if (exit?.kind === 'exited' && exit.code === 0) listener(undefined);
        else
          listener(
            lost() ??
              commandEnded(host, argv, exit === undefined ? 'untold' : describeExit(exit), stderr.trim()),
          );
      });
    },
    close: () => process.close(),
  });
}
