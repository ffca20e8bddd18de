import { request } from 'node:http';
import type { Address } from '../listen.js';
import { statusMatches } from './matcher.js';
import type { ProbeResult } from './target.js';
import type { HealthCheckSettings } from './target-group.js';

/** One health check, over a connection of its own as ELBv2 makes them. Its reasons are ELBv2's codes. */
export function probeOnce(at: Address | undefined, settings: HealthCheckSettings): Promise<ProbeResult> {
  if (at === undefined) return Promise.resolve(failed('Target.FailedHealthChecks', 'Health checks failed'));
  return new Promise((resolve) => {
    const asked = request({
      host: at.address,
      port: at.port,
      path: settings.path,
      agent: false,
      headers: { 'user-agent': 'ELB-HealthChecker/2.0', connection: 'close' },
    });
    const deadline = setTimeout(() => {
      resolve(failed('Target.Timeout', 'Request timed out'));
      asked.destroy();
    }, settings.timeout);
    asked.on('response', (response) => {
      clearTimeout(deadline);
      response.resume();
      const status = response.statusCode ?? 0;
      resolve(
        statusMatches(settings.matcher, status)
          ? { passed: true }
          : failed('Target.ResponseCodeMismatch', `Health checks failed with these codes: [${status}]`),
      );
    });
    asked.on('error', () => {
      clearTimeout(deadline);
      resolve(failed('Target.FailedHealthChecks', 'Health checks failed'));
    });
    asked.end();
  });
}

const failed = (reason: string, description: string): ProbeResult => ({ passed: false, reason, description });
