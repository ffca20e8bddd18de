import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AdfError, AdfErrors } from '../../src/errors/adf-error.js';
import type { EventReader } from '../../src/events/bus.js';
import type { Event, EventBody } from '../../src/events/event.js';
import type { DoctorReport } from '../../src/model/doctor-report.js';
import type { EndpointChange, PingReport } from '../../src/model/endpoint.js';
import type { GroupLogLine } from '../../src/model/group-log.js';
import type { Host } from '../../src/model/host.js';
import { environmentName, groupName, hostId, region, runId } from '../../src/model/ids.js';
import type { HistoryReport, PastRun, ReleaseDiff, ReleasesReport } from '../../src/model/history-report.js';
import type { LintReport } from '../../src/model/lint-report.js';
import type { LockReport, ReleasedLock } from '../../src/model/lock-report.js';
import type { MaintenanceReport } from '../../src/model/maintenance.js';
import type { ModuleDocument } from '../../src/model/module-document.js';
import type { PlaybookListing } from '../../src/model/playbook-listing.js';
import type { ReleaseGrid } from '../../src/model/release-grid.js';
import type { ReleaseRecord } from '../../src/model/release-record.js';
import type { StatusReport } from '../../src/model/status-report.js';
import type { VariablesReport } from '../../src/model/variables-report.js';
import { renderDoctor } from '../../src/report/doctor-view.js';
import { renderErrors } from '../../src/report/error-view.js';
import { eventToJson } from '../../src/events/event-json.js';
import { ExecLines } from '../../src/report/exec-lines.js';
import {
  renderHistory,
  renderPastRun,
  renderReleaseDiff,
  renderReleases,
} from '../../src/report/history-view.js';
import { renderInventoryGraph, renderInventoryList } from '../../src/report/inventory-view.js';
import { JUnitReader } from '../../src/report/junit.js';
import type { LineSink } from '../../src/report/line-sink.js';
import { renderLint } from '../../src/report/lint-view.js';
import { LiveReader } from '../../src/report/live.js';
import { renderLocks, renderReleased } from '../../src/report/lock-view.js';
import { LogLines } from '../../src/report/log-lines.js';
import { renderModule, renderModuleList } from '../../src/report/module-view.js';
import { OneLineReader } from '../../src/report/one-line.js';
import { OpenHolds } from '../../src/report/open-holds.js';
import { renderPastEvents } from '../../src/report/past-events.js';
import { renderMaintenance } from '../../src/report/maintenance-view.js';
import { renderPing, renderPingChange } from '../../src/report/ping-view.js';
import { PlainReader } from '../../src/report/plain.js';
import { renderPlan } from '../../src/report/plan-view.js';
import { renderPlaybookListing } from '../../src/report/playbook-listing-view.js';
import { renderEnding, renderRecap } from '../../src/report/recap.js';
import { ReportFile } from '../../src/report/report-file.js';
import { renderReleaseGrid } from '../../src/report/release-grid-view.js';
import { renderStatus, renderStatusBrief } from '../../src/report/status-view.js';
import { renderVariables } from '../../src/report/variables-view.js';
import { visibleJson } from '../../src/model/visible.js';
import { makeRelease } from '../fakes/make-release.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { digestOf, hostResult, hostsOf, planFor, resultFor } from './recorded-run.js';

/** Every field is there, the optional ones too: each may hold text of others. */
type Whole<T> = T extends string | number | boolean | AdfError
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Whole<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]-?: Whole<Exclude<T[Key], undefined>> }
      : T;

/** A title for the terminal, a colour in C1, a reversal of what is read, and lines that look as if they were ours. */
const hostile =
  '\u001b]0;x\u0007\u009b31m\u202ex\u2066\u2028FORGED\u0085FORGED\nFORGED\r\nFORGED\rFORGED\tFORGED';

// eslint-disable-next-line no-control-regex -- the characters that must not be there.
const raw = /[\u001b\u0007\u009b\u202e\u2066\u2028\u0085\r]|^FORGED/m;

