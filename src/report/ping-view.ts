import { defined } from '../model/defined.js';
import { isoTime } from '../model/duration.js';
import type { EndpointChange, EndpointCheck, PingReport } from '../model/endpoint.js';
import { withVisibleControls } from './lines.js';
import { plainPalette, type Palette } from './palette.js';
import { renderTable } from './table.js';

export interface PingViewOptions {
  readonly palette?: Palette;
  readonly width?: number;
}

/** All endpoints, a line each, for people. */
export function renderPing(
  { environment, endpoints, failed }: PingReport,
  { palette = plainPalette, width }: PingViewOptions = {},
): string {
  const hasZones = endpoints.some(({ zone }) => zone !== undefined);
  const hasReasons = failed > 0;
  const columns = (name: string, zone: string, rest: readonly string[], reason: string): string[] => [
    name,
    ...(hasZones ? [zone] : []),
    ...rest,
    ...(hasReasons ? [reason] : []),
  ];
  const rows = endpoints.map((check) =>
    columns(
      check.name,
      check.zone ?? '-',
      [check.url, statusOf(check, palette), `${check.duration} ms`],
      check.reason === undefined ? '-' : palette.red(withVisibleControls(check.reason)),
    ),
  );
  const summary =
    failed === 0
      ? palette.green(`  All ${countOf(endpoints.length)} as expected.`)
      : palette.red(`  ${failed} of ${countOf(endpoints.length)} failed.`);
  return [
    palette.bold(`Endpoints of ${environment}`),
    ...renderTable(rows, {
      header: columns('NAME', 'ZONE', ['URL', 'STATUS', 'TIME'], 'REASON'),
      indent: '  ',
      styleHeader: palette.dim,
      ...defined({ width }),
    }),
    summary,
  ].join('\n');
}

const countOf = (count: number): string => (count === 1 ? '1 endpoint' : `${count} endpoints`);

function statusOf({ status, ok }: EndpointCheck, palette: Palette): string {
  const word = status === undefined ? 'failed' : String(status);
  return ok ? palette.green(word) : palette.red(word);
}

/** One line of what became of an endpoint. */
export function renderPingChange({ at, check, before }: EndpointChange, palette = plainPalette): string {
  const { name, zone, url, ok, status, reason } = check;
  const now = ok
    ? palette.green(`ok (${status ?? ''}, ${check.duration} ms)`)
    : palette.red(`failed: ${withVisibleControls(reason ?? '')}`);
  const was = before === undefined ? '' : `${before.ok ? 'ok' : 'failed'} → `;
  return `${isoTime(at)} ${name}${zone === undefined ? '' : ` ${zone}`} ${url} ${was}${now}`;
}
