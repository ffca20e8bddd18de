import { execa } from 'execa';
import type { Engine } from './engine.js';

/**
 * Lets the containers of a network speak to one another where the machine's firewall drops what is forwarded,
 * as it does once any Docker Engine ran on it. An Engine of the tests' own leaves the firewall alone, so the
 * one rule it needs is made here. Resolves to what takes the rule away again.
 */
export async function allowTraffic({ own }: Engine, networkId: string): Promise<() => Promise<void>> {
  // Docker names the bridge of a network so.
  const bridge = `br-${networkId.slice(0, 12)}`;
  const rule = ['FORWARD', '-i', bridge, '-o', bridge, '-j', 'ACCEPT'];
  const options = { env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` }, stdin: 'ignore' } as const;
  if (!own) return async () => {};
  const added = await execa('iptables', ['-w', '-I', ...rule], { ...options, reject: false });
  // Without iptables, or without a firewall, there is nothing that would drop.
  if (added.exitCode !== 0) return async () => {};
  return async () => {
    await execa('iptables', ['-w', '-D', ...rule], { ...options, reject: false });
  };
}
