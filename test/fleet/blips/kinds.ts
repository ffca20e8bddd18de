import type { FleetHost } from '../host/fleet-host.js';
import { answering, silent, type Asked, type Disturbance, type Reply } from './front.js';
import type { World } from './world.js';

/** A kind of blip: what breaks, for how long, and how it is mended. */
export interface Kind {
  readonly name: string;
  /** From the injection to the undoing, ms. */
  readonly lasts: number;
  /** What the world needs before the run begins; undone by `World.calm`. */
  readonly arm?: (world: World) => Promise<void> | void;
  readonly inject: (world: World, host: FleetHost) => Promise<void> | void;
  readonly undo: (world: World, host: FleetHost) => Promise<void> | void;
  /** Requests to the host's application fail by the blip itself. */
  readonly disturbsRequests?: true;
  /** The program sees it for certain, and has to say so. Others the AWS SDK or the Engine may outlast unseen. */
  readonly isSeen?: true;
  /** The lease lapses meanwhile: the run has to stop, and to say so. */
  readonly outlivesLease?: true;
  /** Who is away; what is never asked in a phase cannot blip there. */
  readonly of: 'host' | 'registry' | 'layer' | 'cloud' | 'control';
}

const nothing = (): void => undefined;

/** An SSH session of the host, one that has not logged in yet too. */
const session = '^sshd: .*(deploy|priv|net|accepted)';
/** Every session ends; a new one is let in at once, if sshd still listens. */
const endSessions = `pkill -KILL -f '${session}' || true`;

const sshKinds: readonly Kind[] = [
  {
    name: 'ssh reset',
    of: 'host',
    lasts: 0,
    // A connection must be there to be cut. Where the kernel cannot destroy sockets, the sessions die and theirs are closed.
    inject: async (_, host) => {
      await host.sh(`for _ in $(seq 200); do
        if ss -tnH state established sport = :22 | grep -q .; then
          ss -K state established sport = :22 > /dev/null 2>&1 || true
          ${endSessions}
          exit 0
        fi
        sleep 0.01
      done
      exit 1`);
    },
    undo: nothing,
  },
  {
    name: 'bastion restarts',
    of: 'host',
    lasts: 4_000,
    arm: (world) => {
      world.settings({ proxy_jump: world.bastion.name });
    },
    inject: (world) => world.bastion.kill(),
    undo: (world) => world.bastion.start(),
  },
  {
    name: 'sshd refuses',
    of: 'host',
    lasts: 5_000,
    isSeen: true,
    inject: (_, host) => host.killSshd(),
    undo: (_, host) => host.startSshd(),
  },
  {
    // Where nothing is asked of the host at that moment, the next connection only takes longer: no call fails, and there is no blip to tell.
    name: 'sshd stalls',
    of: 'host',
    lasts: 5_000,
    inject: async (_, host) => {
      await host.sh(`pkill -STOP -f '^sshd: .*listener' || true; ${endSessions}`);
    },
    undo: async (_, host) => {
      await host.sh("pkill -CONT -f '^sshd: .*listener'");
    },
  },
  {
    name: 'host frozen',
    of: 'host',
    lasts: 20_000,
    disturbsRequests: true,
    inject: (_, host) => host.freeze(),
    undo: (_, host) => host.thaw(),
  },
];

const engineKinds: readonly Kind[] = [
  {
    name: 'dial-stdio killed',
    of: 'host',
    lasts: 0,
    inject: async (_, host) => {
      await host.sh("pkill -KILL -f '[s]ystem dial-stdio' || true");
    },
    undo: nothing,
  },
  {
    name: 'dockerd restarts',
    of: 'host',
    lasts: 2_000,
    disturbsRequests: true,
    inject: (_, host) => host.stopEngine('TERM'),
    undo: (_, host) => host.startEngine(),
  },
  {
    // With live-restore: its containers live on. Their published ports refuse connections for 0.2 s when it begins again and makes
    // its firewall rules anew (measured, Docker 20.10).
    name: 'dockerd killed',
    of: 'host',
    lasts: 2_000,
    disturbsRequests: true,
    arm: async (world) => {
      await world.liveRestore(true);
    },
    inject: (_, host) => host.stopEngine('KILL'),
    undo: (_, host) => host.startEngine(),
  },
];

