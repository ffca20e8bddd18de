import type { EnvironmentFile } from '../config/environment-file.js';
import {
  renderedHeadersSchema,
  renderedUrlSchema,
  type EndpointEntry,
  type EndpointsFile,
} from '../config/endpoints-file.js';
import type { Project } from '../config/project.js';
import { validate } from '../config/validate.js';
import { Diagnostics } from '../errors/diagnostics.js';
import { nearest, enumerate } from '../errors/nearest.js';
import { ArgumentProblem } from '../expression/functions/function.js';
import type { Layer } from '../expression/scope.js';
import { render } from '../expression/templates.js';
import { Variables } from '../expression/variables.js';
import { defined } from '../model/defined.js';
import type { Endpoint } from '../model/endpoint.js';
import { revealed, Secret } from '../model/secret.js';
import { locateWithin, type ValuePath } from '../model/source.js';
import { UnknownValue } from '../model/unknown.js';

/** The variables that all hosts of an environment share, the lowest precedence first. */
export async function sharedLayers(
  project: Project,
  environment: EnvironmentFile,
  extraVars: readonly Layer[],
): Promise<readonly Layer[]> {
  const layers = [
    project.config.vars,
    project.config.secrets,
    await project.groupVars('all'),
    environment.vars,
    environment.groupVars.get('all'),
    { name: 'facts', values: { env: environment.name }, literal: true },
    ...extraVars,
  ];
  return layers.filter((layer) => layer !== undefined);
}

/** One entry of the file in one of its zones. */
interface Placed {
  readonly entry: EndpointEntry;
  readonly zone: string | undefined;
  readonly path: ValuePath;
}

/**
 * The endpoints of one environment. What is wrong with their file is thrown when they are asked for, and not before: a run that names none is
 * not kept from its work by it.
 */
export class EndpointBook {
  readonly #placed: readonly Placed[];
  readonly #urls = new Map<Placed, unknown>();
  /** Those being rendered at this moment, outermost first. */
  readonly #rendering: Placed[] = [];
  #variables: Variables | undefined;

