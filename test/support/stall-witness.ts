/** Says for how long this machine stood still: the worst delay of a timer that is due every few milliseconds. */
export function watchForStalls(): { longestMs(): number; stop(): void } {
  const everyMs = 5;
  let longestMs = 0;
  let lastMs = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - lastMs - everyMs);
    lastMs = now;
  }, everyMs);
  return { longestMs: () => longestMs, stop: () => clearInterval(timer) };
}
