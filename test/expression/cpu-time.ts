/** Milliseconds of CPU that an action takes, which other work on the machine does not change. */
export function cpuTimeOf(action: () => void): number {
  const before = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
