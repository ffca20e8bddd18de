/** What a stream reports when its other end is gone: a pipe or socket that was closed, a terminal that hung up. */
const codesOfClosed: ReadonlySet<unknown> = new Set([
  'EPIPE',
  'EIO',
  'ECONNRESET',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
]);

/** Whether the reader of this output is gone. A full disk is a different error: the run still has a reader. */
export const isClosed = (error: Error): boolean => 'code' in error && codesOfClosed.has(error.code);

/**
 * Lets a run go on when its output is closed (`| head`, an agent that died, a closed terminal): hosts must be restored, and the exit code
 * still tells. After the first error that says so the stream writes nothing more. Node never destroys stdout and stderr, so each later write would
 * report the error again, and a write from a handler of that error would never come to an end. Other errors lose one write.
 *
 * Removes other listeners of errors: oclif ends the program on all but EPIPE.
 */
export function ignoreClosedOutputs(
  streams: readonly NodeJS.WriteStream[] = [process.stdout, process.stderr],
): void {
  for (const stream of streams) {
    stream.removeAllListeners('error');
    stream.on('error', (error: Error) => {
      if (isClosed(error)) silence(stream);
    });
  }
}

/** From now on each write to the stream does nothing, and reports success to its caller. */
function silence(stream: NodeJS.WriteStream): void {
  stream.write = (_chunk: unknown, encoding?: unknown, callback?: unknown): boolean => {
    const written = [encoding, callback].find((argument) => typeof argument === 'function');
    if (written !== undefined) process.nextTick(written);
    return true;
  };
}
