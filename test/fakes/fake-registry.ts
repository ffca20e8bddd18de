import { AdfError } from '../../src/errors/adf-error.js';
import { formatImageReference, type ImageReference } from '../../src/model/release.js';
import type { Registry, RegistryCredentials, ResolvedImage } from '../../src/ports/registry.js';
import type { Caller } from './port-calls.js';
import type { World } from './world/world.js';

/** What was published in a world. Its tags move with `world.images.moveTag`. */
export class FakeRegistry implements Registry {
  constructor(
    private readonly world: World,
    private readonly caller: Caller = world,
  ) {}

  resolve(reference: ImageReference): Promise<ResolvedImage> {
    const about = formatImageReference(reference);
    return this.caller.calls.make({ port: 'registry', method: 'resolve', actor: 'registry', about }, () => {
      const { repository, tag = 'latest', digest } = reference;
      const published = this.world.images.find(digest ?? this.world.images.tagged(repository, tag));
      if (published?.repository !== repository) {
        throw new AdfError({
          code: 'registry.image_missing',
          class: 'refused',
          message: `There is no image ${about}`,
        });
      }
      if (digest === undefined) {
        const { actor } = this.caller;
        this.world.timeline.record(actor, {
          type: 'tag.resolved',
          reference: about,
          digest: published.digest,
        });
      }
      const { os, architecture, hidesPlatform } = published.behaviour;
      return { digest: published.digest, platforms: hidesPlatform === true ? [] : [{ os, architecture }] };
    });
  }

  readonly logins = new Map<string, RegistryCredentials>();

  logIn(registry: string, credentials: RegistryCredentials): void {
    this.logins.set(registry, credentials);
  }

  credentials(): Promise<RegistryCredentials | undefined> {
    return Promise.resolve(undefined);
  }
}
