import type { SecretVariables } from '../config/variables-file.js';
import { unknownVariable, variableCycle } from '../errors/expression.js';
import { secretUnusable } from '../errors/secrets.js';
import { isEncrypted } from '../model/environment-text.js';
import { Secret } from '../model/secret.js';
import type { Locate, Place } from '../model/source.js';
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
  readonly #secrets: SecretVariables | undefined;
  readonly #rendered = new Map<string, unknown>();
  /** The names being rendered at this moment, outermost first. */
  readonly #rendering: string[] = [];

  private constructor(base: ReadonlyMap<string, Layer>, baseLayers: readonly Layer[], added?: Added) {
    this.#base = base;
    this.#baseLayers = baseLayers;
    this.#added = added;
    this.#secrets = baseLayers.find(({ secrets }) => secrets !== undefined)?.secrets;
    // At once, whether or not it is ever asked for: a host may tell it.
    for (const layer of added === undefined ? baseLayers : [added.layer]) this.#keepWritten(layer);
  }

  /** Lowest first. */
  static of(layers: readonly Layer[]): Variables {
    const base = new Map<string, Layer>();
    for (const layer of layers) for (const name of Object.keys(layer.values)) base.set(name, layer);
    return new Variables(base, layers);
  }

  /** These variables with one more layer on top. */
  with(layer: Layer): Variables {
    return new Variables(this.#base, this.#baseLayers, { layer, below: this.#added });
  }

  /** Lowest first. */
  get layers(): readonly Layer[] {
    return [...this.#baseLayers, ...[...this.#addedLayers()].reverse()];
  }

  has(name: string): boolean {
    return this.#layerOf(name) !== undefined;
  }

  /**
   * The value, rendered. Throws `expression.unknown_variable`, `expression.cycle`, and what is wrong with the
   * templates in it.
   */
  get(name: string): unknown {
    if (this.#rendered.has(name)) return this.#rendered.get(name);
    const layer = this.#layerOf(name);
    if (layer === undefined) throw unknownVariable(name, this.names(), {});
    const value = layer.literal === true ? layer.values[name] : this.#render(name, layer);
    // Before anybody has seen it.
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

  /** Whether a value that is secret, or came from one by way of a template, is anywhere in this one. */
  hasSecretIn(value: unknown): boolean {
    return this.#secrets?.keeper.isIn(value) ?? false;
  }

  /** All names, sorted. */
  names(): readonly string[] {
    const names = new Set(this.#base.keys());
    for (const { values } of this.#addedLayers()) for (const name of Object.keys(values)) names.add(name);
    return [...names].sort();
  }

  /** Which layer gives the value, and where in which file it stands. */
  origin(name: string): Origin | undefined {
    const layer = this.#layerOf(name);
    if (layer === undefined) return undefined;
    const at = positionOf(layer, name);
    return at === undefined ? { layer: layer.name } : { layer: layer.name, at };
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
    for (const layer of this.#addedLayers()) if (Object.hasOwn(layer.values, name)) return layer;
    return this.#base.get(name);
  }

  /** Highest first. */
  *#addedLayers(): Generator<Layer, undefined> {
    for (let added = this.#added; added !== undefined; added = added.below) yield added.layer;
  }
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
