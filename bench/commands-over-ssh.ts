import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { Client } from 'ssh2';
import { OpenSshTransport } from '../src/transport/openssh/openssh-transport.js';
import { Sshd } from '../test/stages/sshd.js';
import { systemClock } from '../test/stages/system-clock.js';
import { durationsOf, median } from './measure.js';

const rounds = 100;

/** Prints how long a warm command takes by each transport, and by ssh2 alone with and without Nagle's algorithm. */
export async function benchCommandsOverSsh(): Promise<void> {
  const sshd = await Sshd.start();
  const random = { next: () => Math.random() };
  const openSsh = { clock: systemClock, random, homeDirectory: sshd.folder, defaultUser: sshd.user };
  const transports = {
    'connections of our own': sshd.transport(),
    "the system's ssh": new OpenSshTransport({ ...openSsh, agentSocket: '' }),
  };
  try {
    for (const [name, transport] of Object.entries(transports)) {
      const connection = await transport.connect(sshd.host());
      tell(name, await durationsOf(rounds, () => connection.run({ argv: ['true'] })));
      await transport.close();
    }
    for (const noDelay of [true, false]) {
      const client = await open(sshd, noDelay);
      tell(`ssh2 alone, noDelay: ${noDelay}`, await durationsOf(rounds, () => runTrue(client)));
      client.end();
    }
  } finally {
    await sshd.stop();
  }
}

const tell = (how: string, durations: readonly number[]): void =>
  console.log(`a command over SSH, ${how}: ${median(durations).toFixed(2)} ms (median)`);

function open(sshd: Sshd, noDelay: boolean): Promise<Client> {
  const client = new Client();
  return new Promise((resolve, reject) => {
    client.once('ready', () => resolve(client)).once('error', reject);
    client.connect({
      sock: connect({ host: '127.0.0.1', port: sshd.port, noDelay }),
      username: sshd.user,
      privateKey: readFileSync(sshd.identityFile),
    });
  });
}

const runTrue = (client: Client): Promise<void> =>
  new Promise((resolve, reject) => {
    client.exec('true', (error, channel) => {
      if (error !== undefined) {
        reject(error);
        return;
      }
      channel.once('close', () => resolve()).resume();
      channel.stderr.resume();
    });
  });