  private constructor(
    private readonly environment: string,
    private readonly read: EndpointsFile | { readonly wrong: unknown } | undefined,
    /** Of all hosts of the environment, lowest precedence first. */
    readonly layers: readonly Layer[],
  ) {
    const entries = read === undefined || 'wrong' in read ? [] : (read.entries.get(environment) ?? []);
    this.#placed = entries.flatMap((entry, index) =>
      (entry.zone.length === 0 ? [undefined] : entry.zone).map((zone) => ({
        entry,
        zone,
        path: [environment, index],
      })),
    );
  }

  /** Reads the file and the variables that it may name. */
  static async of(
    project: Project,
    environment: EnvironmentFile,
    extraVars: readonly Layer[],
  ): Promise<EndpointBook> {
    const read = await project.endpoints().catch((wrong: unknown) => ({ wrong }));
    if (read === undefined || 'wrong' in read) return new EndpointBook(environment.name, read, []);
    return new EndpointBook(environment.name, read, await sharedLayers(project, environment, extraVars));
  }

  /** The texts of all entries that may hold templates. */
  get written(): readonly unknown[] {
    return this.#placed.map(({ entry: { url, headers } }) => [url, headers]);
  }

  /** Where the file is that has none for this environment; undefined when it has some. Throws what is wrong with the file. */
  get missing(): string | undefined {
    this.#requireRight();
    if (this.#placed.length > 0) return undefined;
    return this.read === undefined || 'wrong' in this.read ? 'inventory/endpoints.yml' : this.read.file;
  }

  /**
   * The URL of the endpoint of this name, in this zone. It is a Secret when a secret is in it. Throws ArgumentProblem for one that is not there,
   * and what is wrong with the file.
   */
  find(name: string, zone: string | undefined): unknown {
    this.#requireRight();
    const found = this.#choose(name, zone);
    if (this.#rendering.includes(found)) {
      const chain = [...this.#rendering, found].map(({ entry }) => entry.name).join(' → ');
      throw new ArgumentProblem(`the URL of an endpoint is made of itself: ${chain}`);
    }
    if (!this.#urls.has(found)) this.#urls.set(found, this.#urlOf(found));
    return this.#urls.get(found);
  }

  /** All of them, ready to be asked. Throws all that is wrong with the file and its templates. */
  all(): readonly Endpoint[] {
    this.#requireRight();
    const diagnostics = new Diagnostics();
    const all = this.#placed.map((placed) => diagnostics.collect(() => this.#endpointOf(placed)));
    diagnostics.refuse();
    return all.filter((endpoint) => endpoint !== undefined);
  }

  #requireRight(): void {
    if (this.read !== undefined && 'wrong' in this.read) throw this.read.wrong;
  }

  #choose(name: string, zone: string | undefined): Placed {
    const named = this.#placed.filter(({ entry }) => entry.name === name);
    if (named.length === 0) throw this.#unknownName(name);
    const forAll = named.find((one) => one.zone === undefined);
    const zones = named.flatMap((one) => one.zone ?? []);
    if (zone === undefined) {
      const found = forAll ?? (named.length === 1 ? named[0] : undefined);
      if (found !== undefined) return found;
      throw new ArgumentProblem(
        `"${name}" has a URL for each of several zones (${enumerate(zones)}): say which, zone="${zones[0] ?? ''}"`,
      );
    }
    const found = named.find((one) => one.zone === zone) ?? forAll;
    if (found !== undefined) return found;
    throw new ArgumentProblem(
      `"${name}" has no URL for the zone "${zone}" in ${this.environment}. ${suggestion(zone, zones, 'It has')}`,
    );
  }

  #unknownName(name: string): ArgumentProblem {
    if (this.read === undefined || 'wrong' in this.read) {
      return new ArgumentProblem(`there is no inventory/endpoints.yml that could say what "${name}" is`);
    }
    const here = [...new Set(this.#placed.map(({ entry }) => entry.name))];
    const elsewhere = [...this.read.entries]
      .filter(([, entries]) => entries.some((entry) => entry.name === name))
      .map(([environment]) => environment);
    if (elsewhere.length > 0) {
      return new ArgumentProblem(
        `${this.environment} has no endpoint "${name}" in ${this.read.file}; ${enumerate(elsewhere)} ${elsewhere.length === 1 ? 'has' : 'have'} one`,
      );
    }
    return new ArgumentProblem(
      `there is no endpoint "${name}" in ${this.read.file}. ${suggestion(name, here, `${this.environment} has`)}`.trim(),
    );
  }

  #endpointOf(placed: Placed): Endpoint {
    const { entry, zone, path } = placed;
    const rendered = this.find(entry.name, zone);
    const url = below(textOf(rendered), entry.path);
    const isSecret = rendered instanceof Secret || this.#variablesIn(zone).hasSecretIn(textOf(rendered));
    const headers = this.#render(['headers'], entry.headers, placed);
    return {
      name: entry.name,
      ...defined({ zone }),
      url: new Secret(url),
      shownUrl: isSecret
        ? below(entry.url.replaceAll(/\{\{[^]*?\}\}+/g, '***'), entry.path)
        : withoutSecrets(url),
      method: entry.method,
      headers:
        headers instanceof UnknownValue
          ? {}
          : validate(
              renderedHeadersSchema,
              { value: revealed(headers), locate: locateWithin(this.#file.locate, [...path, 'headers']) },
              [...path, 'headers'],
            ),
      status: entry.status,
      timeout: entry.timeout,
      followRedirects: entry.follow_redirects,
    };
  }

  #urlOf(placed: Placed): unknown {
    this.#rendering.push(placed);
    try {
      const rendered = this.#render(['url'], placed.entry.url, placed);
      if (rendered instanceof UnknownValue) return rendered;
      const path = [...placed.path, 'url'];
      validate(
        renderedUrlSchema,
        { value: revealed(rendered), locate: locateWithin(this.#file.locate, path) },
        path,
      );
      return rendered;
    } finally {
      this.#rendering.pop();
    }
  }

  #render(key: ValuePath, value: unknown, { zone, path }: Placed): unknown {
    const locate = locateWithin(this.#file.locate, [...path, ...key]);
    return render({ value, locate }, this.#variablesIn(zone));
  }

  #variablesIn(zone: string | undefined): Variables {
    this.#variables ??= Variables.of(this.layers);
    return zone === undefined
      ? this.#variables
      : this.#variables.with({ name: 'zone', values: { zone }, literal: true });
  }

  get #file(): EndpointsFile {
    if (this.read === undefined || 'wrong' in this.read) throw new TypeError('no endpoint without a file');
    return this.read;
  }
}

/** A text that is not known before a run: it is never asked. */
const textOf = (rendered: unknown): string =>
  rendered instanceof UnknownValue ? 'http://unknown.invalid' : String(revealed(rendered));

function suggestion(word: string, known: readonly string[], listed: string): string {
  const near = nearest(word, known);
  if (near !== undefined) return `Did you mean "${near}"?`;
  return known.length === 0 ? '' : `${listed}: ${enumerate(known)}`;
}

/** The path is put before the query of the URL, or after one that it brings itself. */
function below(url: string, path: string | undefined): string {
  if (path === undefined) return url;
  const [, base = url, query = ''] = /^([^?]*)(\?.*)?$/.exec(url) ?? [];
  const whole = `${base.replace(/\/+$/, '')}${path}`;
  return path.includes('?') && query !== '' ? `${whole}&${query.slice(1)}` : `${whole}${query}`;
}

/** Names of parameters whose values are probably secret, though nothing in the project says so. */
const secretName = /auth|credential|key|passw|secret|session|sig|token/i;

/** For people: without a password, and without the values of parameters that are probably secret. */
export function withoutSecrets(url: string): string {
  return url
    .replace(/^([a-z]+:\/\/)[^/?#@]*@/i, '$1***@')
    .replaceAll(/([?&])([^=&#]*)=([^&#]*)/g, (whole, mark: string, name: string) =>
      secretName.test(name) ? `${mark}${name}=***` : whole,
    );
}
