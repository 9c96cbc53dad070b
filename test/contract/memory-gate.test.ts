import { MemoryGate } from '../../src/state/memory/gate.ts';
import { gateContract } from './gate.contract.ts';

gateContract('memory', (options) => new MemoryGate(options), { immediate: true });
