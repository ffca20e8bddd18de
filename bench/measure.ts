/** Seconds of CPU that an action takes, which other work on the machine changes less than the time on the wall. */
export function cpuOf(act: () => void): number {
  const before = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000_000;
}

/** The same of an action that is awaited, and what it gave. */
export async function cpuOfAsync<T>(
  act: () => Promise<T>,
): Promise<{ readonly seconds: number; readonly value: T }> {
  const before = process.cpuUsage();
  const value = await act();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (user + system) / 1_000_000, value };
}

/** The median of measured durations, in their unit; NaN when there are none. */
export const median = (durations: readonly number[]): number =>
  durations.toSorted((a, b) => a - b)[Math.floor(durations.length / 2)] ?? Number.NaN;

/** Durations of one action after the other, in milliseconds. */
export async function durationsOf(rounds: number, act: () => Promise<unknown>): Promise<readonly number[]> {
  const durations: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const began = performance.now();
    await act();
    durations.push(performance.now() - began);
  }
  return durations;
}
