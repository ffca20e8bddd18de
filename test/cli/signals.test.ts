import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Interruption } from '../../src/cli/signals.js';

const listen = () => {
  const source = new EventEmitter();
  const clock = { now: 0 };
  const exits: string[] = [];
  const interruption = new Interruption(source, {
    grace: 4_000,
    exitNow: (name) => exits.push(name),
    elapsed: () => clock.now,
  });
  const send = (signal: NodeJS.Signals, at: number): void => {
    clock.now = at;
    source.emit(signal);
  };
  return { source, interruption, exits, send };
};

describe('signals', () => {
  it.each([
    ['SIGINT', 'SIGINT'],
    ['SIGTERM', 'SIGTERM'],
    ['SIGHUP', 'SIGTERM'],
  ] as const)('the first %s asks the run to stop, as %s', (signal, name) => {
    const { interruption, exits, send } = listen();

    send(signal, 0);

    expect(interruption.signal.aborted).toBe(true);
    expect(interruption.signal.reason).toMatchObject({ code: 'run.interrupted' });
    expect(interruption.name()).toBe(name);
    expect(exits).toEqual([]);
  });

  it.each([
    ['SIGINT', 'SIGINT'],
    ['SIGINT', 'SIGTERM'],
    ['SIGTERM', 'SIGINT'],
  ] as const)('%s and then %s exits at once', (first, second) => {
    const { exits, send } = listen();
    send(first, 0);
    send(second, 1_000);
    expect(exits).toEqual([second]);
  });

  it('a Ctrl-C that npm passes on once more is not a second one', () => {
    const { exits, send } = listen();
    send('SIGINT', 0);
    send('SIGINT', 40);
    expect(exits).toEqual([]);
    send('SIGINT', 2_000);
    expect(exits).toEqual(['SIGINT']);
  });

  it('a terminal that closes after Ctrl-C is not a second wish', () => {
    const { exits, send } = listen();
    send('SIGINT', 0);
    send('SIGHUP', 1_000);
    expect(exits).toEqual([]);
  });

  it.each([undefined, 'SIGINT'] as const)('an output that was closed after %s is no second wish', (first) => {
    const { interruption, exits, send } = listen();
    if (first !== undefined) send(first, 0);
    interruption.hangUp();
    interruption.hangUp();
    expect(interruption.name()).toBe(first ?? 'SIGTERM');
    expect(exits).toEqual([]);
  });

  it('do again what they did before when the run is over', () => {
    const { source, interruption } = listen();
    interruption.dispose();
    expect(source.eventNames()).toEqual([]);
  });
});
