import { describe, expect, it } from 'vitest';
import { label } from '../../src/model/container.js';
import { containerName } from '../../src/model/ids.js';
import { unhealthyByDocker, whyNotConverged } from '../../src/plan/convergence.js';
import {
  gone,
  makeForeign,
  makeRegistration,
  makeSpec,
  observeHost,
  startedFrom,
  target,
  v1,
  v2,
} from '../stages/plan-parts.js';

const registration = makeRegistration('h1');
/** A host that runs this specification, and is to run v2 as `makeSpec` says. */
const running = (spec = makeSpec(), given: Parameters<typeof startedFrom>[1] = {}) =>
  observeHost('h1', { containers: [startedFrom(spec, given)] });

describe('a host', () => {
  it('is converged when its containers run as specified, healthy in every place', () => {
    expect(whyNotConverged(running())).toEqual([]);
  });

  it.each([
    ['another image', running(makeSpec({ image: v1 })), ['new digest']],
    ['other env', running(makeSpec({ env: { APP_ENV: 'dev' } })), ['environment variables changed']],
    ['another port', running(makeSpec({ ports: [] })), ['ports changed']],
    ['another stop timeout', running(makeSpec({ stopTimeout: 1 })), ['stop timeout changed']],
    [
      'another image and other env',
      running(makeSpec({ image: v1, env: {} })),
      ['new digest', 'environment variables changed'],
    ],
    ['a stopped container', running(makeSpec(), { running: false }), ['"api" is not running']],
    [
      "a container that Docker's own check finds unhealthy, and no health check of the group",
      { ...running(makeSpec(), { health: 'unhealthy' }), probed: false },
      ['"api" is unhealthy'],
    ],
    ['no container', observeHost('h1', { containers: [] }), ['no container "api"']],
    [
      'a container of others',
      observeHost('h1', { containers: [makeForeign('api')] }),
      ['"api" was not started by adfpush'],
    ],
  ])('with %s is not', (_, host, reasons) => {
    expect(whyNotConverged(host)).toEqual(reasons);
  });

  it("is, whatever Docker's own check finds, when the group has a health check: that one decides", () => {
    const host = running(makeSpec(), { health: 'unhealthy' });
    expect(whyNotConverged(host)).toEqual([]);
    expect(unhealthyByDocker(host)).toEqual(['api']);
  });

  it('is not when a new part was added to the specification', () => {
    const host = running();
    const to = { ...host.to, containers: [makeSpec({ command: ['serve'] })] };
    expect(whyNotConverged({ ...host, to })).toEqual(['command changed']);
  });

  it('says only that the specification changed when it is unknown which part did', () => {
    const old = startedFrom(makeSpec({ env: {} }));
    const { [label.specParts]: _, ...labels } = old.labels;
    expect(whyNotConverged(observeHost('h1', { containers: [{ ...old, labels }] }))).toEqual([
      'specification changed',
    ]);
  });

  it('never shows the value of an environment variable', () => {
    const reasons = whyNotConverged(running(makeSpec({ env: { PASSWORD: 'hunter22' } })));
    expect(JSON.stringify(reasons)).not.toContain('hunter22');
  });

  it.each([
    ['is not registered', [], 'not registered in api-http:5060'],
    ['is drained', [gone(registration)], 'not registered in api-http:5060'],
    ['is draining', [target(registration, 'draining')], 'draining in api-http:5060'],
    ['is unhealthy', [target(registration, 'unhealthy')], 'unhealthy in api-http:5060'],
    ['is new', [target(registration, 'initial')], 'initial in api-http:5060'],
    ['has no load balancer', [target(registration, 'unused', 'Target.NotInUse')], 'unused in api-http:5060'],
  ])('that %s is not', (_, registrations, reason) => {
    expect(whyNotConverged({ ...running(), registrations })).toEqual([reason]);
  });

  it('is judged by every container and every place that it is to have', () => {
    const web = makeSpec({ name: containerName('web'), image: v2, ports: [] });
    const second = makeRegistration('h1', 'api-admin', 5061);
    const first = running();
    const to = { ...first.to, containers: [makeSpec(), web], registrations: [registration, second] };
    const host = { ...first, to };
    expect(whyNotConverged(host)).toEqual(['no container "web"', 'not registered in api-admin:5061']);
  });
});
