import { z } from 'zod';
import { validate } from '../config/validate.js';
import { Diagnostics } from '../errors/diagnostics.js';
import { wrongKeywordValue } from '../errors/playbook.js';
import { describeValue } from '../expression/describe.js';
import { placeOf } from '../expression/place.js';
import { render } from '../expression/templates.js';
import type { Variables } from '../expression/variables.js';
import { defined } from '../model/defined.js';
import { amountSchema, oneAmountSchema, serialSchema } from '../model/schema/amount.js';
import { durationSchema } from '../model/schema/duration.js';
import { parsed } from '../model/schema/parsed.js';
import type { OnFailure } from '../model/settings.js';
import { UnknownValue } from '../model/unknown.js';
import type { Play, PlayRollout, Raw } from './playbook.js';

const onFailureSchema: z.ZodType<OnFailure> = z.enum(['rollback', 'restore', 'stop']);

/** `25` or `25%`. Not the same as an amount: 25 is not a number of hosts here. */
const percentageSchema: z.ZodType<number> = parsed((value, refuse) => {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : '';
  const share = /^\d+(\.\d+)?\s*%?$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  if (share <= 100) return share;
  refuse(`must be a percentage from 0 to 100, not ${describeValue(value)}`, 'Write 25 or "25%".');
  return 0;
});

/**
 * Renders the keywords of a play that steer its roll. Left out: all hosts at once, no limit of failures but the brakes
 * of the run, no floor of the play's own, no bake, `rollback`. `any_errors_fatal` is a limit of 0 %.
 * Throws `config.invalid_value` and what is wrong with the templates, at the keyword's place; several as AdfErrors.
 */
export function readPlayRollout(play: Play, variables: Variables): PlayRollout {
  const reader = new KeywordReader(variables);
  const minHealthy = reader.read('min_healthy', play.minHealthy, amountSchema);
  const maxUnavailable = reader.read('max_unavailable', play.maxUnavailable, oneAmountSchema);
  const maxFailures = reader.read('max_failures', play.maxFailures, amountSchema);
  const maxFailPercentage = reader.read('max_fail_percentage', play.maxFailPercentage, percentageSchema);
  const rollout: PlayRollout = {
    serial: reader.read('serial', play.serial, serialSchema) ?? [{ percent: 100 }],
    ...defined({
      minHealthy,
      maxUnavailable,
      maxFailures,
      maxFailPercentage: play.anyErrorsFatal ? 0 : maxFailPercentage,
    }),
    bake: reader.read('bake', play.bake, durationSchema) ?? 0,
    onFailure: reader.read('on_failure', play.onFailure, onFailureSchema) ?? 'rollback',
  };
  reader.refuseErrors();
  return rollout;
}

/** Reads all keywords before it complains. */
class KeywordReader {
  readonly #variables: Variables;
  readonly #diagnostics = new Diagnostics();

  constructor(variables: Variables) {
    this.#variables = variables;
  }

  /** Undefined when the keyword is absent, or its template renders to nothing. */
  read<T>(keyword: string, raw: Raw | undefined, schema: z.ZodType<T>): T | undefined {
    if (raw === undefined) return undefined;
    return this.#diagnostics.collect(() => this.#readGiven(keyword, raw, schema));
  }

  #readGiven<T>(keyword: string, raw: Raw, schema: z.ZodType<T>): T | undefined {
    const { locate } = raw;
    const value = render(raw, this.#variables);
    if (value === null || value === undefined) return undefined;
    if (value instanceof UnknownValue) {
      const hint = 'How a play rolls must be known before it begins.';
      throw wrongKeywordValue(keyword, 'known', describeValue(value), placeOf(locate), hint);
    }
    return validate(schema, { value, locate }, [keyword]);
  }

  refuseErrors(): void {
    this.#diagnostics.refuse();
  }
}
