import type { Clock } from '../ports/clock.js';
import type { StreamRedaction } from '../ports/secret-keeper.js';
import type { Event, EventBody } from './event.js';
import type { Redaction } from './redaction.js';

/** Reads events; must not throw and must not block. `close` writes out what is left. */
export interface EventReader {
  read(event: Event): void;
  close?(): Promise<void>;
}

/** Where the engine tells what happens. Stamps each event, takes the secrets out, and hands it to every reader. */
export class EventBus {
  readonly #readers: EventReader[] = [];
  readonly #told = new Map<EventBody['type'], number>();

  constructor(
    private readonly clock: Clock,
    private readonly redaction: Redaction,
  ) {}

  subscribe(reader: EventReader): void {
    this.#readers.push(reader);
  }

  emit(body: EventBody): void {
    this.#told.set(body.type, this.told(body.type) + 1);
    const event = this.redaction.redact<Event>({ at: this.clock.now(), ...body });
    for (const reader of this.#readers) reader.read(event);
  }

  /** How many events of this type there were so far. */
  told(type: EventBody['type']): number {
    return this.#told.get(type) ?? 0;
  }

  /** What is thrown past the bus goes through the same redaction. */
  redact<T>(value: T): T {
    return this.redaction.redact(value);
  }

  /** A redaction of its own for a stream of bytes, in which a secret may be split over two pieces. */
  redactStream(): StreamRedaction {
    return this.redaction.stream();
  }

  async close(): Promise<void> {
    await Promise.all(this.#readers.map(async (reader) => reader.close?.()));
  }
}
