import { PassThrough, Writable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { TerminalPrompt } from '../../src/cli/terminal-prompt.js';
import { Secret } from '../../src/model/secret.js';
import { until } from '../stages/sshd.js';

class Screen extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
  /** As stdout, which a pipe does not end. */
  override end(): this {
    return this;
  }
}

describe('a question for a secret', () => {
  let keyboard: PassThrough;
  let screen: Screen;
  let log: string[];
  let stop: AbortController;
  let prompt: TerminalPrompt;
  beforeEach(() => {
    keyboard = new PassThrough();
    screen = new Screen();
    log = [];
    stop = new AbortController();
    prompt = new TerminalPrompt({
      hold: () => {
        log.push('held');
        return () => log.push('released');
      },
      interrupt: () => {
        log.push('interrupted');
        stop.abort();
      },
      signal: stop.signal,
      output: screen,
      input: keyboard,
    });
  });
  const shown = (text: string): Promise<void> =>
    until(`"${text}" is shown`, () => screen.text.includes(text));

  it('gives the answer, which is nowhere to be seen, and holds the view back meanwhile', async () => {
    const answer = prompt.ask('Passphrase for the key id:');
    await shown('Passphrase for the key id:');
    expect(log).toEqual(['held']);
    keyboard.write('open sesame\r');

    expect((await answer)?.reveal()).toBe('open sesame');
    expect(screen.text).not.toContain('sesame');
    expect(log).toEqual(['held', 'released']);
  });

  it('waits until the one before is answered', async () => {
    const answers = [prompt.ask('First:'), prompt.ask('Second:')];
    await shown('First:');
    expect(screen.text).not.toContain('Second:');
    keyboard.write('one\r');
    await shown('Second:');
    keyboard.write('two\r');

    expect((await Promise.all(answers)).map((answer) => answer?.reveal())).toEqual(['one', 'two']);
    expect(log).toEqual(['held', 'released', 'held', 'released']);
  });

  it('is answered by Ctrl-C with an interruption, and so are those behind it', async () => {
    const answers = [prompt.ask('First:'), prompt.ask('Second:')];
    await shown('First:');
    keyboard.write('\u0003');

    expect(await Promise.all(answers)).toEqual([undefined, undefined]);
    expect(log).toEqual(['held', 'interrupted', 'released']);
    expect(screen.text).not.toContain('Second:');
  });

  it('goes away when a signal comes', async () => {
    const answer = prompt.ask('First:');
    await shown('First:');
    stop.abort();

    expect(await answer).toBeUndefined();
    expect(log).toEqual(['held', 'released']);
  });

  it('that may be seen is answered by a line, before or after others', async () => {
    const answers = [prompt.ask('Password:'), prompt.askOpenly('Which ticket?')];
    await shown('Password:');
    keyboard.write('hidden\r');
    await shown('Which ticket?');
    keyboard.write('shop-42\r');

    expect((await answers[0]) instanceof Secret).toBe(true);
    expect(await answers[1]).toBe('shop-42');
    expect(screen.text).toContain('shop-42');
    expect(log).toEqual(['held', 'released', 'held', 'released']);
  });

  it.each([
    ['\u0003', ['held', 'interrupted', 'released']],
    ['\u0004', ['held', 'released']],
  ])('that may be seen is answered by nobody with the key %j', async (key, happened) => {
    const answer = prompt.askOpenly('Which ticket?');
    await shown('Which ticket?');
    keyboard.write(key);

    expect(await answer).toBeUndefined();
    expect(log).toEqual(happened);
  });
});
