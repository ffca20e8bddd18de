/** An error as a Docker Engine answers it. The wording is Docker's own, clients look for it. */
export class EngineFault extends Error {
  override readonly name = 'EngineFault';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const noSuchContainer = (name: string): EngineFault =>
  new EngineFault(404, `No such container: ${name}`);

export const noSuchImage = (name: string): EngineFault => new EngineFault(404, `No such image: ${name}`);

export const nameInUse = (name: string, by: string): EngineFault =>
  new EngineFault(
    409,
    `Conflict. The container name "/${name}" is already in use by container "${by}". ` +
      'You have to remove (or rename) that container to be able to reuse that name.',
  );

const endpointFailed = (name: string, id: string, reason: string): EngineFault =>
  new EngineFault(
    500,
    `driver failed programming external connectivity on endpoint ${name} (${id}): ${reason}`,
  );

/** Another container publishes the port. */
export const portAllocated = (name: string, id: string, port: number): EngineFault =>
  endpointFailed(name, id, `Bind for 0.0.0.0:${port} failed: port is already allocated`);

/** A program outside of Docker listens on the port. */
export const portInUse = (name: string, id: string, port: number): EngineFault =>
  endpointFailed(
    name,
    id,
    `Error starting userland proxy: listen tcp4 0.0.0.0:${port}: bind: address already in use`,
  );
