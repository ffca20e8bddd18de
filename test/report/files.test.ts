import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EventReader } from '../../src/events/bus.js';
import { escapeXml, JUnitReader } from '../../src/report/junit.js';
import { NdjsonReader } from '../../src/report/ndjson.js';
import { ReportFile } from '../../src/report/report-file.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { recordRun, type Recording } from './recorded-run.js';

const written = async (make: (file: ReportFile) => EventReader, recording: Recording): Promise<string> => {
  const path = join(temporaryFolder('report'), 'report');
  const reader = make(new ReportFile(path, '--file'));
  for (const event of recordRun(recording)) reader.read(event);
  await reader.close?.();
  return readFileSync(path, 'utf8');
};

/** Checks that elements close in order; returns how often each occurs. */
const elementsOf = (xml: string): Record<string, number> => {
  const counts: Record<string, number> = {};
  const open: string[] = [];
  for (const [, slash, name = '', , selfClosing] of xml.matchAll(
    /<(\/?)([a-z-]+)((?: [a-z]+="[^"<]*")*)\s*(\/?)>/g,
  )) {
    if (slash === '/') expect(open.pop()).toBe(name);
    else counts[name] = (counts[name] ?? 0) + 1;
    if (slash === '' && selfClosing === '') open.push(name);
  }
  expect(open).toEqual([]);
  return counts;
};

describe('the events file', () => {
  it('holds every event in order, one object a line, with its time and type first', async () => {
    const text = await written((file) => new NdjsonReader(file), { hosts: 4, failing: 2 });

    const lines = text.trimEnd().split('\n');
    const types = lines.map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toEqual(recordRun({ hosts: 4, failing: 2 }).map(({ type }) => type));
    expect(lines[0]).toMatch(/^\{"at":"2026-11-21T03:15:00.000Z","type":"run.started",/);
  });

  it('writes errors with code, message, host and hint', async () => {
    const text = await written((file) => new NdjsonReader(file), { hosts: 4, failing: 2 });
    const failed = text.split('\n').find((line) => line.includes('"status":"failed"'))!;
    expect((JSON.parse(failed) as { error: unknown }).error).toEqual({
      code: 'health.timeout',
      message: 'not healthy within 60 s: HTTP 503',
      host: 'api-3',
      hint: 'adfpush exec shows its logs: docker logs api',
    });
  });

  it('in a folder that does not exist is refused before anything happens', () => {
    expect(() => new ReportFile('/does/not/exist/x', '--events')).toThrow(
      expect.objectContaining({ code: 'cli.report_file', class: 'invalid' }),
    );
  });

  it('on a full disk does not end the run; the failure is kept to be told', () => {
    const file = new ReportFile('/dev/full', '--events');
    file.write('x');
    file.write('y');
    expect(file.failure).toContain('ENOSPC');
  });
});

describe('the JUnit report', () => {
  it('has a suite per play and host, a case per task, and each failure once', async () => {
    const xml = await written((file) => new JUnitReader(file), { hosts: 4, failing: 2 });

    expect(elementsOf(xml)).toMatchObject({ testsuites: 1, testsuite: 5, failure: 1 });
    expect(xml).toContain(
      '<testcase name="Drain" classname="Roll the release: api-1 (i-00000000000000001)" time="40.000"/>',
    );
    expect(xml).toContain('<failure type="health.timeout" message="not healthy within 60 s: HTTP 503">');
    expect(xml).toContain('GET /health 503&#10;unhealthy: no database');
  });

  it('fails for each host that needs a person', async () => {
    const xml = await written((file) => new JUnitReader(file), { hosts: 4, lost: 1 });
    expect(xml).toContain('name="api-2 (i-00000000000000002) needs a person"');
  });

  it('has no failure after a run that converged', async () => {
    expect(await written((file) => new JUnitReader(file), { hosts: 4 })).not.toContain('<failure');
  });

  it('fails when the run was refused before there was a result', () => {
    const reader = new JUnitReader(new ReportFile('/dev/null', '--junit'));
    reader.failed([{ code: 'inventory.empty_group', message: 'No host is in "api".', hint: 'Groups: web.' }]);
    const xml = reader.render();
    expect(elementsOf(xml)).toMatchObject({ testsuite: 1, testcase: 1, failure: 1 });
    expect(xml).toContain('message="No host is in &quot;api&quot;."');
  });

  it('escapes any text into what XML can hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = escapeXml(text);
        // eslint-disable-next-line no-control-regex -- what XML 1.0 forbids.
        expect(escaped).not.toMatch(/[<>"\u0000-\u001f\ufffe\uffff]/);
        expect(escaped).not.toMatch(/&(?!(amp|lt|gt|quot|#9|#10|#13);)/);
        expect(escaped.isWellFormed()).toBe(true);
      }),
    );
  });
});
