import type { EventReader } from '../events/bus.js';
import type { Event } from '../events/event.js';
import type { Milliseconds } from '../model/duration.js';
import { describeHost } from '../model/host.js';
import type { ResultError, RunResult } from '../model/run-result.js';
import type { ReportFile } from './report-file.js';
import { visible } from '../model/visible.js';

// eslint-disable-next-line no-control-regex -- exactly the characters that XML 1.0 does not allow, escaped or not.
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // Attributes would lose their line breaks and tabs otherwise.
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
};

/** Text for XML, in content or in a quoted attribute. What XML cannot hold becomes U+FFFD. */
export const escapeXml = (text: string): string =>
  text
    .toWellFormed()
    .replace(forbidden, '\ufffd')
    .replace(/[&<>"\n\r\t]/g, (character) => escapes[character] ?? character);

/** One element; attributes that are undefined are left out. */
function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  children: readonly string[] = [],
): string {
  const written = Object.entries(attributes)
    .flatMap(([key, value]) => (value === undefined ? [] : [` ${key}="${escapeXml(String(value))}"`]))
    .join('');
  return children.length === 0
    ? `<${name}${written}/>`
    : `<${name}${written}>${children.join('\n')}</${name}>`;
}

type TaskEnded = Extract<Event, { type: 'task.ended' }>;

interface Suite {
  readonly name: string;
  readonly startedAt: number;
  readonly tasks: TaskEnded[];
}

/**
 * The run as JUnit XML, for `--junit FILE`: a test suite per play and host, a test case per task, and one suite for what
 * belongs to no task: why the run was refused, which hosts need a person. Written when the run ends.
 * Source of the format: the schema of Jenkins' JUnit plugin.
 */
export class JUnitReader implements EventReader {
  readonly #suites = new Map<string, Suite>();
  #result: RunResult | undefined;
  #errors: readonly ResultError[] = [];

  constructor(private readonly file: ReportFile) {}

  read(event: Event): void {
    if (event.type === 'task.ended') this.#suiteOf(visible(event)).tasks.push(visible(event));
    if (event.type === 'run.ended') this.#result = visible(event.result);
  }

  close(): Promise<void> {
    this.file.write(this.render());
    this.file.close();
    return Promise.resolve();
  }

  /** What ended the run before there was a result; without it a refused run would look like one without failures. */
  failed(errors: readonly ResultError[]): void {
    this.#errors = visible(errors);
  }

  render(): string {
    const suites = [...this.#suites.values()].map(renderSuite);
    const whole =
      this.#result === undefined ? renderErrors(this.#errors) : renderRun(this.#result, this.#toldByTasks());
    const name = this.#result === undefined ? 'adfpush' : `adfpush ${this.#result.verb}`;
    return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', { name }, ['', ...suites, ...whole, ''])}\n`;
  }

  /** The errors of tasks, which the result has, too. */
  #toldByTasks(): ReadonlySet<string> {
    const tasks = [...this.#suites.values()].flatMap((suite) => suite.tasks).filter(failed);
    return new Set(
      tasks.map(({ error, message, status }) => keyOf(error ?? { code: status, message: message ?? status })),
    );
  }

  #suiteOf({ at, host, task, duration }: TaskEnded): Suite {
    const key = JSON.stringify([task.play, host.id]);
    const known = this.#suites.get(key);
    if (known !== undefined) return known;
    const suite = { name: `${task.play}: ${describeHost(host)}`, startedAt: at - duration, tasks: [] };
    this.#suites.set(key, suite);
    return suite;
  }
}

const seconds = (duration: Milliseconds): string => (duration / 1_000).toFixed(3);

const failed = ({ status, excused }: TaskEnded): boolean =>
  excused === undefined && (status === 'failed' || status === 'unreachable');

function renderSuite({ name, startedAt, tasks }: Suite): string {
  return element(
    'testsuite',
    {
      name,
      tests: tasks.length,
      failures: tasks.filter(failed).length,
      errors: 0,
      skipped: tasks.filter(({ status }) => status === 'skipped').length,
      time: seconds(tasks.reduce((sum, { duration }) => sum + duration, 0)),
      timestamp: new Date(startedAt).toISOString().slice(0, 19),
    },
    ['', ...tasks.map((task) => renderCase(task, name)), ''],
  );
}

function renderCase(event: TaskEnded, classname: string): string {
  const { task, status, duration, message, output, diff, error } = event;
  const details = [error?.message, error?.hint].filter((text) => text !== undefined).join('\n');
  const shown = [diff, output].filter((text) => text !== undefined && text !== '').join('\n');
  const children = [
    ...(failed(event)
      ? [
          element('failure', { type: error?.code ?? status, message: error?.message ?? message ?? status }, [
            escapeXml(details),
          ]),
        ]
      : []),
    ...(status === 'skipped' ? [element('skipped', { message })] : []),
    ...(shown === '' ? [] : [element('system-out', {}, [escapeXml(shown)])]),
  ];
  return element('testcase', { name: task.name, classname, time: seconds(duration) }, children);
}

function renderErrors(errors: readonly ResultError[]): string[] {
  if (errors.length === 0) return [];
  const name = 'adfpush';
  const cases = errors.map(({ code, message, host, at, hint }) => {
    const text = [at, hint].filter((part) => part !== undefined).join('\n');
    const title = host === undefined ? code : `${code}: ${host}`;
    return element('testcase', { name: title, classname: name, time: seconds(0) }, [
      element('failure', { type: code, message }, [escapeXml(text)]),
    ]);
  });
  const counts = { tests: errors.length, failures: errors.length, errors: 0, skipped: 0, time: seconds(0) };
  return [element('testsuite', { name, ...counts }, ['', ...cases, ''])];
}

const keyOf = ({ code, message }: Pick<ResultError, 'code' | 'message'>): string =>
  JSON.stringify([code, message]);

/** Each failure is counted once: that of a task is in the suite of its host, and the run as a whole fails only where nothing else did. */
function renderRun(result: RunResult, toldByTasks: ReadonlySet<string>): string[] {
  const name = `${result.verb} of ${result.groups.join(', ')} in ${result.environment}`;
  const problems = [
    ...result.errors
      .filter((error) => !toldByTasks.has(keyOf(error)))
      .map(({ code, message, host, hint }) => ({
        title: host === undefined ? code : `${code}: ${host}`,
        type: code,
        message,
        text: hint ?? '',
      })),
    ...result.named.map((host) => ({
      title: `${describeHost({ id: host.host, name: host.name })} needs a person`,
      type: 'needs_person',
      message: host.reason,
      text: host.held.map((held) => `held: ${held}`).join('\n'),
    })),
  ];
  const isToldAlready = result.exit === 0 || problems.length + toldByTasks.size > 0;
  const outcome = element(
    'testcase',
    { name: `ends ${result.outcome}`, classname: name, time: seconds(result.duration) },
    isToldAlready
      ? [element('system-out', {}, [`exit code ${result.exit}`])]
      : [element('failure', { type: result.outcome, message: `exit code ${result.exit}` })],
  );
  const cases = problems.map(({ title, type, message, text }) =>
    element('testcase', { name: title, classname: name, time: seconds(0) }, [
      element('failure', { type, message }, [escapeXml(text)]),
    ]),
  );
  const failures = problems.length + (isToldAlready ? 0 : 1);
  return [
    element(
      'testsuite',
      {
        name,
        tests: problems.length + 1,
        failures,
        errors: 0,
        skipped: 0,
        time: seconds(result.duration),
        timestamp: new Date(result.startedAt).toISOString().slice(0, 19),
      },
      ['', outcome, ...cases, ''],
    ),
  ];
}
