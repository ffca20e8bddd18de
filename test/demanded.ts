/** The one value that demands everything, as CI gives it: then nothing may be left out for want of what it needs. */
export const everythingIsDemanded = (): boolean => process.env['ADFPUSH_FLEET'] === 'required';
