import type { Lookups } from '../../model/lookups.js';
import { ArgumentProblem, NotFound, text, type TemplateFunction } from './function.js';

/** The path itself, then `files/` of the project, as `copy` looks for its source. */
const placesOf = (path: string): readonly string[] =>
  path.startsWith('/') ? [path] : [path, `files/${path}`];

function readFirst(path: string, { file }: Lookups): string | NotFound {
  if (path === '') throw new ArgumentProblem('needs the path of a file');
  const places = placesOf(path);
  for (const place of places) {
    const content = file(place);
    // As in Ansible: the line break at the end of a file is no part of its value.
    if (content !== undefined) return content.replace(/\s+$/, '');
  }
  return new NotFound(`there is no file ${places.join(' or ')}; paths are relative to the project`);
}

/** The function that the renderer answers by itself: its value is no value of others. */
export const namedSecret = 'secret';

export const lookupFunctions: Readonly<Record<string, TemplateFunction>> = {
  env: {
    usage: 'env "NAME"',
    gives: 'an environment variable of adfpush itself, as it was at the start',
    takes: [1, 1],
    call: ([name], _options, { environment }) => {
      const wanted = text(name?.value());
      return environment(wanted) ?? new NotFound(`the environment variable ${wanted} is not set`);
    },
  },
  file: {
    usage: 'file "path"',
    gives: 'the text of a file of the project, or of its `files/`, without white space at its end',
    takes: [1, 1],
    call: ([path], _options, lookups) => readFirst(text(path?.value()), lookups),
  },
  endpoint: {
    usage: 'endpoint "name" zone="zone"',
    gives:
      'the URL of an endpoint of the environment, by `inventory/endpoints.yml`; that of this zone, where it has one for each',
    takes: [1, 1],
    options: ['zone'],
    call: ([name], { zone }, { endpoint }) => {
      const wanted = text(name?.value());
      if (endpoint === undefined)
        throw new ArgumentProblem(`"${wanted}" is not known here: no environment is chosen`);
      return endpoint(wanted, zone === undefined ? undefined : text(zone));
    },
  },
  [namedSecret]: {
    usage: 'secret "name" "field"',
    gives: 'a secret of the project, or a field of one that is JSON; both are written out, in quotes',
    takes: [1, 9],
    literal: true,
    call: () => {
      throw new ArgumentProblem('takes names in quotes, written out');
    },
  },
};
