/**
 * What came from a host may hold escape sequences that would move the cursor or retitle the terminal. Each control character becomes
 * visible; tabs and line ends stay.
 */
export const withVisibleControls = (text: string): string =>
  // eslint-disable-next-line no-control-regex -- exactly the control characters.
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x5e, code + 0x40) : `\\x${code.toString(16)}`;
  });
