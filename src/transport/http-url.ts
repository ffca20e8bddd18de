import type { HostHttpRequest } from '../ports/host-http.js';

/** The address of a request. An IPv6 address stands in brackets. */
export const urlOf = ({ scheme, address, port, path }: HostHttpRequest): string =>
  `${scheme}://${bracketed(address)}:${port}${path}`;

export const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);