const host = hostsOf(1)[0]!;
const task = { play: 'Roll', index: 0, name: 'Pull', module: 'docker_image' };
const at = { file: 'playbooks/deploy.yml', line: 12, column: 7 };
const error = new AdfError({
  code: 'ssh.lost',
  class: 'failed',
  message: 'The connection was lost.',
  at,
  sourceLine: '- name: x',
  host: 'api-8',
  phase: 'handshake',
  hint: 'Look at the host.',
});
const resultError = {
  code: 'x',
  message: 'It failed.',
  host: 'api-8',
  task: 'roll',
  at: 'a.yml:1:1',
  hint: 'Do this.',
};
const hold = { hold: 'h1', scalingGroup: 'asg', region: region('eu-west-1'), processes: ['Launch'] };

const plan = planFor(2, {
  warnings: ['Two hosts only.'],
  leftOut: [{ host: hostId('i-7'), name: 'api-7', reason: 'no answer' }],
  keptOut: [{ host: hostId('i-6'), name: 'api-6', reason: 'drained by ann' }],
  variables: [{ variable: 'ADFPUSH_ENV', flag: '--env', value: 'lab', used: true }],
  scaling: [{ name: 'asg', region: region('eu-west-1'), suspends: ['Launch'] }],
});

const result = resultFor([host], {
  playbook: 'p.yml',
  outcome: 'needs_person',
  exit: 5,
  hosts: [hostResult(host, { status: 'failed' })],
  oneWay: ['Migrate'],
  named: [{ host: host.id, name: host.name, held: ['api-http port 5060'], reason: 'lost' }],
  errors: [resultError],
  warnings: ['Mind this.'],
  recovered: [runId('20261121T031500Z-7f3a')],
});

/** One event of each type. The compiler refuses the table when a type or a field is missing. */
const events: { readonly [Type in EventBody['type']]: Whole<Extract<EventBody, { type: Type }>> } = {
  'run.started': {
    type: 'run.started',
    run: runId('20261121T031500Z-7f3a'),
    verb: 'deploy',
    environment: 'lab',
    groups: [groupName('api')],
    who: 'anna@laptop',
    link: 'https://ci',
    playbook: 'p.yml',
  },
  'promotion.compared': {
    type: 'promotion.compared',
    comparison: {
      group: groupName('api'),
      from: environmentName('staging'),
      to: environmentName('prod'),
      version: { from: 'v2', to: 'v1' },
      differences: [{ key: 'api.env.A', from: '"a"', to: '"b"', secret: 'different' }],
    },
  },
  'release.recorded': {
    type: 'release.recorded',
    group: groupName('api'),
    number: 2,
    version: 'v2',
    parent: 1,
  },
  'phase.started': { type: 'phase.started', phase: 'preflight', detail: 'now' },
  'phase.ended': { type: 'phase.ended', phase: 'preflight', detail: 'done', duration: 3 },
  'host.connected': { type: 'host.connected', host, duration: 3 },
  'host_key.recorded': {
    type: 'host_key.recorded',
    host,
    keyType: 'ed25519',
    fingerprint: 'SHA256:x',
    file: '/known_hosts',
    source: 'console',
  },
  'plan.made': { type: 'plan.made', plan: plan as Whole<typeof plan> },
  'recovery.found': {
    type: 'recovery.found',
    run: runId('20261121T031500Z-7f3a'),
    verb: 'deploy',
    groups: [groupName('api')],
    who: 'ann',
    link: 'https://ci/1',
    since: 0,
    held: [{ host, what: ['api-http port 5060'] }],
    recovering: true,
  },
  'recovery.ended': {
    type: 'recovery.ended',
    run: runId('20261121T031500Z-7f3a'),
    restored: [host],
    named: [host],
  },
  warning: { type: 'warning', message: 'Mind.', host, task },
  blip: { type: 'blip', host, source: 'connection', reason: 'reset', duration: 4 },
  'blip.waiting': { type: 'blip.waiting', host, source: 'connection', reason: 'reset', until: 4 },
  'play.started': { type: 'play.started', play: 'Roll', hosts: [host] },
  'batch.started': { type: 'batch.started', play: 'Roll', batch: 1, of: 2, hosts: [host] },
  'batch.waiting': { type: 'batch.waiting', play: 'Roll', batch: 1, reason: 'the floor' },
  'bake.started': { type: 'bake.started', play: 'Roll', batch: 1, duration: 3 },
  'bake.ended': { type: 'bake.ended', play: 'Roll', batch: 1, passed: false, reason: 'unhealthy' },
  'batch.ended': { type: 'batch.ended', play: 'Roll', batch: 1, failed: [host] },
  'turn.started': { type: 'turn.started', host, play: 'Roll', batch: 1 },
  'turn.ended': { type: 'turn.ended', host, play: 'Roll', status: 'failed', duration: 4 },
  'task.started': { type: 'task.started', host, task },
  'task.progress': { type: 'task.progress', host, task, message: 'pulling', done: 1, total: 2 },
  'task.output': { type: 'task.output', host, task, stream: 'stdout', text: 'said\n' },
  'task.retrying': { type: 'task.retrying', host, task, attempt: 1, of: 2, reason: 'no' },
  'task.ended': {
    type: 'task.ended',
    host,
    task,
    status: 'failed',
    duration: 3,
    message: 'failed',
    diff: '- a\n+ b',
    output: 'said\n',
    rc: 1,
    error,
    excused: 'ignored',
  },
  'play.ended': { type: 'play.ended', play: 'Roll' },
  'hold.opened': { type: 'hold.opened', host, hold: 'h1', what: 'api-http port 5060' },
  'hold.settled': { type: 'hold.settled', host, hold: 'h1', what: 'api-http port 5060', as: 'named' },
  'scaling.suspended': { type: 'scaling.suspended', ...hold },
  'scaling.settled': { type: 'scaling.settled', ...hold, as: 'named' },
  'restore.started': { type: 'restore.started', host, steps: ['drain'] },
  'restore.step': { type: 'restore.step', host, step: 'drain' },
  'restore.ended': { type: 'restore.ended', host, restored: false, error },
  'rollback.started': { type: 'rollback.started', hosts: [host], reason: 'failed' },
  'rollback.ended': { type: 'rollback.ended', restored: [host], left: [host] },
  'signal.received': { type: 'signal.received', signal: 'SIGTERM', second: false },
  'host.named': { type: 'host.named', host, held: ['api-http port 5060'], reason: 'lost' },
  'run.ended': { type: 'run.ended', result: result as Whole<typeof result> },
};

