import { expect, test } from 'vitest';
import type { EventBody } from '../../src/events/event.js';
import { hostId } from '../../src/model/ids.js';
import { eventToJson } from '../../src/events/event-json.js';
import { HostLabels } from '../../src/report/host-labels.js';
import { layOut } from '../../src/report/lines.js';
import { plainPalette } from '../../src/report/palette.js';
import { describe as sentenceOf } from '../../src/report/wording.js';
import { Notices } from '../../src/world/notices.js';
import { FleetStage } from '../stages/fleet-stage.js';

const recorded = (id: string): Extract<EventBody, { type: 'host_key.recorded' }> => ({
  type: 'host_key.recorded',
  host: { id: hostId(id), name: 'api-1' },
  keyType: 'ssh-ed25519',
  fingerprint: 'SHA256:abc',
  file: '/home/ann/.ssh/known_hosts',
  source: 'accept-new',
});

test('what is told before there is a listener goes to the first one, and once', () => {
  const notices = new Notices();
  const [first, second]: [EventBody[], EventBody[]] = [[], []];

  notices.tell(recorded('i-1'));
  notices.listen((notice) => first.push(notice));
  notices.tell(recorded('i-2'));
  notices.listen((notice) => second.push(notice));
  notices.tell(recorded('i-3'));

  expect(first).toEqual([recorded('i-1'), recorded('i-2')]);
  expect(second).toEqual([recorded('i-3')]);
});

test('a key that is recorded while hosts are connected to is an event of the run, for people and for machines', async () => {
  const stage = new FleetStage();
  stage.notices.tell(recorded('i-1'));
  stage.at(
    ({ type }) => type === 'host.connected',
    () => stage.notices.tell(recorded('i-2')),
  );

  await stage.deploy();

  const events = stage.told('host_key.recorded');
  expect(events.map(({ host }) => host.id)).toEqual(['i-1', 'i-2']);
  const [event] = events;
  expect(JSON.parse(eventToJson(event!))).toMatchObject({ ...recorded('i-1') });
  const [line] = layOut(sentenceOf(event!), new HostLabels(), plainPalette);
  expect(line).toContain('new key');
  expect(line).toContain('ssh-ed25519 SHA256:abc');
  expect(line).toContain('/home/ann/.ssh/known_hosts');
});
