import { describe, expect, it } from 'vitest';
import { AdfError, AdfErrors } from '../../src/errors/adf-error.js';
import { renderErrors } from '../../src/report/error-view.js';

const at = { file: 'playbooks/deploy.yml', line: 12, column: 7 };

describe('an error', () => {
  it('shows control characters instead of sending them to the terminal: a stranger may have said them', () => {
    const message = 'api-1 cannot be reached: \u001b]0;owned\u0007\u001b[2J\u009b2J (handshake)';

    const text = renderErrors(
      new AdfError({ code: 'ssh.unreachable', class: 'failed', message, hint: 'a\u001bb' }),
    );

    expect(text).toBe(
      'Error [ssh.unreachable] api-1 cannot be reached: ^[]0;owned^G^[[2J\\x9b2J (handshake)\n  a^[b',
    );
  });

  it('shows what happened, where, the line with a caret, and what to do next', () => {
    const error = new AdfError({
      code: 'config.unknown_key',
      class: 'invalid',
      message: 'Unknown key "imgae".',
      at,
      hint: 'Did you mean "image"?',
    });

    const text = renderErrors(error, (file, line) =>
      file === at.file && line === 12 ? '      imgae: api' : undefined,
    );

    expect(text).toBe(
      `
Error [config.unknown_key] Unknown key "imgae".
  playbooks/deploy.yml:12:7
  12 |       imgae: api
     |       ^
  Did you mean "image"?`.trim(),
    );
  });

  it.each([
    ['a tab', '\tname: x', 2, '\t^'],
    ['wide characters', '名前: x', 5, '      ^'],
    ['a line that ends before the caret', 'a:', 3, '  ^'],
  ])('puts the caret under its character after %s', (_, sourceLine, column, caret) => {
    const error = new AdfError({
      code: 'x',
      class: 'invalid',
      message: 'm',
      at: { ...at, column },
      sourceLine,
    });
    expect(renderErrors(error).split('\n').at(-1)).toBe(`     | ${caret}`);
  });

  it('shows a long line around its caret', () => {
    const sourceLine = `${'x'.repeat(500)}HERE${'y'.repeat(500)}`;
    const error = new AdfError({
      code: 'x',
      class: 'invalid',
      message: 'm',
      at: { ...at, column: 501 },
      sourceLine,
    });

    const [line = '', caret = ''] = renderErrors(error).split('\n').slice(-2);

    expect(line.length).toBeLessThan(120);
    expect(line.slice(caret.indexOf('^'), caret.indexOf('^') + 4)).toBe('HERE');
  });

  it('names the host, unless the message does', () => {
    const on = (message: string): string =>
      renderErrors(new AdfError({ code: 'x', class: 'failed', message, host: 'api-1' }));
    expect(on('No space left.')).toBe('Error [x] api-1: No space left.');
    expect(on('api-1 has no space left.')).toBe('Error [x] api-1 has no space left.');
  });

  it('stands with the others that were found in one go', () => {
    const error = (message: string): AdfError => new AdfError({ code: 'x', class: 'invalid', message });
    expect(renderErrors(new AdfErrors([error('One.'), error('Two.')]))).toBe(
      'Error [x] One.\n\nError [x] Two.\n\n2 errors',
    );
  });

  it('that is not ours is called a bug, and shows where it was thrown', () => {
    const text = renderErrors(new TypeError('x is undefined'));
    expect(text).toContain('Error [bug] x is undefined');
    expect(text).toContain('please report it');
    expect(text).toContain('error-view.test.ts');
  });
});