const inFront = (
  of: 'registry' | 'layer' | 'cloud',
  name: string,
  lasts: number,
  disturbance: () => Disturbance,
): Kind => ({
  name,
  of,
  lasts,
  inject: (world) => {
    world.frontOf(of).disturbance = disturbance();
  },
  undo: (world) => {
    world.frontOf(of).disturbance = undefined;
  },
});

/** A layer breaks off in its middle, as often as it is asked for. */
const cutLayers: Disturbance = async ({ method, path, pass }) => {
  const reply = await pass();
  return method === 'GET' && path.includes('/blobs/') && reply.body.length > 100_000 ? { cut: reply } : reply;
};

const registryKinds: readonly Kind[] = [
  inFront('registry', 'registry 429', 5_000, () => answering(429, { 'retry-after': '1' })),
  inFront('registry', 'registry 500', 5_000, () => answering(500)),
  inFront('registry', 'registry 503', 5_000, () => answering(503)),
  inFront('layer', 'registry cuts a layer', 3_000, () => cutLayers),
];

const isHealth = ({ body }: Asked): boolean => body.toString().includes('Action=DescribeTargetHealth');

/** Health is told as it was when it was first asked for; everything else is as it is. */
function oldStates(): Disturbance {
  const known = new Map<string, Promise<Reply>>();
  return (asked) => {
    if (!isHealth(asked)) return asked.pass();
    const question = asked.body.toString();
    const reply = known.get(question) ?? asked.pass();
    known.set(question, reply);
    return reply;
  };
}

const cloudKinds: readonly Kind[] = [
  inFront('cloud', 'aws 500', 6_000, () => answering(500)),
  inFront('cloud', 'aws 503', 6_000, () => answering(503)),
  {
    name: 'aws throttles',
    of: 'cloud',
    lasts: 6_000,
    inject: ({ fleet }) => {
      fleet.cloud.control.throttle();
    },
    undo: ({ fleet }) => {
      fleet.cloud.control.calm();
    },
  },
  // Each call that falls into it is given up by the SDK after 30 s.
  inFront('cloud', 'aws is silent', 4_000, () => silent),
  {
    name: 'aws token expired',
    of: 'cloud',
    lasts: 6_000,
    inject: ({ fleet }) => {
      fleet.cloud.control.expireCredentials();
    },
    undo: ({ fleet }) => {
      fleet.cloud.control.calm();
    },
  },
  inFront('cloud', 'old states', 5_000, oldStates),
];

const controlKinds: readonly Kind[] = [
  {
    name: 'no name resolved',
    of: 'control',
    lasts: 2_000,
    arm: (world) => {
      world.resolveByName();
    },
    inject: (world) => {
      world.resolver(false);
      world.frontOf('cloud').dropConnections();
    },
    undo: (world) => {
      world.resolver(true);
    },
  },
  {
    name: 'suspended',
    of: 'control',
    lasts: 6_000,
    inject: (world) => {
      world.signal('SIGSTOP');
    },
    undo: (world) => {
      world.signal('SIGCONT');
    },
  },
  {
    name: 'suspended past its lease',
    of: 'control',
    lasts: 9_000,
    outlivesLease: true,
    arm: (world) => {
      world.settings({}, { lease: '5s' });
    },
    inject: (world) => {
      world.signal('SIGSTOP');
    },
    undo: (world) => {
      world.signal('SIGCONT');
    },
  },
];

export const kinds: readonly Kind[] = [
  ...sshKinds,
  ...engineKinds,
  ...registryKinds,
  ...cloudKinds,
  ...controlKinds,
];
