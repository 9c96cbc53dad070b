import { describe } from 'bun:test';
import { breakerContract } from './gate/breaker.ts';
import type { MakeGate } from './gate/driver.ts';
import { limitsContract } from './gate/limits.ts';
import { linesContract } from './gate/lines.ts';
import { orderContract } from './gate/order.ts';
import { refusalsContract } from './gate/refusals.ts';
import { viewContract } from './gate/view.ts';

export type { GateOptions, MakeGate } from './gate/driver.ts';

/**
 * What every adapter of `Gate` must do, over virtual time. `immediate`: whether a call that may go at once is
 * answered without a promise, which an adapter that asks another machine cannot.
 */
export function gateContract(name: string, make: MakeGate, { immediate }: { immediate: boolean }): void {
  describe(`gate contract: ${name}`, () => {
    orderContract(make, immediate);
    limitsContract(make);
    refusalsContract(make);
    breakerContract(make);
    linesContract(make);
    viewContract(make);
  });
}
