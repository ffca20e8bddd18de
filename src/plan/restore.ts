import { planMending, type Hold, type RestoreObservation, type RestoreStep } from '../model/hold.js';
import { planProof, runsNothing } from '../model/holds/container.js';
import { planRegistrations, registrationHolds } from '../model/holds/registration.js';

/**
 * Plans how one host is made to match its holds again, from whatever state it is in: a pure function that serves a failed
 * turn, a rollback and an interrupted run alike. What is on the host is mended while no request reaches it, then it proves its health, then it
 * is registered. Planning again after its steps succeeded gives no steps.
 */
export function planRestore(holds: readonly Hold[], observed: RestoreObservation): readonly RestoreStep[] {
  const mending = planMending(holds, observed);
  const lost = mending.find((step) => step.do === 'give_up');
  if (lost !== undefined) return [lost];
  // One that is draining still has requests in flight: it has to be waited for as well.
  const reached = observed.registrations.filter(({ state }) => state !== 'unused');
  const drains = mending.length > 0 && reached.length > 0;
  const drain: readonly RestoreStep[] = drains
    ? [{ do: 'drain', registrations: reached.map(({ registration }) => registration) }]
    : [];
  const registrations = planRegistrations(
    registrationHolds(holds),
    observed.registrations,
    drains ? reached.filter(({ state }) => state !== 'draining').map(({ registration }) => registration) : [],
    runsNothing(holds),
  );
  return [...drain, ...mending, ...planProof(holds, mending, registrations), ...registrations];
}
