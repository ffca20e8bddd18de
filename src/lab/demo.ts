import { labTargetGroup, type Lab } from './lab.js';
import type { LoadReport } from './load.js';

/** `adfpush deploy` with these arguments, in this process, on the lab's own project. */
export type Deploy = (args: readonly string[]) => Promise<{ readonly exit: number }>;

export interface DemoResult {
  /** 0 when every promise was kept. */
  readonly exit: 0 | 1;
  readonly sent: number;
  readonly failed: number;
  /** The promises that were not kept. */
  readonly broken: readonly string[];
}

/** Requests that a part of the story without a deploy still lasts for. */
const settleRequests = 100;

/**
 * The story of a fleet: it is deployed to, put under load, rolled, and given a release that is broken on purpose. The project to
 * deploy is `lab.project`. What is promised is looked up on the hosts and the balancer, not taken from deploy's words.
 */
export async function runDemo(lab: Lab, deploy: Deploy, print: (line: string) => void): Promise<DemoResult> {
  const broken: string[] = [];
  const promise = (what: string, kept: boolean): void => {
    print(`  ${kept ? '✔' : '✘'} ${what}`);
    if (!kept) broken.push(what);
  };
  const chapter = (title: string): void => {
    print('');
    print(title);
  };
  const roll = (version: string) => deploy(['--group', 'api', '--env', 'lab', '--version', version, '--yes']);
  const everyHostRuns = (version: string): void => {
    const found = lab.hosts.map((host) => `${host.name} ${runningVersion(lab, host.name) ?? 'nothing'}`);
    promise(
      `every host runs ${version}, and only that (${found.join(', ')})`,
      found.every((each) => each.endsWith(` ${version}`)),
    );
    promise(`all ${lab.hosts.length} hosts are in service`, healthyCount(lab) === lab.hosts.length);
  };

  print(`A fleet in a box: ${lab.hosts.length} hosts behind a load balancer at ${lab.balancerUrl}`);
  print(`The project that is deployed: ${lab.project}`);

  chapter('1. An empty fleet gets its first release: v1');
  promise('deploy ends with exit code 0', (await roll('v1')).exit === 0);
  everyHostRuns('v1');

  const load = lab.startLoad();
  chapter('2. Under load, v1 is rolled to v2');
  await requests(lab, settleRequests);
  promise('deploy ends with exit code 0', (await roll('v2')).exit === 0);
  everyHostRuns('v2');

  chapter('3. Still under load, v3 is rolled: it starts, and never becomes healthy');
  promise('deploy ends with exit code 4: failed, and nothing is held', (await roll('v3')).exit === 4);
  everyHostRuns('v2');

  await requests(lab, settleRequests);
  const report = await load.stop();
  chapter('4. What the clients noticed');
  promise(
    `${report.sent} requests were sent, ${report.failed} failed${reasonsOf(report)}`,
    report.failed === 0,
  );
  const versions = Object.keys(report.versions).sort();
  promise(
    `they were answered by v1 and v2, never by v3 (${versions.join(', ')})`,
    versions.join() === 'v1,v2',
  );
  print('');
  return { exit: broken.length === 0 ? 0 : 1, sent: report.sent, failed: report.failed, broken };
}

/** The version in the host's one running container; undefined when there is none, or more than one. */
function runningVersion(lab: Lab, name: string): string | undefined {
  const host = lab.hosts.find((candidate) => candidate.name === name);
  const running = host?.engine.containers.all().filter(({ state }) => state.status === 'running') ?? [];
  const [container, ...others] = running;
  if (container === undefined || others.length > 0) return undefined;
  return container.image.labels['org.opencontainers.image.version'];
}

const healthyCount = (lab: Lab): number =>
  lab.aws.registrations(labTargetGroup).filter(({ state }) => state === 'healthy').length;

/** Until the balancer was sent so many more. */
async function requests(lab: Lab, more: number): Promise<void> {
  const count = (): number => lab.balancer.statistics(labTargetGroup)?.requests ?? 0;
  const goal = count() + more;
  while (count() < goal) await new Promise((resolve) => setTimeout(resolve, 20));
}

const reasonsOf = ({ failures }: LoadReport): string => {
  const reasons = Object.entries(failures).map(([reason, times]) => `${times} × ${reason}`);
  return reasons.length === 0 ? '' : ` (${reasons.join(', ')})`;
};
