import type { Server } from 'node:net';
import { labCannotListen, labPortTaken } from '../errors/lab.js';

/** Where something listens. */
export interface Address {
  readonly address: string;
  readonly port: number;
}

/**
 * Resolves when the server listens, with its real port when 0 was asked for.
 * Throws `lab.port_taken`, `lab.cannot_listen`; `what` names the server in them.
 */
export function listen(server: Server, what: string, { address, port }: Address): Promise<Address> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      reject(
        error.code === 'EADDRINUSE'
          ? labPortTaken(what, address, port, error)
          : labCannotListen(what, address, port, error.message, error),
      );
    };
    server.once('error', onError);
    server.listen({ host: address, port }, () => {
      server.off('error', onError);
      const bound = server.address();
      resolve({ address, port: bound !== null && typeof bound === 'object' ? bound.port : port });
    });
  });
}

/** Resolves when the server is closed; a server that never listened is. */
export function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}

export const loopback = '127.0.0.1';
