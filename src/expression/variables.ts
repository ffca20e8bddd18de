import type { SecretVariables } from '../config/variables-file.js';
import { unknownVariable, variableCycle } from '../errors/expression.js';
import type { ErrorPlace } from '../errors/adf-error.js';
import { secretNotFetched, secretUnusable } from '../errors/secrets.js';
import { isEncrypted } from '../model/environment-text.js';
import { Secret } from '../model/secret.js';
import { locateWithin, type Locate, type Place, type ValuePath } from '../model/source.js';
import type { Lookups } from '../model/lookups.js';
import type { UnknownValue } from '../model/unknown.js';
import type { SecretKeeper } from '../ports/secret-keeper.js';
import { isMapping } from './describe.js';
import { locateThrough, placeOf } from './place.js';
import type { Layer, Origin } from './scope.js';
import { mayBeTemplate, render } from './templates.js';

/**
 * What the names mean for one host in one task. Layers lie on one another; the highest that has a name gives its whole
 * value (as in Ansible, mappings are not merged). Values are rendered when they are asked for, with the variables of
 * this very instance, and once.
 */
export class Variables {
  /** The layers that all share; looked up by name at once. */
  readonly #base: ReadonlyMap<string, Layer>;
  readonly #baseLayers: readonly Layer[];
  /** Later layers, highest first: a list that instances share the tail of, so that `with` costs nothing. */
  readonly #added: Added | undefined;
  /** Below all others, highest first: a list like `#added`. */
  readonly #defaults: Added | undefined;
  /** What names mean that no layer has; absent where they mean nothing. */
  readonly #otherwise: UnknownValue | undefined;
  readonly #secrets: SecretVariables | undefined;
  readonly #lookups: Lookups | undefined;
  /** Keeps which names are asked for; absent where that is of no interest. */
  readonly #reads: Reads | undefined;
  readonly #rendered = new Map<string, unknown>();
  /** The names being rendered at this moment, outermost first. */
  readonly #rendering: string[] = [];

  private constructor(
    base: ReadonlyMap<string, Layer>,
    baseLayers: readonly Layer[],
    { added, defaults, otherwise }: Around,
    /** The layers that were not there before. */
    fresh: readonly Layer[],
    reads?: Reads,
  ) {
    this.#base = base;
    this.#baseLayers = baseLayers;
    this.#added = added;
    this.#defaults = defaults;
    this.#otherwise = otherwise;
    this.#reads = reads;
    this.#secrets = baseLayers.find(({ secrets }) => secrets !== undefined)?.secrets;
    this.#lookups = baseLayers.find(({ lookups }) => lookups !== undefined)?.lookups;
    // At once, whether or not it is ever asked for: a host may tell it.
    for (const layer of fresh) this.#keepWritten(layer);
  }

  /** Lowest first. */
  static of(layers: readonly Layer[]): Variables {
    const base = new Map<string, Layer>();
    for (const layer of layers) for (const name of Object.keys(layer.values)) base.set(name, layer);
    const otherwise = layers.findLast((layer) => layer.otherwise !== undefined)?.otherwise;
    return new Variables(base, layers, { ...nothingAround, otherwise }, layers);
  }

