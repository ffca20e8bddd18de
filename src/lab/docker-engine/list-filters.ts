import { z } from 'zod';
import type { Container } from './container.js';
import { EngineFault } from './fault.js';

/** Docker takes a list, and from old clients an object of `true`. */
const schema = z.record(
  z.string(),
  z.union([z.array(z.string()), z.record(z.string(), z.boolean()).transform((set) => Object.keys(set))]),
);

export interface ContainerFilters {
  readonly status: readonly string[];
  match(container: Container): boolean;
}

/** The `filters` of a list: AND across names, OR within values. Throws `EngineFault`. */
export function filtersOf(query: URLSearchParams): ContainerFilters {
  const filters = schema.parse(JSON.parse(query.get('filters') ?? '{}'));
  for (const name of Object.keys(filters)) {
    if (!(name in matchers)) throw new EngineFault(400, `invalid filter '${name}'`);
  }
  return {
    status: filters['status'] ?? [],
    match: (container) =>
      Object.entries(filters).every(
        ([name, values]) =>
          values.length === 0 || values.some((value) => matchers[name]?.(container, value) === true),
      ),
  };
}

const matchers: Readonly<Record<string, (container: Container, value: string) => boolean>> = {
  id: ({ id }, value) => id.startsWith(value),
  // A name is searched for, as a pattern, with its slash in front.
  name: ({ name }, value) => new RegExp(value).test(`/${name}`) || new RegExp(value).test(name),
  label: ({ image, config }, value) => {
    const labels = { ...image.labels, ...config.Labels };
    const [key = '', ...rest] = value.split('=');
    return rest.length === 0 ? key in labels : labels[key] === rest.join('=');
  },
  status: ({ state }, value) => state.status === value,
  ancestor: ({ image, config }, value) => config.Image === value || image.id === value,
};