/** What looks up words of its own; no other program chooses their values. */
const ownWords: ReadonlySet<string> = new Set(['type', 'phase', 'status']);

/** The document once for each of its texts, with that text followed by hostile text. */
function* withHostileText(value: unknown, path: readonly string[] = []): Generator<[path: string, unknown]> {
  if (typeof value === 'string') yield [path.join('.'), value + hostile];
  if (typeof value !== 'object' || value === null) return;
  if (value instanceof AdfError) {
    for (const [where, details] of withHostileText(
      Object.fromEntries([...Object.entries(value), ['message', value.message]]),
      path,
    )) {
      yield [where, new AdfError(details as AdfError)];
    }
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    if (ownWords.has(key)) continue;
    for (const [where, hostileItem] of withHostileText(item, [...path, key])) {
      const copy: unknown = Array.isArray(value)
        ? value.with(Number(key), hostileItem)
        : { ...value, [key]: hostileItem };
      yield [where, copy];
    }
  }
}

const collected = (read: (sink: LineSink) => EventReader, all: readonly Event[]): string => {
  const written: string[] = [];
  const reader = read({ write: (text) => written.push(text) });
  for (const event of all) reader.read(event);
  void reader.close?.();
  return written.join('\n');
};

class Terminal extends Writable {
  readonly columns = 400;
  readonly rows = 60;
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

const layout = { verbosity: 1, diff: true, timestamps: false };

const readers: Readonly<Record<string, (all: readonly Event[]) => string>> = {
  plain: (all) => collected((sink) => new PlainReader(sink, layout), all),
  'exec, grouped': (all) => collected((sink) => new ExecLines(sink, layout), all),
  'exec, one line': (all) => collected((sink) => new OneLineReader(sink, sink, layout), all),
  holds: (all) => {
    const holds = new OpenHolds();
    for (const event of all) holds.read(event);
    return holds.lines.join('\n');
  },
  live(all) {
    vi.useFakeTimers();
    const terminal = new Terminal();
    const reader = new LiveReader(terminal, { now: () => 0 }, layout);
    for (const event of all) {
      reader.read(event);
      vi.advanceTimersByTime(200);
    }
    reader.stop();
    // The view's own way to repaint, and no other.
    // eslint-disable-next-line no-control-regex -- escape sequences.
    return terminal.text.replace(/\u001b\[(\?25[hl]|\d*[ABGJK]|\?2026[hl])/g, '');
  },
  junit(all) {
    const reader = new JUnitReader(new ReportFile(join(temporaryFolder('report'), 'junit'), '--junit'));
    for (const event of all) reader.read(event);
    void reader.close();
    // Text between tags has lines of its own.
    return reader.render().replaceAll(/\nFORGED/g, '\n    FORGED');
  },
  events: (all) => all.map(eventToJson).join('\n'),
};

const doctor: DoctorReport = {
  environment: environmentName('lab'),
  at: 0,
  shared: [
    { check: 'account', status: 'ok', detail: '123456789012', hint: 'Well.' },
    { check: 'image', status: 'failed', detail: 'missing', hint: 'Push it.' },
  ],
  hosts: [
    {
      host: host.id,
      name: 'api-1',
      address: '10.0.0.1',
      findings: [
        { check: 'docker', status: 'ok', detail: '27.5.1', hint: '' },
        { check: 'disk', status: 'warning', detail: 'full', hint: 'Prune.' },
      ],
      clockAhead: 1,
    },
  ],
};

const status: Whole<StatusReport> = {
  environment: environmentName('lab'),
  at: 0,
  groups: [
    {
      group: groupName('api'),
      mixed: true,
      maintenance: { since: 0, who: 'ann', reason: 'migration' },
      hosts: [undefined, resultError].map((reason) => ({
        host: host.id,
        name: 'api-1',
        address: '10.0.0.1',
        zone: 'eu-west-1a',
        containers: [
          {
            name: 'api',
            version: 'v1',
            digest: digestOf('a'),
            running: true,
            health: 'healthy' as const,
            restartCount: 1,
            startedAt: 0,
          },
        ],
        registrations: plan.hosts[0]!.from.registrations as never,
        drained: { host: host.id, name: 'api-1', run: runId('r'), who: 'ann', since: 0, reason: 'disk' },
        drift: ['digest'],
        ...((reason === undefined ? {} : { error: reason }) as { error: typeof resultError }),
      })),
    },
  ],
  interrupted: [
    {
      run: runId('20261121T031500Z-7f3a'),
      verb: 'deploy',
      groups: [groupName('api')],
      who: 'ann',
      link: 'https://ci/1',
      since: 0,
      held: [{ host: host.id, name: 'api-1', what: ['api-http'] }],
    },
  ],
};

const finding = {
  file: 'a.yml',
  line: 1,
  column: 2,
  endLine: 1,
  endColumn: 3,
  code: 'x',
  severity: 'error',
  message: 'Wrong.',
  hint: 'Do this.',
  environments: ['lab'],
  hosts: 'api-1',
} as const;
const lint: Whole<LintReport> = { files: ['a.yml'], errors: 1, warnings: 0, findings: [finding] };

const holder = { run: 'r', who: 'ann', link: 'https://ci/1', heldFor: 1, expiresIn: 2 };
const locks: Whole<LockReport> = {
  environment: environmentName('lab'),
  groups: [{ group: groupName('api'), epoch: 1, holder }],
};
const released: readonly Whole<ReleasedLock>[] = [{ ...locks.groups[0]!, forced: true }];

const line: Whole<GroupLogLine> = {
  at: '2026-11-21T03:15:00.000000000Z',
  stream: 'stdout',
  text: 'said',
  cut: 3,
  host: 'i-1',
  name: 'api-1',
  container: 'api',
  release: 'v1',
};

const check = {
  name: 'orders',
  zone: 'a',
  url: 'https://orders',
  ok: false,
  status: 500,
  duration: 3,
  reason: 'HTTP 500',
};
const ping: Whole<PingReport> = {
  environment: environmentName('lab'),
  at: 0,
  endpoints: [check],
  failed: 1,
};
const grid: ReleaseGrid = {
  environments: [
    { environment: environmentName('lab'), at: 0, groups: status.groups },
    { environment: environmentName('prod'), groups: [], error: resultError },
  ],
};
const maintenance: Whole<MaintenanceReport> = {
  environment: environmentName('lab'),
  at: 0,
  state: 'on',
  check: false,
  groups: [
    {
      group: groupName('api'),
      targetGroups: ['api-http'],
      rules: [{ loadBalancer: 'lab', port: 80, priority: 9, change: 'made' }],
    },
  ],
};
const change: Whole<EndpointChange> = { at: 0, check, before: check };

const ofModule: Whole<ModuleDocument> = {
  name: 'stamp',
  summary: 'Stamps.',
  effect: 'reads',
  changes: 'Nothing.',
  checkMode: 'Runs.',
  bareValue: 'the name',
  anyArguments: true,
  arguments: [
    { name: 'a', type: 'text', default: 'b', required: false, choices: ['b'], description: 'A word.' },
  ],
  examples: ['- stamp: a'],
};

const listing: PlaybookListing = {
  playbook: 'p.yml',
  environment: environmentName('lab'),
  plays: [{ name: 'Roll', hosts: ['api-1'], tasks: [{ name: 'Pull', tags: ['one'] }] }],
};

const source = { layer: 'group_vars/api', file: 'a.yml', line: 1, column: 2, written: '{{ other }}' };
const variables: VariablesReport = {
  host: 'i-1',
  name: 'api-1',
  group: 'api',
  variables: [
    { name: 'text', value: 'word', from: source, hides: [source] },
    { name: 'list', value: ['word', { key: 'word' }], from: source, hides: [] },
    { name: 'late', unknown: 'needs a run', from: source, hides: [] },
  ],
};

const machines: readonly Pick<Host, 'id' | 'name' | 'groups' | 'address' | 'zone'>[] = [
  { id: host.id, name: 'api-1', groups: [groupName('api')], address: '10.0.0.1', zone: 'a' },
  { id: hostId('i-9'), name: 'api-9', groups: [], address: '10.0.0.9', zone: 'a' },
];

const release: Whole<ReleaseRecord> = {
  ...makeRelease(7),
  parent: 6,
  endedAt: 7_500,
  platforms: ['linux/amd64'],
  configuration: { hash: 'h', keys: { a: 'b' }, secrets: { key: 'k', hashes: { token: 'x' } } },
  files: { 'adfpush.yml': '1' },
  project: { commit: 'c', dirty: true },
  labels: { revision: 'r', source: 's', created: 'c' },
  link: 'https://ci/1',
  build: 'b',
  reason: 'why',
  restores: 3,
  rollbackOf: 6,
  promotedFrom: { environment: 'staging', number: 4 },
  skippedGates: ['soak'],
  hosts: [{ host: host.id, name: 'api-1', status: 'deployed' }],
};
const pastRun: Whole<PastRun> = {
  run: runId('20261121T031500Z-7f3a'),
  verb: 'deploy',
  groups: [groupName('api')],
  playbook: 'p.yml',
  who: 'ann',
  link: 'https://ci/1',
  startedAt: 0,
  endedAt: 9,
  outcome: 'succeeded',
  releases: [release],
  hasEvents: true,
};
const lab = environmentName('lab');
const history: Whole<HistoryReport> = { environment: lab, at: 0, runs: [pastRun], warnings: ['Not read.'] };
const releaseDiff: Whole<ReleaseDiff> = {
  environment: lab,
  group: groupName('api'),
  before: release,
  after: release,
  differences: [
    { what: 'image', name: 'n', change: 'changed', before: 'a', after: 'b' },
    { what: 'secret', name: 'n', change: 'unknown', before: 'a', after: 'b' },
  ],
};
const releases: Whole<ReleasesReport> = {
  environment: lab,
  at: 0,
  groups: [
    {
      group: groupName('api'),
      hosts: 4,
      releases: [{ record: release, version: 'v7', image: release.image, running: 1, kept: 1 }],
    },
  ],
  warnings: ['Not read.'],
};

/** A view and what it shows. */
const view = <Document>(
  document: Document,
  render: (document: Document) => string,
): readonly [document: unknown, render: (document: unknown) => string] => [
  document,
  (changed) => render(changed as Document),
];

/** Every function of `src/report` that renders a document, by its name. */
const views: Readonly<Record<string, ReturnType<typeof view>>> = {
  renderDoctor: view(doctor, renderDoctor),
  renderEnding: view(result, renderEnding),
  renderErrors: view({ errors: [error] }, ({ errors: [first] }) =>
    renderErrors(new AdfErrors([first!, error]), () => hostile),
  ),
  renderHistory: view(history as HistoryReport, renderHistory),
  renderInventoryGraph: view(machines as readonly Host[], (all) => renderInventoryGraph(all)),
  renderInventoryList: view(machines as readonly Host[], (all) => renderInventoryList(all)),
  renderLint: view(lint as LintReport, (report) => renderLint(report, () => hostile)),
  renderLocks: view(locks as LockReport, renderLocks),
  renderMaintenance: view(maintenance, renderMaintenance),
  renderModule: view(ofModule as ModuleDocument, renderModule),
  renderModuleList: view([ofModule as ModuleDocument], renderModuleList),
  renderPastEvents: view(
    [events['run.started'], events['warning']].map((event) => ({ ...event, at: '2026-11-21T03:15:00Z' })),
    (changed) => renderPastEvents(changed, { verbosity: 2, diff: true, timestamps: true }),
  ),
  renderPastRun: view(pastRun as PastRun, renderPastRun),
  renderPing: view(ping as PingReport, renderPing),
  renderPingChange: view(change as EndpointChange, (changed) => renderPingChange(changed)),
  renderPlan: view(plan, renderPlan),
  renderPlaybookListing: view(listing, (changed) =>
    renderPlaybookListing(changed, { hosts: true, tasks: true, tags: true }),
  ),
  renderRecap: view(result, (changed) => renderRecap(changed)),
  renderReleaseDiff: view(releaseDiff as ReleaseDiff, renderReleaseDiff),
  renderReleaseGrid: view(grid, renderReleaseGrid),
  renderReleased: view(released as readonly ReleasedLock[], renderReleased),
  renderReleases: view(releases as ReleasesReport, renderReleases),
  renderStatus: view(status as StatusReport, renderStatus),
  renderStatusBrief: view(status as StatusReport, renderStatusBrief),
  renderVariables: view(variables, (report) => renderVariables(report, { explain: true })),
};

const logLine = view(line as GroupLogLine, (changed) => {
  const lines = new LogLines({ timestamps: true });
  lines.hosts([changed.name]);
  return lines.render(changed);
});

const expectSafe = (text: string, path: string): void => {
  expect(raw.exec(text)?.[0], `${path}\n${JSON.stringify(text)}`).toBeUndefined();
};

afterEach(() => {
  vi.useRealTimers();
});

describe('text of hosts, tags, registries and files cannot steer a terminal or add lines', () => {
  it('and no view is left out', () => {
    const folder = join(import.meta.dirname, '../../src/report');
    const names = readdirSync(folder)
      .flatMap((file) => [
        ...readFileSync(join(folder, file), 'utf8').matchAll(/^export (?:function|const) (render\w+)/gm),
      ])
      .map(([, name = '']) => name)
      // They are parts of the live view and of other views, which give them what they have made safe.
      .filter((name) => !['renderFrame', 'renderTable'].includes(name));
    expect(Object.keys(views)).toEqual(names.toSorted());
  });

  it.each(Object.entries(views))('in any field of what %s shows', (_name, [document, render]) => {
    for (const [path, changed] of withHostileText(document)) expectSafe(render(changed), path);
  });

  it('in any field of a line of a log', () => {
    const [document, render] = logLine;
    for (const [path, changed] of withHostileText(document)) {
      const text = render(changed);
      expectSafe(text, path);
      expect(text).not.toContain('\n');
    }
  });

  it.each(Object.entries(readers))('in any field of any event: %s', (_name, render) => {
    for (const body of Object.values(events)) {
      const before = [events['play.started'], events['task.started']].map((first) => ({ at: 0, ...first }));
      for (const [path, changed] of withHostileText({ at: 0, ...body })) {
        expectSafe(render([...before, changed as Event]), `${body.type}: ${path}`);
      }
    }
  });

  it('in any field of a document in JSON, which stays the same document', () => {
    for (const [path, changed] of withHostileText(result)) {
      for (const indent of [undefined, 2]) {
        const text = visibleJson(changed, undefined, indent);
        expectSafe(text, path);
        expect(JSON.parse(text)).toEqual(changed);
      }
    }
  });

  it('and what is shown instead tells what was there', () => {
    expect(
      renderInventoryList([{ ...(machines as readonly Host[])[0]!, name: 'a\u001b[31mred\nhost ok' }]),
    ).toBe(
      [
        'HOST                 ID                   GROUPS  ADDRESS   ZONE',
        'a^[[31mred\\nhost ok  i-00000000000000001  api     10.0.0.1  a',
      ].join('\n'),
    );
  });
});