  /** These variables with one more layer on top. */
  with(layer: Layer): Variables {
    const around = {
      added: { layer, below: this.#added },
      defaults: this.#defaults,
      otherwise: layer.otherwise ?? this.#otherwise,
    };
    return new Variables(this.#base, this.#baseLayers, around, [layer], this.#reads);
  }

  /** These variables with one more layer below all of them, but above those that were put there before: a default. */
  withDefaults(layer: Layer): Variables {
    const defaults = { layer, below: this.#defaults };
    const around = { added: this.#added, defaults, otherwise: this.#otherwise };
    return new Variables(this.#base, this.#baseLayers, around, [layer], this.#reads);
  }

  /** The same variables, which keep in `reads` what they, and variables made from them, are asked for. */
  watchedBy(reads: Reads): Variables {
    const around = { added: this.#added, defaults: this.#defaults, otherwise: this.#otherwise };
    return new Variables(this.#base, this.#baseLayers, around, [], reads);
  }

  /** Whether what was read of others would be the same here. It may be false though it would. */
  meansTheSame(others: Variables, { names, readAll }: Reads): boolean {
    if (readAll || this.#otherwise !== others.#otherwise || this.#lookups !== others.#lookups) return false;
    if (this.#secrets !== others.#secrets) return false;
    for (const name of names)
      if (!isSameValue(name, this.#layerOf(name), others.#layerOf(name))) return false;
    return true;
  }

  /** Lowest first. */
  get layers(): readonly Layer[] {
    if (this.#reads !== undefined) this.#reads.readAll = true;
    return [
      ...[...layersOf(this.#defaults)].reverse(),
      ...this.#baseLayers,
      ...[...layersOf(this.#added)].reverse(),
    ];
  }

  has(name: string): boolean {
    this.#reads?.names.add(name);
    return this.#otherwise !== undefined || this.#layerOf(name) !== undefined;
  }

  /**
   * The value, rendered. Throws `expression.unknown_variable`, `expression.cycle`, and what is wrong with the
   * templates in it.
   */
  get(name: string): unknown {
    this.#reads?.names.add(name);
    if (this.#rendered.has(name)) return this.#rendered.get(name);
    const layer = this.#layerOf(name);
    if (layer === undefined && this.#otherwise !== undefined) return this.#otherwise;
    if (layer === undefined) throw unknownVariable(name, this.names(), {});
    const value = this.#valueOf(name, this.#givenBy(name, layer));
    // Before it can be shown.
    if (this.#secrets !== undefined && this.isSecret(name)) {
      keep(value, name, this.#secrets.keeper);
      if (typeof value === 'string' && isEncrypted(value)) throw encryptedSecret(name, layer);
    }
    this.#rendered.set(name, value);
    return value;
  }

  /** Whether the value of this name is never to be shown. */
  isSecret(name: string): boolean {
    return this.#secrets?.names.has(name) ?? false;
  }

  /** Who keeps secrets from being shown; undefined where none was declared. */
  get secretKeeper(): SecretKeeper | undefined {
    return this.#secrets?.keeper;
  }

  /** What functions of templates look up besides variables. */
  get lookups(): Lookups | undefined {
    return this.#lookups;
  }

  /** Whether a value that is secret, or came from one by way of a template, is anywhere in this one. */
  hasSecretIn(value: unknown): boolean {
    return this.#secrets?.keeper.isIn(value) ?? false;
  }

  /** Throws `secret.*`. */
  secret(name: string, fields: readonly string[], place: ErrorPlace): string | UnknownValue {
    const named = this.#secrets?.named;
    if (named === undefined) throw secretNotFetched(name, place);
    return named.get(name, fields, place);
  }

  /** All names, sorted. */
  names(): readonly string[] {
    if (this.#reads !== undefined) this.#reads.readAll = true;
    const names = new Set(this.#base.keys());
    for (const added of [this.#added, this.#defaults])
      for (const { values } of layersOf(added)) for (const name of Object.keys(values)) names.add(name);
    return [...names].sort();
  }

  /** Which layer gives the value, and where in which file it stands. */
  origin(name: string): Origin | undefined {
    this.#reads?.names.add(name);
    const layer = this.#layerOf(name);
    if (layer === undefined) return undefined;
    const at = positionOf(layer, name);
    return at === undefined ? { layer: layer.name } : { layer: layer.name, at };
  }

  /** Where the parts of a value stand, by their path in it; undefined when it stands in no file. */
  locateOf(name: string): Locate | undefined {
    const top = this.#layerOf(name);
    const layers = top === undefined ? [] : this.#givenBy(name, top);
    const [only, ...others] = layers.filter(({ locate }) => locate !== undefined);
    if (only?.locate === undefined) return undefined;
    if (others.length === 0) return locateWithin(only.locate, [name]);
    const has = (values: unknown, path: ValuePath): boolean =>
      path.length === 0 || (isMapping(values) && has(values[path[0] ?? ''], path.slice(1)));
    return (path, part) => {
      const whole = [name, ...path];
      return (layers.find(({ values }) => has(values, whole)) ?? only).locate?.(whole, part);
    };
  }

  /** The layers that give a value, highest first: one, unless it is a setting of which higher ones say only a part. */
  #givenBy(name: string, top: Layer): readonly Layer[] {
    if (top.merges !== true || !mergedSettings.has(name)) return [top];
    const all = [...layersOf(this.#added), ...this.#baseLayers.toReversed(), ...layersOf(this.#defaults)];
    const having = all.filter(({ values }) => Object.hasOwn(values, name));
    return having.slice(0, having.findIndex(({ merges }) => merges !== true) + 1 || undefined);
  }

  #valueOf(name: string, [layer, ...below]: readonly Layer[]): unknown {
    if (layer === undefined) return undefined;
    const value = layer.literal === true ? layer.values[name] : this.#render(name, layer);
    return below.length === 0 || !isMapping(value) ? value : merged(this.#valueOf(name, below), value);
  }

  /** What a layer gives to secret names as it is written, where no template has to be rendered first. */
  #keepWritten({ values, literal }: Layer): void {
    if (this.#secrets === undefined) return;
    const { names, keeper } = this.#secrets;
    for (const name of names) {
      const given = Object.getOwnPropertyDescriptor(values, name)?.value as unknown;
      if (literal === true || !hasTemplate(given)) keep(given, name, keeper);
    }
  }

  #render(name: string, layer: Layer): unknown {
    const cycleStart = this.#rendering.indexOf(name);
    if (cycleStart >= 0) throw this.#cycle(this.#rendering.slice(cycleStart));
    this.#rendering.push(name);
    try {
      const inFile = locateThrough(layer.locate ?? nowhereAtAll, (path) => [name, ...path]);
      return render({ value: layer.values[name], locate: inFile }, this);
    } finally {
      this.#rendering.pop();
    }
  }

  #cycle(names: readonly string[]): Error {
    const positions = names.map((name) => this.origin(name)?.at);
    const locate = this.#layerOf(names[0] ?? '')?.locate;
    const place = locate === undefined ? {} : placeOf(locate, names.slice(0, 1));
    return variableCycle(names, positions, place);
  }

  #layerOf(name: string): Layer | undefined {
    return layerWith(name, this.#added) ?? this.#base.get(name) ?? layerWith(name, this.#defaults);
  }
}

/** Settings of a group that are mappings. */
const mergedSettings: ReadonlySet<string> = new Set(['container', 'health', 'rollout']);

/** The lower value with what the upper one says otherwise; lists and texts are replaced. */
const merged = (lower: unknown, upper: unknown): unknown =>
  isMapping(lower) && isMapping(upper)
    ? Object.fromEntries([
        ...Object.entries(lower),
        ...Object.entries(upper).map(([key, value]) => [key, merged(lower[key], value)] as const),
      ])
    : upper;

/** Which names variables were asked for. */
export interface Reads {
  readonly names: Set<string>;
  /** They were asked which names there are. */
  readAll: boolean;
}

/** The same text in a file, or the same simple value: a template in it is rendered with names that were read too. */
function isSameValue(name: string, one: Layer | undefined, other: Layer | undefined): boolean {
  if (one === other && one?.merges !== true) return true;
  if (one === undefined || other === undefined) return false;
  if (one.merges === true && mergedSettings.has(name)) return false;
  if (one.values === other.values) return true;
  const [value, same] = [one.values[name], other.values[name]];
  return typeof value !== 'object' && value === same && one.literal === other.literal;
}

/** What lies around the layers that all share. */
interface Around {
  readonly added: Added | undefined;
  readonly defaults: Added | undefined;
  readonly otherwise: UnknownValue | undefined;
}

const nothingAround: Around = { added: undefined, defaults: undefined, otherwise: undefined };

/** Highest first. */
function* layersOf(added: Added | undefined): Generator<Layer, undefined> {
  for (let at = added; at !== undefined; at = at.below) yield at.layer;
}

function layerWith(name: string, added: Added | undefined): Layer | undefined {
  for (let at = added; at !== undefined; at = at.below)
    if (Object.hasOwn(at.layer.values, name)) return at.layer;
  return undefined;
}

/** All texts and numbers of a secret value: those of a mapping are as secret as itself. */
function keep(value: unknown, name: string, keeper: SecretKeeper): void {
  if (typeof value === 'string' || typeof value === 'number') keeper.add(new Secret(String(value)), name);
  else if (Array.isArray(value)) for (const item of value) keep(item, name, keeper);
  else if (isMapping(value)) for (const item of Object.values(value)) keep(item, name, keeper);
}

const hasTemplate = (value: unknown): boolean =>
  typeof value === 'string'
    ? mayBeTemplate(value)
    : Array.isArray(value)
      ? value.some(hasTemplate)
      : isMapping(value) && Object.values(value).some(hasTemplate);

const nowhereAtAll: Locate = () => undefined;

interface Added {
  readonly layer: Layer;
  readonly below: Added | undefined;
}

function encryptedSecret(name: string, { locate }: Layer): Error {
  return secretUnusable(name, 'encrypted', locate === undefined ? {} : placeOf(locate, [name]));
}

const positionOf = ({ locate }: Layer, name: string): Place | undefined => locate?.([name]);
