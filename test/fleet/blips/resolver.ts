/**
 * Preloaded into the built program (`node --import`): the resolver of the machine. It knows one name, RESOLVER_NAME, which is this machine's;
 * while the file RESOLVER_FAILS is there it answers nothing, as a resolver that cannot be reached.
 */
import dns from 'node:dns';
import { existsSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const name = process.env['RESOLVER_NAME'] ?? '';
const fails = process.env['RESOLVER_FAILS'] ?? '';
const lookup = dns.lookup;

type Answer = (error: NodeJS.ErrnoException | null, address?: unknown, family?: number) => void;

Object.defineProperty(dns, 'lookup', {
  value(host: string, options: unknown, answer?: Answer): void {
    const done = answer ?? (options as Answer);
    if (host !== name) {
      Reflect.apply(lookup, dns, answer === undefined ? [host, done] : [host, options, done]);
      return;
    }
    if (existsSync(fails)) {
      const error = Object.assign(new Error(`getaddrinfo EAI_AGAIN ${host}`), {
        code: 'EAI_AGAIN',
        errno: -3001,
        syscall: 'getaddrinfo',
        hostname: host,
      });
      setImmediate(done, error);
      return;
    }
    const all = typeof options === 'object' && options !== null && Reflect.get(options, 'all') === true;
    if (all) setImmediate(done, null, [{ address: '127.0.0.1', family: 4 }]);
    else setImmediate(done, null, '127.0.0.1', 4);
  },
});
syncBuiltinESMExports();
