import { shown } from './number.js';
import { parsed } from './parsed.js';
import { scalarText } from './text.js';

/** An image without a version: `registry:5000/team/api`. */
export const repositorySchema = parsed((value, refuse): string => {
  const text = typeof value === 'string' ? value.trim() : '';
  const [, repository, version] = /^((?:[^/@]+\/)*[^/:@]+)([:@].+)?$/.exec(text) ?? [];
  if (repository === undefined || /\s/.test(text)) {
    refuse(`must be an image such as registry.example.com/team/api, not ${shown(value)}`);
  } else if (version !== undefined) {
    refuse(
      `must not hold a version: ${shown(value)}`,
      `Write it apart, as \`version: ${version.slice(1)}\`.`,
    );
  }
  return text;
}).meta({ type: 'image' });

/** A tag or a digest. Docker's own rule for tags. */
export const versionSchema = parsed((value, refuse): string => {
  const text = scalarText(value) ?? '';
  if (!/^(\w[\w.-]{0,127}|sha256:[0-9a-f]{64})$/.test(text)) {
    refuse(`must be a tag or a digest of the image, not ${shown(value)}`);
  }
  return text;
}).meta({ type: 'tag or digest' });
