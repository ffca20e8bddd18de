import { label, type ContainerSpec, type ContainerTemplate } from '../model/container.js';
import { isoTime } from '../model/duration.js';
import { bindMounts } from '../model/volume.js';
import { canonical } from '../model/canonical-json.js';
import { changedParts, specHash, specParts } from '../model/spec-hash.js';
import { secretsLabelOf } from '../model/secret-hashes.js';
import { secretInArgument } from '../errors/secrets.js';
import { envFileMissing, imageUnnamed, notAsPlanned } from '../errors/container-specs.js';
import type { Variables } from '../expression/variables.js';
import { renderEnvFile } from '../expression/env-file.js';
import { cannotRenderFile } from '../errors/expression.js';
import { UnknownValue } from '../model/unknown.js';
import type { ContainerName } from '../model/ids.js';
import type { PinnedImage } from '../model/release.js';
import type { HostTarget } from './host-target.js';

/** Turns container templates into specifications: images pinned, env files rendered, a network shared where there are several. */
export class ContainerSpecs {
  constructor(private readonly target: Pick<HostTarget, 'host' | 'run' | 'group' | 'known'>) {}

  /** `image` is for templates that name none. Throws `container.*` and what the registry throws. */
  async from(
    templates: readonly ContainerTemplate[],
    image: string | undefined,
    variables: Variables,
  ): Promise<readonly ContainerSpec[]> {
    const shared = this.#sharedOf(templates);
    return Promise.all(
      templates.map(async (template) => {
        const reference = template.image ?? image;
        if (reference === undefined) throw imageUnnamed(template.name);
        const rendered = await this.#render(template, shared, variables);
        return { ...rendered, image: await this.target.run.images.pin(reference) };
      }),
    );
  }

  /**
   * What a task makes. A container that the plan names is the plan's own, whatever became of the project's files since. Throws
   * `container.not_as_planned` when the task would make it otherwise, and what `from` throws.
   */
  async forTask(
    templates: readonly ContainerTemplate[],
    image: string | undefined,
    variables: Variables,
  ): Promise<readonly ContainerSpec[]> {
    const { host, known, group } = this.target;
    const rendered = await this.from(templates, image, variables);
    return rendered.map((spec, index) => {
      const isNamed = ({ name }: { readonly name: ContainerName }): boolean => name === spec.name;
      const planned = known.planned?.containers.find(isNamed);
      if (planned === undefined) return spec;
      const isGroups = canonical(templates[index]) === canonical(group?.settings.containers.find(isNamed));
      const differs = [
        ...(spec.image.digest === planned.image.digest ? [] : ['image']),
        ...(isGroups ? [] : changedParts({ [label.specParts]: specParts(planned) }, spec)),
      ];
      if (differs.length > 0) throw notAsPlanned(host, spec.name, differs);
      return planned;
    });
  }

  /** One of a group's containers as its template renders to, with this image: its registry is not asked. Throws `container.*`. */
  async withImage(
    name: ContainerName,
    templates: readonly ContainerTemplate[],
    image: PinnedImage,
    variables: Variables,
  ): Promise<ContainerSpec | undefined> {
    const template = templates.find((one) => one.name === name);
    return template && { ...(await this.#render(template, this.#sharedOf(templates), variables)), image };
  }

  #sharedOf(templates: readonly ContainerTemplate[]): readonly string[] {
    return templates.length > 1 ? [`adfpush-${this.target.group?.name ?? 'containers'}`] : [];
  }

  async #render(
    { image: _image, envFile, adopt: _adopt, ...rest }: ContainerTemplate,
    shared: readonly string[],
    variables: Variables,
  ): Promise<Omit<ContainerSpec, 'image'>> {
    // Docker starts a program with each of them, and `ps` on the host shows it.
    const { name, command, entrypoint, healthcheck } = rest;
    if (variables.hasSecretIn([command, entrypoint, healthcheck?.test]))
      throw secretInArgument(`The command, entrypoint or health check of container ${name}`);
    const fromFile = envFile === undefined ? {} : await this.#readEnvFile(envFile, variables);
    return {
      ...rest,
      env: { ...fromFile, ...rest.env },
      networks: rest.networks.length > 0 ? rest.networks : shared,
    };
  }

  /** The labels that make a container ours and tell all that a later run must know. */
  labelsFor(spec: ContainerSpec): Readonly<Record<string, string>> {
    const { run, group, known } = this.target;
    const { startedAt } = known;
    const release = group?.release;
    const secrets = known.hashSecrets?.(spec);
    const isRelease = release !== undefined && release.image.digest === spec.image.digest;
    return {
      ...spec.labels,
      [label.environment]: run.environment,
      ...(group === undefined ? {} : { [label.group]: group.name }),
      [label.container]: spec.name,
      ...(isRelease ? { [label.release]: release.version } : {}),
      [label.digest]: spec.image.digest,
      [label.specHash]: specHash(spec),
      [label.specParts]: specParts(spec),
      [label.run]: run.id,
      [label.by]: run.owner.who,
      ...(secrets === undefined ? {} : { [label.secrets]: secretsLabelOf(secrets) }),
      ...createsLabel(spec),
      ...(startedAt === undefined ? {} : { [label.started]: isoTime(startedAt) }),
    };
  }

  async #readEnvFile(path: string, variables: Variables): Promise<Readonly<Record<string, string>>> {
    const text = await this.target.run.ports.files.read(path);
    if (text === undefined) throw envFileMissing(path);
    const rendered = renderEnvFile({ file: path, text }, variables);
    if (rendered instanceof UnknownValue) throw cannotRenderFile(path, String(rendered));
    return rendered;
  }
}

function createsLabel({ volumes }: ContainerSpec): Readonly<Record<string, string>> {
  const sources = bindMounts(volumes).flatMap(({ create, source }) => (create ? [source] : []));
  return sources.length === 0 ? {} : { [label.creates]: JSON.stringify(sources) };
}
