import type { EventBus } from '../../events/bus.js';
import type { EventHost, EventTask } from '../../events/event.js';
import type { Milliseconds } from '../../model/duration.js';
import type { Clock } from '../../ports/clock.js';
import type { StreamRedaction } from '../../ports/secret-keeper.js';
import type { RunOptions } from '../../ports/transport.js';

type Stream = 'stdout' | 'stderr';

/** How often it is told that a step still runs. */
const interval: Milliseconds = 15_000;

/** Does `act`, and reports now and then that it is not done yet. */
export async function reportWaiting<T>(
  clock: Clock,
  report: (message: string) => void,
  act: () => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const tell = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(interval, over.signal);
      report('still running');
    }
  };
  // It ends with the rejection of the pause that is cut short.
  tell().catch(() => undefined);
  try {
    return await act();
  } finally {
    over.abort();
  }
}

/** Tells what one command prints as it comes, without secrets, also where one is split over two pieces. */
export class OutputTeller {
  readonly #streams: Readonly<Record<Stream, StreamTeller>>;

  constructor(bus: EventBus, host: EventHost, task: EventTask) {
    const tellerOf = (stream: Stream): StreamTeller =>
      new StreamTeller(bus.redactStream(), (text) =>
        bus.emit({ type: 'task.output', host, task, stream, text }),
      );
    this.#streams = { stdout: tellerOf('stdout'), stderr: tellerOf('stderr') };
  }

  readonly onOutput: NonNullable<RunOptions['onOutput']> = (stream, text) => this.#streams[stream].add(text);

  /** Nothing more comes: tells what was kept back. */
  end(): void {
    this.#streams.stdout.end();
    this.#streams.stderr.end();
  }
}

class StreamTeller {
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();

  constructor(
    private readonly redaction: StreamRedaction,
    private readonly tell: (text: string) => void,
  ) {}

  add(text: string): void {
    // A mask may come between the bytes of one character: the decoder waits for the rest of it.
    this.#tell(this.#decoder.decode(this.redaction.write(this.#encoder.encode(text)), { stream: true }));
  }

  end(): void {
    this.#tell(this.#decoder.decode(this.redaction.end()));
  }

  #tell(text: string): void {
    if (text !== '') this.tell(text);
  }
}
