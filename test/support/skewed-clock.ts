/**
 * Preloaded into a process (`BUN_OPTIONS=--preload …`), it makes its wall clock wrong by SKEW_MS; SIGUSR2 sets it
 * SKEW_JUMP_MS further, as an operator would. Monotonic time goes on.
 */
const { SKEW_MS = '0', SKEW_JUMP_MS = '0' } = process.env;
let skewMs = Number(SKEW_MS);

const RealDate = Date;
const realNow = RealDate.now;
RealDate.now = () => realNow() + skewMs;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [target.now()] : args, newTarget),
  apply: (target) => new target(target.now()).toString(),
});

const beganMs = performance.timeOrigin + skewMs;
Object.defineProperty(performance, 'timeOrigin', { get: () => beganMs });

process.on('SIGUSR2', () => {
  skewMs += Number(SKEW_JUMP_MS);
});
