import { seededRandom } from "../faults/seededRandom.ts";
import { currentInvocation, type Invocation } from "./invocation.ts";

/** Modules are evaluated with the clock and the randomness of the import phase, as on Convex. */
const importedAt = Date.now();
const importRandom = seededRandom(1);

/** The frozen clock of a query or a mutation, else the real one. */
export function now(): number {
  const invocation = currentInvocation.getStore();
  if (invocation === undefined) return importedAt;
  return invocation.scope?.now ?? Date.now();
}

export const IsolateDate: object = function (...values: unknown[]): unknown {
  if (new.target === undefined) return new Date(now()).toString();
  const constructed = Object.is(new.target, IsolateDate) ? Date : new.target;
  return Reflect.construct(Date, values.length === 0 ? [now()] : values, constructed);
};
Object.defineProperties(IsolateDate, {
  name: { value: "Date" },
  length: { value: 7 },
  prototype: { value: Date.prototype },
  now: { value: now },
  parse: { value: Date.parse },
  UTC: { value: Date.UTC },
});

/** `Math` with a `random` that a query or mutation repeats when the same call runs at the same time again. */
export const isolateMath: object = Object.defineProperties(
  {},
  {
    ...Object.getOwnPropertyDescriptors(Math),
    random: { value: random, writable: true, configurable: true },
  },
);

function random(): number {
  const invocation = currentInvocation.getStore();
  if (invocation === undefined) return importRandom();
  if (invocation.scope === null) return Math.random();
  invocation.random ??= seededRandom(seedOf(invocation, invocation.scope.now));
  return invocation.random();
}

/** FNV-1a of what tells one call from another. */
function seedOf({ name, caller, depth }: Invocation, time: number): number {
  let hash = 0x811c9dc5;
  for (const character of `${name} ${caller.request.requestId} ${depth} ${time}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return hash;
}

export const isolatePerformance = {
  now: () => (currentInvocation.getStore()?.scope ? 0 : performance.now()),
  timeOrigin: performance.timeOrigin,
};
