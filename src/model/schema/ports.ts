import type { PortMapping } from '../container.js';
import { shown } from './number.js';
import { parsed } from './parsed.js';
import { scalarText } from './text.js';

const shape =
  /^(?:(?<address>\[[0-9a-fA-F:.]+\]|\d+\.\d+\.\d+\.\d+|localhost):)?(?:(?<host>\d+):)?(?<container>\d+)(?:\/(?<protocol>tcp|udp))?$/;

/** `host:container`, `address:host:container`, each with `/udp` if so; one port alone is the same on both sides. */
function readPort(text: string): PortMapping | undefined {
  const { address, host, container, protocol } = shape.exec(text.trim())?.groups ?? {};
  if (container === undefined || (address !== undefined && host === undefined)) return undefined;
  const [hostPort, containerPort] = [Number(host ?? container), Number(container)];
  if (![hostPort, containerPort].every((port) => port >= 1 && port <= 65_535)) return undefined;
  return {
    ...(address === undefined ? {} : { hostAddress: plainAddress(address) }),
    hostPort,
    containerPort,
    protocol: protocol === 'udp' ? 'udp' : 'tcp',
  };
}

const plainAddress = (address: string): string =>
  address === 'localhost' ? '127.0.0.1' : address.replace(/^\[|\]$/g, '');

const hint =
  'Write "5060:5000" (host:container), "127.0.0.1:8080:80", "53:53/udp", or 5000 for the same on both sides.';

/** The published ports of a container. Two mappings of one port of the host are refused. */
export const portsSchema = parsed((value, refuse): readonly PortMapping[] => {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  const taken = new Set<string>();
  return items.flatMap((item, index) => {
    const path = Array.isArray(value) ? [index] : [];
    const port = readPort(scalarText(item) ?? '');
    if (port === undefined) {
      refuse(`must be a port mapping, not ${shown(item)}`, hint, path);
      return [];
    }
    const key = `${port.hostAddress ?? ''}|${port.hostPort}/${port.protocol}`;
    if (taken.has(key)) refuse(`publishes port ${port.hostPort} of the host a second time`, undefined, path);
    taken.add(key);
    return [port];
  });
}).meta({ type: 'list of ports' });
