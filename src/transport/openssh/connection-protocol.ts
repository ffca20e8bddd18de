import { boolean, byte, string, uint32 } from './wire.js';

/** Message numbers of the SSH connection protocol (RFC 4254, section 9). */
export const message = {
  channelOpen: 90,
  channelOpenConfirmation: 91,
  channelOpenFailure: 92,
  channelWindowAdjust: 93,
  channelData: 94,
  channelExtendedData: 95,
  channelEof: 96,
  channelClose: 97,
  channelRequest: 98,
  channelSuccess: 99,
  channelFailure: 100,
} as const;

/** Bytes that a host may send on a channel before they are taken; the same as OpenSSH's own client grants. */
export const windowSize = 2 * 1024 * 1024;

/** Bytes of data in one message, as RFC 4253 requires all to accept. */
const largestPacket = 32 * 1024;

/** What kind of channel, and the data that this kind needs. */
export interface ChannelKind {
  readonly type: string;
  readonly data: readonly Buffer[];
}

export const session: ChannelKind = { type: 'session', data: [] };

/** The origin is only for the server's log. */
export const directTcp = (
  address: string,
  port: number,
  origin: string,
  originPort: number,
): ChannelKind => ({
  type: 'direct-tcpip',
  data: [string(address), uint32(port), string(origin), uint32(originPort)],
});

/** OpenSSH's PROTOCOL, 2.4. */
export const directStreamLocal = (path: string): ChannelKind => ({
  type: 'direct-streamlocal@openssh.com',
  data: [string(path), string(''), uint32(0)],
});

export const open = (id: number, { type, data }: ChannelKind): Buffer[] => [
  byte(message.channelOpen),
  string(type),
  uint32(id),
  uint32(windowSize),
  uint32(largestPacket),
  ...data,
];

export const exec = (remoteId: number, line: string): Buffer[] => [
  byte(message.channelRequest),
  uint32(remoteId),
  string('exec'),
  boolean(true),
  string(line),
];

export const signal = (remoteId: number, name: string): Buffer[] => [
  byte(message.channelRequest),
  uint32(remoteId),
  string('signal'),
  boolean(false),
  string(name),
];

export const data = (remoteId: number, bytes: Uint8Array): Uint8Array[] => [
  byte(message.channelData),
  uint32(remoteId),
  uint32(bytes.length),
  bytes,
];

export const windowAdjust = (remoteId: number, by: number): Buffer[] => [
  byte(message.channelWindowAdjust),
  uint32(remoteId),
  uint32(by),
];

/** Those that say nothing but which channel they are about. */
export const about = (remoteId: number, what: 'channelEof' | 'channelClose' | 'channelFailure'): Buffer[] => [
  byte(message[what]),
  uint32(remoteId),
];
