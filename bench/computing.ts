import { randomBytes } from 'node:crypto';
import { Redaction } from '../src/events/redaction.js';
import { evaluateCondition, parseCondition } from '../src/expression/condition.js';
import { render } from '../src/expression/templates.js';
import { Variables } from '../src/expression/variables.js';
import { Secret } from '../src/model/secret.js';
import { planRoll } from '../src/plan/roll-plan.js';
import { findRefusals } from '../src/plan/preflight.js';
import { placesOfNewHosts, tenThousandHosts } from '../test/plan/large-fleet.js';
import { cpuOf } from './measure.js';

const variables = Variables.of([
  { name: 'bench', values: { name: 'api', port: 8080, env: 'prod', groups: ['api'], result: { rc: 0 } } },
]);

function renderTexts(): void {
  const value = Array.from({ length: 10_000 }, (_, index) => `host-${index}-{{ name }}:{{ port }}`);
  render({ value, locate: () => undefined }, variables);
}

function evaluateConditions(): void {
  const at = { file: 'play.yml', line: 1, column: 1 };
  const expression = parseCondition('result.rc == 0 && "api" in groups && env != "dev"', at);
  for (let round = 0; round < 100_000; round += 1) evaluateCondition(expression, variables);
}

function extendVariables(): void {
  for (let host = 0; host < 1_000; host += 1) {
    let extended = variables;
    for (let task = 0; task < 50; task += 1)
      extended = extended.with({ name: 'register', values: { [`result_${task}`]: task }, literal: true });
    extended.get('name');
  }
}

function redactStream(): void {
  const redaction = new Redaction();
  for (let secret = 0; secret < 5; secret += 1) redaction.add(new Secret(randomBytes(24).toString('base64')));
  const stream = redaction.stream();
  const text = Buffer.from(
    randomBytes(48 * 1024)
      .toString('base64')
      .replace(/(.{80})/g, '$1\n'),
  );
  for (let bytes = 0; bytes < 200_000_000; bytes += text.length) stream.write(text);
}

function plan(serial: Parameters<typeof tenThousandHosts>[0]): void {
  const group = tenThousandHosts(serial);
  findRefusals(group);
  planRoll(group);
}

const actions: Readonly<Record<string, () => void>> = {
  'render 10,000 small values': renderTexts,
  'evaluate 100,000 conditions': evaluateConditions,
  'extend the variables of 1,000 hosts 50 times': extendVariables,
  'redact 200 MB of output': redactStream,
  'plan 10,000 hosts one by one': () => plan([{ hosts: 1 }]),
  'plan 10,000 hosts all at once': () => plan([{ percent: 100 }]),
  'find the places of 10,000 new hosts': () => void placesOfNewHosts(),
};

/** Prints the CPU time of what is computed in this process. */
export function benchComputing(): void {
  for (const [name, act] of Object.entries(actions))
    console.log(`${name}: ${cpuOf(act).toFixed(2)} s of CPU`);
}
