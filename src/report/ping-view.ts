import stringWidth from 'string-width';
import { defined } from '../model/defined.js';
import { isoTime } from '../model/duration.js';
import type { EndpointChange, EndpointCheck, PingReport } from '../model/endpoint.js';
import { plainPalette, type Palette } from './palette.js';
import { renderTable } from './table.js';
import { visible } from '../model/visible.js';

export interface PingViewOptions {
  readonly palette?: Palette;
  readonly width?: number;
}

/** All endpoints, a line each, for people. */
export function renderPing(
  report: PingReport,
  { palette = plainPalette, width }: PingViewOptions = {},
): string {
  const { environment, endpoints, failed } = visible(report);
  const hasZones = endpoints.some(({ zone }) => zone !== undefined);
  const failures = endpoints.filter(({ ok }) => !ok);
  const reasonOf = ({ reason = '' }: EndpointCheck): string => palette.red(reason);
  const table = (hasReasons: boolean, most?: number): string[] => {
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
        check.ok ? '-' : reasonOf(check),
      ),
    );
    return renderTable(rows, {
      header: columns('NAME', 'ZONE', ['URL', 'STATUS', 'TIME'], 'REASON'),
      indent: '  ',
      styleHeader: palette.dim,
      ...defined({ width: most }),
    });
  };
  const whole = table(failed > 0);
  const isTooWide = width !== undefined && whole.some((line) => stringWidth(line) > width);
  const summary =
    failed === 0
      ? palette.green(`  All ${countOf(endpoints.length)} as expected.`)
      : palette.red(`  ${failed} of ${countOf(endpoints.length)} failed.`);
  return [
    palette.bold(`Endpoints of ${environment}`),
    // The reason is what people look for: in a narrow terminal it is below the table instead of cut.
    ...(isTooWide ? table(false, width) : whole),
    ...(isTooWide ? failures.map((check) => `  ${labelOf(check)}: ${reasonOf(check)}`) : []),
    summary,
  ].join('\n');
}

const labelOf = ({ name, zone }: EndpointCheck): string => (zone === undefined ? name : `${name} ${zone}`);

const countOf = (count: number): string => (count === 1 ? '1 endpoint' : `${count} endpoints`);

function statusOf({ status, ok }: EndpointCheck, palette: Palette): string {
  const word = status === undefined ? 'failed' : String(status);
  return ok ? palette.green(word) : palette.red(word);
}

/** One line of what became of an endpoint. */
export function renderPingChange(change: EndpointChange, palette = plainPalette): string {
  const { at, check, before } = visible(change);
  const { url, ok, status, reason } = check;
  const now = ok
    ? palette.green(`ok (${status ?? ''}, ${check.duration} ms)`)
    : palette.red(`failed: ${reason ?? ''}`);
  const was = before === undefined ? '' : `${before.ok ? 'ok' : 'failed'} → `;
  return `${isoTime(at)} ${labelOf(check)} ${url} ${was}${now}`;
}
