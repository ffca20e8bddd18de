import type { DockerSettings } from '../model/host.js';
import type { LoginEngine } from './host-look.js';

/** Where Docker's own client goes when nothing says otherwise. */
const usualSocket = '/var/run/docker.sock';

/** The socket that is spoken to on a host; undefined when the login user's `docker` is to choose. */
export const socketOf = ({ socket, followContext }: DockerSettings): string | undefined =>
  socket ?? (followContext === true ? undefined : usualSocket);

/**
 * The Engine that is spoken to, as people are told of it, and the one that the login user's `docker` goes to instead, if it is another.
 * `docker system dial-stdio` by itself follows the user's context and DOCKER_HOST (measured with Docker 28.2), so a socket is always named
 * to it unless the settings say `follow_context`.
 */
export function engineAddresses(
  docker: DockerSettings,
  login: LoginEngine | undefined,
): { readonly address: string; readonly elsewhere?: string } {
  const socket = socketOf(docker);
  if (socket === undefined) return { address: login?.address ?? login?.by ?? addressOf(usualSocket) };
  const address = addressOf(socket);
  if (login === undefined || isSame(login.address, address)) return { address };
  return { address, elsewhere: login.address === undefined ? login.by : `${login.address} (${login.by})` };
}

const addressOf = (socket: string): string => `unix://${socket}`;

/** /var/run is a link to /run wherever there is a systemd. */
const isSame = (one: string | undefined, other: string): boolean =>
  one !== undefined && withoutVar(one) === withoutVar(other);

const withoutVar = (address: string): string => address.replace(/^unix:\/\/\/var\/run\//, 'unix:///run/');
